// -i: lists, any, exclusions, patterns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/request.h"

namespace weir {
namespace {

using testing::HasSubstr;

// Which of a few interfaces a filter lets through.
std::string chosen(std::string_view text) {
  const auto filter = InterfaceFilter::parse(text);
  if (!filter) return "error: " + filter.error().message;
  std::string names;
  for (const char* name : {"eth0", "eth1", "eth2", "eth10", "wlan0", ""}) {
    if (filter->matches(name)) names += std::string(names.empty() ? "" : " ") + (*name == '\0' ? "(none)" : name);
  }
  return names;
}

TEST(InterfaceFilter, AnyRestrictsNothing) {
  EXPECT_FALSE(InterfaceFilter().restricts());
  EXPECT_EQ(InterfaceFilter().text(), "any");
  for (const char* text : {"any", "ANY", " any ", "any,eth0"}) {
    const auto filter = InterfaceFilter::parse(text);
    ASSERT_TRUE(filter) << text;
    EXPECT_FALSE(filter->restricts()) << text;
    EXPECT_TRUE(filter->matches("eth0") && filter->matches("")) << text;
  }
}

TEST(InterfaceFilter, Lists) {
  EXPECT_EQ(chosen("eth0"), "eth0");
  EXPECT_EQ(chosen("eth0, eth2"), "eth0 eth2");
  EXPECT_TRUE(InterfaceFilter::parse("eth0")->restricts());
  EXPECT_EQ(InterfaceFilter::parse(" eth0,eth2 ")->text(), "eth0,eth2");
}

TEST(InterfaceFilter, Exclusions) {
  EXPECT_EQ(chosen("any,!eth2"), "eth0 eth1 eth10 wlan0 (none)");
  EXPECT_EQ(chosen("!eth2"), "eth0 eth1 eth10 wlan0 (none)");
  EXPECT_EQ(chosen("!eth2,!/eth1.*/"), "eth0 wlan0 (none)");
  EXPECT_EQ(chosen("/eth.*/,!eth10"), "eth0 eth1 eth2");
  EXPECT_TRUE(InterfaceFilter::parse("any,!eth2")->restricts());
}

TEST(InterfaceFilter, PatternsMatchWholeNames) {
  EXPECT_EQ(chosen("/eth[0-2]/"), "eth0 eth1 eth2");
  EXPECT_EQ(chosen("/eth[0,1]/,wlan0"), "eth0 eth1 wlan0");
  EXPECT_EQ(chosen("/eth/"), "");
  EXPECT_EQ(chosen("/(eth|wlan)0/"), "eth0 wlan0");
  EXPECT_EQ(chosen("/Gi0/1/"), "");
  EXPECT_TRUE(InterfaceFilter::parse("/Gi0/1/")->matches("Gi0/1"));
}

TEST(InterfaceFilter, Refusals) {
  EXPECT_THAT(chosen(""), HasSubstr("no interface"));
  EXPECT_THAT(chosen("eth0,"), HasSubstr("name is missing"));
  EXPECT_THAT(chosen("eth0,,eth1"), HasSubstr("name is missing"));
  EXPECT_THAT(chosen("!"), HasSubstr("name is missing"));
  EXPECT_THAT(chosen("/eth[/"), HasSubstr("'/eth[/' is no regular expression"));
  EXPECT_THAT(chosen("/eth"), HasSubstr("not closed"));
  EXPECT_THAT(chosen("//"), HasSubstr("not closed"));
  EXPECT_THAT(chosen(std::string(5000, 'x')), HasSubstr("too long"));
}

TEST(InterfaceFilter, HostilePatternsStayCheap) {
  const auto filter = InterfaceFilter::parse("/(a*)*b/");
  ASSERT_TRUE(filter);
  EXPECT_FALSE(filter->matches(std::string(200, 'a')));
  EXPECT_FALSE(InterfaceFilter::parse("/.*/")->matches(std::string(1'000'000, 'a')));
  // Each of these has tens of thousands of states, for each of which matching recurses.
  for (const char* huge : {"/(a?){15000}/", "/((a?){100}){100}/", "/(a{0,300}){0,30}/", "/(|a){10000}/"}) {
    EXPECT_THAT(chosen(huge), HasSubstr("too large")) << huge;
  }
  const auto nested = InterfaceFilter::parse("/" + std::string(2000, '(') + std::string(2000, ')') + "/");
  ASSERT_FALSE(nested);
  std::string many = "/a1/";
  for (int i = 2; i <= 16; ++i) many += ",/a" + std::to_string(i) + "/";
  EXPECT_TRUE(InterfaceFilter::parse(many)->matches("a16"));
  EXPECT_FALSE(InterfaceFilter::parse(many + ",!/a17/"));
}

}  // namespace
}  // namespace weir
