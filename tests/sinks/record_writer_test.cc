#include "sinks/record_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <random>
#include <set>

#include "base/text.h"
#include "flow/degrees.h"
#include "flow/names.h"
#include "tests/sinks/json_check.h"
#include "tests/sinks/sample_flows.h"

namespace weir {
namespace {

using sample::Batches;
using sample::lines_of;
using sample::parse_object;
using sample::value_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kFull = FieldSelection::kFull;
constexpr auto kCompact = FieldSelection::kCompact;
constexpr auto kAll = FieldSelection::kAll;

std::string write(const BatchRef& batch, FieldSelection fields, bool split = false,
                  RecordFormat format = RecordFormat::kJsonLines) {
  std::string out;
  RecordWriter(format, fields, split).append(*batch, out);
  return out;
}

// The record of one extra, without the fields before it.
std::string extra_json(sample::ExtraValue extra) {
  Batches b;
  b.add(2 * FlowBatch::kCapacity / 3);
  b.set_extras({std::move(extra)});
  const BatchRef batch = b.take_one();
  const std::string compact = write(batch, kFull), all = write(batch, kAll);
  parse_object(all);
  const std::size_t shared = compact.size() - 2;  // "}\n"
  EXPECT_EQ(all.substr(0, shared), compact.substr(0, shared));
  return all.substr(shared + 1, all.size() - shared - 3);
}

TEST(RecordWriterTest, NamesTypesAndOrderAreGoflow2s) {
  // As goflow2 v2 prints a NetFlow v5 flow without its layer fields, which only sFlow fills.
  const std::string goflow2 =
      R"({"type":"NETFLOW_V5","time_received_ns":1795265061545482269,"sequence_num":77,"sampling_rate":0,)"
      R"("sampler_address":"127.0.0.1","time_flow_start_ns":1699999999000000000,)"
      R"("time_flow_end_ns":1699999999900000000,"bytes":1000,"packets":10,"src_addr":"10.1.2.3",)"
      R"("dst_addr":"10.4.5.6","etype":"IPv4","proto":"TCP","src_port":1234,"dst_port":80,"in_if":1,"out_if":2,)"
      R"("src_mac":"00:00:00:00:00:00","dst_mac":"00:00:00:00:00:00","src_vlan":0,"dst_vlan":0,"vlan_id":0,"ip_tos":0,)"
      R"("forwarding_status":0,"ip_ttl":0,"ip_flags":0,"tcp_flags":18,"icmp_type":0,"icmp_code":0,)"
      R"("ipv6_flow_label":0,"fragment_id":0,"fragment_offset":0,"src_as":65001,"dst_as":65002,"next_hop":"10.0.0.1",)"
      R"("next_hop_as":0,"src_net":"10.1.2.0/24","dst_net":"0.0.0.0/0","bgp_next_hop":"","bgp_communities":[],)"
      R"("as_path":[],"mpls_ttl":[],"mpls_label":[],"mpls_ip":[],"observation_domain_id":0,"observation_point_id":0})";
  Batches b;
  Origin origin{};
  origin.protocol = FlowProtocol::kNetflowV5;
  origin.time_received_ns = 1'795'265'061'545'482'269;
  origin.sequence_num = 77;
  origin.sampler_address = IpAddress::v4(0x7f000001).bytes;
  origin.sampler_address_family = Family::kV4;
  b.writer().set_origin(origin);
  Flow& flow = b.add();
  flow.time_flow_start_ns = 1'699'999'999'000'000'000;
  flow.time_flow_end_ns = 1'699'999'999'900'000'000;
  flow.bytes = 1000;
  flow.packets = 10;
  flow.etype = kEtypeIpv4;
  flow.proto = kProtoTcp;
  flow.src_port = 1234;
  flow.dst_port = 80;
  flow.in_if = 1;
  flow.out_if = 2;
  flow.tcp_flags = 18;
  flow.src_as = 65'001;
  flow.dst_as = 65'002;
  flow.src_mask = 24;
  for (const FieldId id :
       {FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::bytes, FieldId::packets, FieldId::etype,
        FieldId::proto, FieldId::src_port, FieldId::dst_port, FieldId::in_if, FieldId::out_if, FieldId::tcp_flags,
        FieldId::src_as, FieldId::dst_as, FieldId::src_net, FieldId::dst_net})
    flow.mark(id);
  b.set_address(FieldId::src_addr, "10.1.2.3");
  b.set_address(FieldId::dst_addr, "10.4.5.6");
  b.set_address(FieldId::next_hop, "10.0.0.1");
  EXPECT_EQ(write(b.take_one(), kFull), goflow2 + "\n");
}

TEST(RecordWriterTest, AbsentFieldsAreZeroOrEmptyInFull) {
  Batches b;
  b.writer().set_origin({});
  b.add();
  const auto members = parse_object(write(b.take_one(), kFull));
  std::size_t i = 0;
  for (const FieldInfo& field : kFields) {
    if (field.group != FieldGroup::kCommon) continue;
    ASSERT_LT(i, members.size());
    EXPECT_EQ(members[i].first, field.name);
    const std::string& value = members[i].second;
    switch (field.type) {
      case FieldType::kFlowType: EXPECT_EQ(value, "\"NETFLOW_V1\""); break;
      case FieldType::kTimeNs:
      case FieldType::kUnsigned: EXPECT_EQ(value, "0") << field.name; break;
      case FieldType::kMac: EXPECT_EQ(value, "\"00:00:00:00:00:00\""); break;
      case FieldType::kUnsignedList:
      case FieldType::kAddressList: EXPECT_EQ(value, "[]") << field.name; break;
      default: EXPECT_EQ(value, "\"\"") << field.name;
    }
    ++i;
  }
  EXPECT_EQ(members.size(), i) << "Own and Reverse fields only where present";
}

TEST(RecordWriterTest, CompactHasOnlyWhatIsPresent) {
  Batches b;
  b.writer().set_origin({.time_received_ns = 5,
                         .sampler_address = {},
                         .host = {},
                         .sequence_num = 0,
                         .observation_domain_id = 0,
                         .protocol = FlowProtocol::kWeir,
                         .sampler_address_family = Family::kNone});
  Flow& flow = b.add();
  flow.mark(FieldId::dst_port);
  flow.mark(FieldId::proto);
  EXPECT_EQ(
      write(b.take_one(), kCompact),
      "{\"type\":\"WEIR\",\"time_received_ns\":5,\"sampler_address\":\"\",\"proto\":\"HOPOPT\",\"dst_port\":0}\n");
}

TEST(RecordWriterTest, CompactIsFullWithoutAbsentFields) {
  for (const auto& make : {sample::ipv4, sample::ipv6, sample::icmp, sample::mpls, sample::biflow}) {
    const BatchRef batch = make();
    const Flow& flow = batch->flows()[0];
    const auto full = parse_object(write(batch, kFull)), compact = parse_object(write(batch, kCompact));
    for (const auto& [name, value] : compact) EXPECT_EQ(value_of(full, name), value) << name;
    for (const FieldInfo& field : kFields) {
      if (field.home == FieldHome::kOrigin) continue;
      EXPECT_EQ(!value_of(compact, field.name).empty(), flow.has(field.id)) << field.name;
    }
  }
}

TEST(RecordWriterTest, NumbersAreExact) {
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> values = {0, 9, 10, 99, 100, std::numeric_limits<std::uint64_t>::max()};
  for (std::uint64_t power = 1; power < 10'000'000'000'000'000'000U; power *= 10) {
    for (const std::uint64_t v : {power - 1, power, power + 1}) values.push_back(v);
  }
  for (int i = 0; i < 100'000; ++i) values.push_back(random() >> (random() % 64));
  for (const std::uint64_t v : values) {
    char ours[kNumberRoom], theirs[kNumberRoom];
    const std::string_view expected(theirs, std::to_chars(theirs, theirs + sizeof theirs, v).ptr);
    ASSERT_EQ(std::string_view(ours, write_number(ours, v)), expected);
  }
}

// Every field present with its largest value fits the room that is reserved (the sanitizers watch).
TEST(RecordWriterTest, LongestValuesFit) {
  Batches b;
  Origin origin = sample::netflow_v9_origin();
  origin.time_received_ns = std::numeric_limits<std::uint64_t>::max();
  origin.sampler_address.fill(0xff);
  origin.sampler_address_family = Family::kV6;
  b.writer().set_origin(origin, std::string(255, '\x01'));
  Flow& flow = b.add();
  FlowCold& cold = b.writer().cold();
  const std::uint32_t origin_offset = flow.origin, cold_offset = flow.cold;
  std::memset(static_cast<void*>(&flow), 0xff, sizeof flow);
  std::memset(static_cast<void*>(&cold), 0xff, sizeof cold);
  flow.origin = origin_offset;
  flow.cold = cold_offset;
  flow.extras = 0;
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = Family::kV6;
  cold.bgp_next_hop_family = cold.post_nat_src_addr_family = cold.post_nat_dst_addr_family = Family::kV6;
  flow.src_mask = flow.dst_mask = 128;
  cold.bgp_communities = cold.as_path = cold.mpls_ttl = cold.mpls_label =
      b.list(std::vector<std::uint32_t>(40, 0xffffffff));
  cold.mpls_ip = b.list(std::vector<IpAddress>(40, IpAddress{flow.src_addr, Family::kV6}));
  flow.in_if_name = flow.out_if_name = b.text(std::string(500, '\xff'));
  Place place;
  std::memset(static_cast<void*>(&place), 0xff, sizeof place);
  std::string texts;
  for (const auto text : kPlaceTexts) {
    place.*text = {static_cast<std::uint32_t>(texts.size()), 300};
    texts.append(300, '\x01');
  }
  flow.src_place = flow.dst_place = b.writer().add_place(place, texts);
  const BatchRef batch = b.take_one();
  for (const FieldSelection fields : {kFull, kCompact, kAll}) {
    for (const std::string& line : lines_of(write(batch, fields, true))) parse_object(line);
    lines_of(write(batch, fields, true, RecordFormat::kCsv));
  }
}

// Two ends, of which the source is known.
Flow& add_places(Batches& b) {
  Place place{};
  place.geo_country_code = {0, 2};
  place.asn_autonomous_system_organization = {2, 5};
  place.geo_latitude = degrees_from(-33.5).value();
  place.is_tor_exit_node = 1;
  Flow& flow = b.add();
  flow.src_place = b.writer().add_place(place, "AUA \"B\"");
  for (const FieldId id : {FieldId::src_geo_country_code, FieldId::src_asn_autonomous_system_organization,
                           FieldId::src_geo_latitude, FieldId::src_is_tor_exit_node}) {
    flow.mark(id);
  }
  return flow;
}

constexpr std::string_view kPlaceJson =
    "\"src_geo_country_code\":\"AU\",\"src_geo_latitude\":-33.5,"
    "\"src_asn_autonomous_system_organization\":\"A \\\"B\\\"\",\"src_is_tor_exit_node\":1}\n";

TEST(RecordWriterTest, PlacesStandBehindEverythingElse) {
  Batches b;
  b.writer().set_origin(sample::netflow_v9_origin(), "edge");
  add_places(b);
  const BatchRef batch = b.take_one();
  for (const FieldSelection fields : {kFull, kCompact, kAll}) {
    const std::string line = write(batch, fields);
    EXPECT_TRUE(line.ends_with(kPlaceJson)) << line;
    EXPECT_EQ(value_of(parse_object(line), "host"), "\"edge\"");
  }
  const std::string csv = write(batch, kFull, false, RecordFormat::kCsv);
  EXPECT_NE(csv.find(",AU,,,-33.5,,,\"A \"\"B\"\"\",,,,,,,,1,"), std::string::npos) << csv;
}

TEST(RecordWriterTest, PlacesChangeSidesWithTheirAddresses) {
  Batches b;
  b.writer().set_origin(sample::netflow_v9_origin());
  Flow& flow = add_places(b);
  b.writer().cold().reverse_packets = 1;
  flow.mark(FieldId::reverse_packets);
  const auto lines = lines_of(write(b.take_one(), kCompact, true));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(value_of(parse_object(lines[0]), "src_geo_country_code"), "\"AU\"");
  EXPECT_EQ(value_of(parse_object(lines[0]), "dst_geo_country_code"), "");
  EXPECT_EQ(value_of(parse_object(lines[1]), "src_geo_country_code"), "");
  EXPECT_EQ(value_of(parse_object(lines[1]), "dst_geo_country_code"), "\"AU\"");
  EXPECT_EQ(value_of(parse_object(lines[1]), "dst_geo_latitude"), "-33.5");
}

TEST(RecordWriterTest, PrefixLongerThanItsFamilyIsNotPrinted) {
  Batches b;
  Flow& flow = b.add();
  b.set_address(FieldId::src_addr, "10.1.2.3");
  b.set_address(FieldId::dst_addr, "2001:db8::1");
  flow.src_mask = 33;
  flow.dst_mask = 128;
  flow.mark(FieldId::src_net);
  flow.mark(FieldId::dst_net);
  const auto members = parse_object(write(b.take_one(), kFull));
  EXPECT_EQ(value_of(members, "src_net"), "\"\"");
  EXPECT_EQ(value_of(members, "dst_net"), "\"2001:db8::1/128\"");
}

TEST(RecordWriterTest, EachDatagramsOriginIsItsFlowsOwn) {
  Batches b;
  for (std::uint32_t i = 0; i < 300; ++i) {
    Origin origin = sample::netflow_v9_origin();
    origin.sequence_num = i;
    origin.sampler_address = IpAddress::v4(i * 0x01000001).bytes;
    b.writer().set_origin(origin, i % 3 == 0 ? "" : std::string(i % 200, 'h'));
    for (std::uint32_t j = 0; j <= i % 3; ++j) b.add(0).in_if = i;
  }
  for (const BatchRef& batch : b.take()) {
    for (const FieldSelection fields : {kFull, kCompact}) {
      const auto lines = lines_of(write(batch, fields));
      ASSERT_EQ(lines.size(), batch->flows().size());
      for (std::size_t k = 0; k < lines.size(); ++k) {
        const Flow& flow = batch->flows()[k];
        const auto members = parse_object(lines[k]);
        if (flow.in_if != 0) {
          EXPECT_EQ(value_of(members, "sequence_num"), std::to_string(flow.in_if));
        }
        EXPECT_EQ(value_of(members, "sampler_address"), '"' + IpAddress::v4(flow.in_if * 0x01000001).to_string() + '"');
        EXPECT_EQ(value_of(members, "host"),
                  flow.in_if % 3 == 0 || flow.in_if % 200 == 0 ? "" : '"' + std::string(flow.in_if % 200, 'h') + '"');
      }
    }
  }
}

TEST(RecordWriterTest, ArrayItemsAreSeparatedByCommas) {
  const RecordWriter writer(RecordFormat::kJsonArrayItems, kCompact);
  const auto batches = sample::numbered(2, 3);
  std::string out = "[";
  EXPECT_EQ(writer.append(*batches[0], batches[0]->flows().subspan(1), out), 2U);
  EXPECT_EQ(writer.append(*batches[1], out), 3U);
  EXPECT_THAT(out, StartsWith("[{"));
  EXPECT_EQ(std::ranges::count(out, '{'), 5);
  std::size_t joints = 0;
  for (std::size_t at = 0; (at = out.find("},{", at)) != std::string::npos; ++at) ++joints;
  EXPECT_EQ(joints, 4U);
  EXPECT_THAT(out, Not(HasSubstr("\n")));
}

TEST(BiflowTest, MergedKeepsItsReverseFields) {
  const auto members = parse_object(write(sample::biflow(), kFull));
  EXPECT_EQ(value_of(members, "bytes"), "1000");
  EXPECT_EQ(value_of(members, "reverse_bytes"), "2000");
  EXPECT_EQ(value_of(members, "reverse_tcp_flags"), "18");
}

TEST(BiflowTest, SplitSwapsTheSides) {
  const auto lines = lines_of(write(sample::biflow(), kFull, true));
  ASSERT_EQ(lines.size(), 2U);
  const auto forward = parse_object(lines[0]), reverse = parse_object(lines[1]);
  for (const auto& record : {forward, reverse}) EXPECT_EQ(value_of(record, "reverse_bytes"), "");
  const std::vector<std::array<std::string, 3>> expected = {
      {"src_addr", "\"10.1.1.1\"", "\"10.2.2.2\""},
      {"dst_addr", "\"10.2.2.2\"", "\"10.1.1.1\""},
      {"src_port", "50000", "80"},
      {"dst_port", "80", "50000"},
      {"in_if", "7", "9"},
      {"out_if", "9", "7"},
      {"bytes", "1000", "2000"},
      {"packets", "10", "20"},
      {"tcp_flags", "2", "18"},
      {"time_flow_start_ns", "1788999998000000000", "1788999998001000000"},
      {"time_flow_end_ns", "1788999999123000000", "1788999999122000000"},
      {"src_net", "\"10.1.1.0/24\"", "\"\""},
      {"dst_net", "\"\"", "\"10.1.1.0/24\""},
      {"in_if_name", "\"lan\"", ""},
      {"out_if_name", "", "\"lan\""},
      {"flow_direction", "0", "1"},
      {"next_hop", "\"10.0.0.254\"", "\"\""},
      {"ip_ttl", "64", "0"},
      {"host", "\"probe\"", "\"probe\""},
      {"proto", "\"TCP\"", "\"TCP\""},
  };
  for (const auto& [name, first, second] : expected) {
    EXPECT_EQ(value_of(forward, name), first) << name;
    EXPECT_EQ(value_of(reverse, name), second) << name;
  }
}

TEST(BiflowTest, NoRecordForASilentReverseDirection) {
  Batches b;
  b.add().mark(FieldId::reverse_packets);
  b.writer().cold();
  std::string out;
  EXPECT_EQ(RecordWriter(RecordFormat::kJsonLines, kFull, true).append(*b.take_one(), out), 1U);
  EXPECT_THAT(out, Not(HasSubstr("reverse_")));
}

TEST(BiflowTest, ExtrasGoWithTheirDirection) {
  Batches b;
  b.add().mark(FieldId::reverse_packets);
  b.writer().cold().reverse_packets = 1;
  b.set_extras({{0, 33, "\x05"}, {29305, 33, "\x07"}});
  const BatchRef batch = b.take_one();
  const auto merged = parse_object(write(batch, kAll));
  EXPECT_EQ(value_of(merged, "igmpType"), "5");
  EXPECT_EQ(value_of(merged, "reverseIgmpType"), "7");
  const auto lines = lines_of(write(batch, kAll, true));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(parse_object(lines[0]).back(), (std::pair<std::string, std::string>("igmpType", "5")));
  EXPECT_EQ(parse_object(lines[1]).back(), (std::pair<std::string, std::string>("igmpType", "7")));
}

TEST(ExtrasTest, EveryAbstractTypeAndWidth) {
  using std::string;
  const auto bytes = [](std::initializer_list<int> values) {
    string s;
    for (const int v : values) s += static_cast<char>(v);
    return s;
  };
  const std::vector<std::pair<sample::ExtraValue, string>> cases = {
      {{0, 33, bytes({7})}, R"("igmpType":7)"},
      {{0, 41, bytes({1, 0, 0, 0, 0})}, R"("exportedMessageTotalCount":4294967296)"},
      {{0, 41, string(8, '\xff')}, R"("exportedMessageTotalCount":18446744073709551615)"},
      {{0, 41, string(9, '\xff')}, R"("exportedMessageTotalCount":"ffffffffffffffffff")"},
      {{0, 41, ""}, R"("exportedMessageTotalCount":null)"},
      {{0, 434, string(4, '\xff')}, R"("mibObjectValueInteger":-1)"},
      {{0, 434, bytes({0x80, 0})}, R"("mibObjectValueInteger":-32768)"},
      {{0, 434, bytes({0x7f})}, R"("mibObjectValueInteger":127)"},
      {{0, 434, bytes({0x80, 0, 0, 0, 0, 0, 0, 0})}, R"("mibObjectValueInteger":-9223372036854775808)"},
      {{0, 311, bytes({0x3f, 0xf8, 0, 0, 0, 0, 0, 0})}, R"("samplingProbability":1.5)"},
      {{0, 311, bytes({0x3f, 0xc0, 0, 0})}, R"("samplingProbability":1.5)"},
      {{0, 311, bytes({0x7f, 0xc0, 0, 0})}, R"("samplingProbability":null)"},
      {{0, 311, bytes({0xff, 0xf0, 0, 0, 0, 0, 0, 0})}, R"("samplingProbability":null)"},
      {{0, 311, bytes({1, 2, 3})}, R"("samplingProbability":"010203")"},
      {{0, 276, bytes({1})}, R"("dataRecordsReliability":true)"},
      {{0, 276, bytes({2})}, R"("dataRecordsReliability":false)"},
      {{0, 276, bytes({9})}, R"("dataRecordsReliability":9)"},
      {{0, 365, bytes({0, 1, 2, 3, 4, 255})}, R"("staMacAddress":"00:01:02:03:04:ff")"},
      {{0, 365, bytes({1})}, R"("staMacAddress":"01")"},
      {{0, 366, bytes({10, 0, 0, 1})}, R"("staIPv4Address":"10.0.0.1")"},
      {{0, 366, bytes({10, 0, 0})}, R"("staIPv4Address":"0a0000")"},
      {{0, 131, string(16, '\0')}, R"("exporterIPv6Address":"::")"},
      {{0, 322, bytes({0x60, 0, 0, 0})}, R"("observationTimeSeconds":1610612736000000000)"},
      {{0, 322, string(8, '\x7f')}, R"("observationTimeSeconds":"7f7f7f7f7f7f7f7f")"},
      {{0, 323, bytes({0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0x7b})},
       R"("observationTimeMilliseconds":1700000000123000000)"},
      {{0, 324, bytes({0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0})}, R"("observationTimeMicroseconds":1500000000)"},
      {{0, 324, bytes({0x83, 0xaa, 0x7e, 0x81, 0, 0, 0x10, 0xc7})}, R"("observationTimeMicroseconds":1000001000)"},
      {{0, 325, bytes({0x83, 0xaa, 0x7e, 0x81, 0, 0, 0, 5})}, R"("observationTimeNanoseconds":1000000001)"},
      {{0, 325, bytes({0, 0, 0, 0, 0, 0, 0, 0})}, R"("observationTimeNanoseconds":2085978496000000000)"},
      {{0, 325, bytes({0, 0, 0, 0})}, R"("observationTimeNanoseconds":"00000000")"},
      {{0, 96, "web"}, R"("applicationName":"web")"},
      {{0, 96, string("eth0\0\0\0\0", 8)}, R"("applicationName":"eth0")"},
      {{0, 313, bytes({0xde, 0xad})}, R"("ipHeaderPacketSection":"dead")"},
      {{0, 291, R"([1,"x"])", kExtraRendered}, R"("basicList":[1,"x"])"},
      {{0, 291, bytes({0xff})}, R"("basicList":"ff")"},
      {{64'999, 12, bytes({1, 255})}, R"("e64999_12":"01ff")"},
      {{0, 32'767, ""}, R"("e0_32767":"")"},
  };
  for (const auto& [extra, expected] : cases) EXPECT_EQ(extra_json(extra), expected);
}

TEST(ExtrasTest, WhateverTheBytesAreItIsJson) {
  std::mt19937 random(5);
  constexpr std::uint32_t kEnterprises[] = {0, 0, 0, 9, 2636, 6871, 29305, 35632, 64'999};
  for (int i = 0; i < 2000; ++i) {
    Batches b;
    b.add(8192);
    std::vector<sample::ExtraValue> extras(1 + random() % 12);
    for (auto& extra : extras) {
      extra.enterprise = kEnterprises[random() % std::size(kEnterprises)];
      extra.element = static_cast<std::uint16_t>(random() % 600);
      extra.bytes.resize(random() % 20);
      for (char& c : extra.bytes) c = static_cast<char>(random());
    }
    b.set_extras(extras);
    const BatchRef batch = b.take_one();
    std::set<std::string> names;
    for (const auto& [name, value] : parse_object(write(batch, kAll))) ASSERT_TRUE(names.insert(name).second) << name;
    ASSERT_EQ(names.size(), parse_object(write(batch, kFull)).size() + extras.size());
  }
}

TEST(ExtrasTest, EqualNamesAreTold) {
  Batches b;
  b.add();
  b.set_extras({{0, 33, "\x01"}, {9999, 1, "\x01"}, {0, 33, "\x02"}, {9999, 1, "\x02"}, {0, 33, "\x03"}});
  const auto members = parse_object(write(b.take_one(), kAll));
  std::vector<std::string> last;
  for (std::size_t i = members.size() - 5; i < members.size(); ++i) last.push_back(members[i].first);
  EXPECT_THAT(last, ElementsAre("igmpType", "e9999_1", "igmpType_2", "e9999_1_2", "igmpType_3"));
}

TEST(ExtrasTest, ManyRepeatedElementsCostLinearTime) {
  Batches b;
  b.add(FlowBatch::kCapacity * 3 / 4);
  b.set_extras(std::vector<sample::ExtraValue>(10'000, {0, 33, "\x01"}));
  std::set<std::string> names;
  for (const auto& [name, value] : parse_object(write(b.take_one(), kAll)))
    EXPECT_TRUE(names.insert(name).second) << name;
  EXPECT_TRUE(names.contains("igmpType_10000"));
}

TEST(TextTest, HostileTextIsValidJson) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"plain", "plain"},
      {"q\"b\\s/", R"(q\"b\\s/)"},
      {std::string("\b\f\n\r\t\x01\x1f\x7f\0x", 10), R"(\b\f\n\r\t\u0001\u001f\u007f\u0000x)"},
      {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\x80|\xc3|\xc3(|\xe2\x82|", R"(\ufffd|\ufffd|\ufffd(|\ufffd\ufffd|)"},
      {"\xc0\x80|\xe0\x80\x80|\xf0\x80\x80\x80", R"(\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd)"},
      {"\xed\xa0\x80|\xf4\x90\x80\x80|\xff", R"(\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd|\ufffd)"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(extra_json({0, 96, text}), "\"applicationName\":\"" + expected + '"');

  std::mt19937 random(11);
  for (int i = 0; i < 3000; ++i) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : 0x20 + random() % 0x60);
    extra_json({0, 96, text});
  }
}

TEST(CsvTest, HasEveryFieldInTheOrderOfTheTable) {
  std::string expected;
  for (const FieldInfo& field : kFields) expected += (expected.empty() ? "" : ",") + std::string(field.name);
  EXPECT_EQ(RecordWriter(RecordFormat::kCsv, kFull).header(), expected + "\n");
  EXPECT_EQ(RecordWriter(RecordFormat::kJsonLines, kFull).header(), "");
}

// RFC 4180: cells of one line.
std::vector<std::string> parse_csv(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  EXPECT_FALSE(quoted) << line;
  return cells;
}

// What a JSON value looks like in a cell.
std::string as_cell(std::string json) {
  std::erase_if(json, [](char c) { return c == '"' || c == '[' || c == ']'; });
  std::ranges::replace(json, ',', ' ');
  return json;
}

TEST(CsvTest, HasTheValuesOfJson) {
  for (const auto& make : {sample::ipv4, sample::ipv6, sample::icmp, sample::mpls, sample::biflow}) {
    const BatchRef batch = make();
    for (const bool split : {false, true}) {
      for (const FieldSelection fields : {kFull, kCompact}) {
        const auto rows = lines_of(write(batch, fields, split, RecordFormat::kCsv));
        const auto records = lines_of(write(batch, fields, split));
        ASSERT_EQ(rows.size(), records.size());
        for (std::size_t r = 0; r < rows.size(); ++r) {
          const auto cells = parse_csv(rows[r]);
          const auto members = parse_object(records[r]);
          ASSERT_EQ(cells.size(), kFieldCount);
          for (std::size_t i = 0; i < kFieldCount; ++i) {
            EXPECT_EQ(cells[i], as_cell(value_of(members, kFields[i].name))) << kFields[i].name;
          }
        }
      }
    }
  }
}

TEST(CsvTest, QuotesTextAndKeepsItOnOneLine) {
  Batches b;
  b.writer().set_origin(sample::netflow_v9_origin(), "a,b \"c\"");
  Flow& flow = b.add();
  flow.in_if_name = b.text("line\r\nbreak\xff");
  flow.mark(FieldId::in_if_name);
  const auto rows = lines_of(write(b.take_one(), kFull, false, RecordFormat::kCsv));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_THAT(rows[0], HasSubstr(",\"a,b \"\"c\"\"\","));
  const auto cells = parse_csv(rows[0]);
  EXPECT_EQ(cells[static_cast<std::size_t>(FieldId::host)], "a,b \"c\"");
  EXPECT_EQ(cells[static_cast<std::size_t>(FieldId::in_if_name)], "line  break\xef\xbf\xbd");
}

}  // namespace
}  // namespace weir
