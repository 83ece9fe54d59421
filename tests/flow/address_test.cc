#include "flow/address.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string round_trip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(IpAddress, WritesIpv4) {
  EXPECT_EQ(round_trip("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(round_trip("10.9.200.255"), "10.9.200.255");
  EXPECT_EQ(IpAddress::v4(0x01020304).to_string(), "1.2.3.4");
}

TEST(IpAddress, WritesIpv6AsRfc5952) {
  EXPECT_EQ(round_trip("::"), "::");
  EXPECT_EQ(round_trip("::1"), "::1");
  EXPECT_EQ(round_trip("1::"), "1::");
  EXPECT_EQ(round_trip("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1") << "the first of equal runs is shortened";
  EXPECT_EQ(round_trip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1") << "a single zero is not shortened";
  EXPECT_EQ(round_trip("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(round_trip("fe80::0202:b3ff:fe1e:8329"), "fe80::202:b3ff:fe1e:8329");
  EXPECT_EQ(round_trip("::ffff:10.0.0.1"), "::ffff:10.0.0.1");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "1.2.3.4/8", "fe80::1%eth0", "host", "::g"}) {
    EXPECT_EQ(round_trip(text), "refused") << text;
  }
}

TEST(IpAddress, Unmaps) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1")->unmapped(), *IpAddress::parse("10.0.0.1"));
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->unmapped(), *IpAddress::parse("2001:db8::1"));
}

TEST(Prefix, ContainsByFamilyAndBits) {
  const auto ten = Prefix::parse("10.1.2.3/9");
  ASSERT_TRUE(ten);
  EXPECT_EQ(ten->address.to_string(), "10.0.0.0");
  EXPECT_TRUE(ten->contains(*IpAddress::parse("10.127.255.255")));
  EXPECT_FALSE(ten->contains(*IpAddress::parse("10.128.0.0")));
  EXPECT_FALSE(ten->contains(*IpAddress::parse("a00::")));
  EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("255.255.255.255")));
  EXPECT_TRUE(Prefix::parse("2001:db8::/32")->contains(*IpAddress::parse("2001:db8:ffff::")));
  EXPECT_EQ(Prefix::parse("192.0.2.1")->length, 32);
}

TEST(Prefix, RefusesBadLengths) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "/8"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(WriteMac, IsLowerCaseWithColons) {
  char buffer[kMacText];
  EXPECT_EQ(std::string(buffer, write_mac(buffer, {0x00, 0x1b, 0x21, 0xAB, 0xcd, 0xef})), "00:1b:21:ab:cd:ef");
}

}  // namespace
}  // namespace weir
