// Columns and attributes: names, aliases, shorthands, what is unknown.
#include "query/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = QueryField::Kind;

std::vector<std::string> headings(std::string_view text) {
  const auto columns = parse_columns(text);
  if (!columns) return {"error: " + columns.error().message};
  std::vector<std::string> names;
  for (const QueryColumn& column : *columns) names.push_back(column.heading);
  return names;
}

QueryField only(std::string_view column) {
  const auto columns = parse_columns(column);
  return columns && columns->size() == 1 ? columns->front().field : QueryField{Kind::kStored, FieldId::kCount};
}

constexpr QueryField stored(FieldId id) { return {Kind::kStored, id}; }

TEST(Columns, GoQuerysNames) {
  for (const char* name : {"sip", "src", "talk_src", "src_addr", "SIP", " Src "}) {
    EXPECT_EQ(only(name), stored(FieldId::src_addr)) << name;
  }
  for (const char* name : {"dip", "dst", "talk_dst"}) EXPECT_EQ(only(name), stored(FieldId::dst_addr)) << name;
  for (const char* name : {"dport", "port"}) EXPECT_EQ(only(name), stored(FieldId::dst_port)) << name;
  for (const char* name : {"proto", "protocol", "ipproto"}) EXPECT_EQ(only(name), stored(FieldId::proto)) << name;
  for (const char* name : {"host", "hostname"}) EXPECT_EQ(only(name).kind, Kind::kHost) << name;
  for (const char* name : {"hostid", "exporter"}) EXPECT_EQ(only(name), stored(FieldId::sampler_address)) << name;
  EXPECT_EQ(only("time").kind, Kind::kTime);
  EXPECT_EQ(only("iface").kind, Kind::kInterface);
  EXPECT_EQ(only("duration").kind, Kind::kDuration);
}

TEST(Columns, HeadingsAreGoQuerysWhereItHasOne) {
  EXPECT_THAT(headings("src,dst,port,protocol,hostname,exporter,iface,time"),
              ElementsAre("sip", "dip", "dport", "proto", "host", "hostid", "iface", "time"));
  EXPECT_THAT(headings("sport,sas,tcp_flags,vlan"), ElementsAre("src_port", "src_as", "tcp_flags", "vlan_id"));
}

TEST(Columns, Shorthands) {
  EXPECT_THAT(headings("talk_conv"), ElementsAre("sip", "dip"));
  EXPECT_THAT(headings("apps_port"), ElementsAre("dport", "proto"));
  EXPECT_THAT(headings("agg_talk_port"), ElementsAre("sip", "dip", "dport", "proto"));
  EXPECT_THAT(headings("raw"), ElementsAre("time", "iface", "sip", "dip", "dport", "proto"));
  EXPECT_THAT(headings("time,talk_conv"), ElementsAre("time", "sip", "dip"));
}

TEST(Columns, NamedTwiceCountOnce) { EXPECT_THAT(headings("sip,src,talk_conv,dip"), ElementsAre("sip", "dip")); }

TEST(Columns, EveryFieldIsOne) {
  for (const FieldInfo& field : kFields) {
    const auto columns = parse_columns(field.name);
    ASSERT_TRUE(columns) << field.name;
    if (field.id != FieldId::host) {
      EXPECT_EQ(columns->front().field, stored(field.id)) << field.name;
    }
  }
}

TEST(Columns, UnknownOnesNameTheNearest) {
  EXPECT_THAT(headings("sip,dipp"), ElementsAre("error: unknown column 'dipp'; did you mean 'dip'?"));
  EXPECT_THAT(headings("PROTOO"), ElementsAre(HasSubstr("did you mean 'proto'")));
  EXPECT_THAT(headings("sip,,dip"), ElementsAre(HasSubstr("name is missing")));
  EXPECT_THAT(headings(""), ElementsAre(HasSubstr("name is missing")));
  EXPECT_THAT(headings("sip,"), ElementsAre(HasSubstr("name is missing")));
  EXPECT_THAT(headings(std::string(5000, 'x')), ElementsAre(HasSubstr("too long")));
}

TEST(Attributes, MeanWhatConditionsMean) {
  for (const char* name : {"host", "HOST", "net"}) {
    ASSERT_TRUE(find_attribute(name)) << name;
    EXPECT_EQ(find_attribute(name)->kind, Kind::kAnyAddress) << name;
  }
  EXPECT_EQ(find_attribute("hostname")->kind, Kind::kHost);
  EXPECT_EQ(find_attribute("snet"), stored(FieldId::src_addr));
  EXPECT_EQ(find_attribute("dnet"), stored(FieldId::dst_addr));
  EXPECT_EQ(find_attribute("hostid"), stored(FieldId::sampler_address));
  EXPECT_EQ(find_attribute("in_iface"), stored(FieldId::in_if_name));
  EXPECT_EQ(find_attribute("first"), stored(FieldId::time_flow_start_ns));
  EXPECT_FALSE(find_attribute("time"));
  EXPECT_FALSE(find_attribute("talk_conv"));
  EXPECT_FALSE(find_attribute(""));
}

TEST(Labels, StandApart) {
  for (const char* name : {"time", "iface", "host", "hostid"}) EXPECT_TRUE(is_label(only(name))) << name;
  for (const char* name : {"sip", "dport", "duration", "in_if"}) EXPECT_FALSE(is_label(only(name))) << name;
}

TEST(Names, AreAllKnownAndOnce) {
  const auto columns = column_names();
  for (const std::string_view name : columns) EXPECT_TRUE(parse_columns(name)) << name;
  EXPECT_EQ(std::ranges::adjacent_find(columns), columns.end());
  EXPECT_THAT(columns, testing::IsSupersetOf({"sip", "talk_conv", "raw", "duration", "src_as", "sport"}));
  for (const std::string_view name : attribute_names()) {
    EXPECT_TRUE(find_attribute(name) || name == "dir" || name == "direction") << name;
  }
}

}  // namespace
}  // namespace weir
