// Files of flows as other tools write them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "collector/import/flow_importer.h"
#include "sinks/record_writer.h"
#include "tests/sinks/sample_flows.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using test::parse_records;
using test::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class Import : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(dir_ / name, std::ios::binary) << content;
    return (dir_ / name).string();
  }

  // What a file becomes, written again; what went wrong is in the members.
  std::string read(const std::string& path, const RecordOptions& output = {}) {
    std::string text;
    const RecordWriter records(output);
    text += records.header();
    BatchWriter batches(BatchPool::create(), [&](BatchRef batch) { records.append(*batch, text); });
    FlowImporter importer(options_, batches);
    error_.clear();
    if (const auto result = importer.read(path); !result) error_ = result.error().message;
    totals_ = importer.totals();
    batches.flush();
    return text;
  }
  std::vector<Record> records_of(const std::string& path) { return parse_records(read(path)); }

  test::TempDir dir_;
  ImportOptions options_{std::nullopt,
                         [this](const std::string& file, std::uint64_t line, const std::string& why) {
                           bad_.push_back(file.substr(file.rfind('/') + 1) + ":" + std::to_string(line) + ": " + why);
                         },
                         {}};
  std::vector<std::string> bad_;
  std::string error_;
  ImportTotals totals_;
};

std::string as_text(const std::vector<BatchRef>& batches, const RecordOptions& options) {
  const RecordWriter records(options);
  std::string text = records.header();
  for (const BatchRef& batch : batches) records.append(*batch, text);
  return text;
}

const std::vector<BatchRef>& samples() {
  static const std::vector<BatchRef> all = {sample::ipv4(), sample::ipv6(),   sample::icmp(),
                                            sample::mpls(), sample::biflow(), sample::extras()};
  return all;
}

// Every way that weir writes records, and back, to the byte.
TEST_F(Import, WeirsOwnRecordsComeBackAsTheyWere) {
  for (const RecordFormat format : {RecordFormat::kJsonLines, RecordFormat::kCsv}) {
    for (const FieldSelection fields : {FieldSelection::kFull, FieldSelection::kCompact, FieldSelection::kAll}) {
      for (const bool split : {false, true}) {
        SCOPED_TRACE(static_cast<int>(format) * 100 + static_cast<int>(fields) * 10 + split);
        RecordOptions options{format, fields, split, false};
        const std::string written = as_text(samples(), options);
        options.split_biflows = false;
        EXPECT_EQ(read(write("own", written), options), written);
        EXPECT_EQ(error_, "");
        EXPECT_THAT(bad_, IsEmpty());
        EXPECT_EQ(totals_.lines, totals_.flows + totals_.bad + totals_.other);
      }
    }
  }
}

TEST_F(Import, ExtrasThatWouldBeWrittenAgainAsTheyWereAreKept) {
  const std::string begin = R"({"type":"IPFIX","time_received_ns":1,"sampler_address":"","time_flow_end_ns":1)";
  const std::string kept =
      R"(,"applicationName":"a \"b\" \u0001","igmpType":7,"igmpType_2":300,"reverseIgmpType":9,"e64999_12":"01ff")"
      R"(,"observationTimeSeconds":1700000000000000000,"observationTimeMilliseconds":1700000000123000000)"
      R"(,"ipv4RouterSc":"0000","ipv4RouterSc_2":"192.0.2.1","dot1qDEI":true,"dot1qDEI_2":null,"samplingProbability":0.25)"
      R"(,"subTemplateMultiList":{"semantic":"allOf","records":[{"a":[1,2]},{}]},"basicList":[],"wlanSSID":"")";
  const std::string left_out = R"(,"observationTimeNanoseconds":1700000000123456789,"igmpType":"x","no":1)";
  RecordOptions options;
  options.fields = FieldSelection::kAll;
  const std::string own = read(write("extras.json", begin + kept + "}\n"), options);
  EXPECT_THAT(own, testing::EndsWith(kept + "}\n"));
  EXPECT_THAT(totals_.ignored, IsEmpty());
  EXPECT_EQ(read(write("own.json", own), options), own);
  EXPECT_EQ(read(write("extras.json", begin + kept + left_out + "}\n"), options), own);
  EXPECT_THAT(totals_.ignored,
              ElementsAre(Pair("igmpType", 1U), Pair("no", 1U), Pair("observationTimeNanoseconds", 1U)));
}

TEST_F(Import, ReadsArraysAndGzip) {
  const RecordOptions items{RecordFormat::kJsonArrayItems, FieldSelection::kFull, false, false};
  std::string array = "[";
  RecordWriter(items).append(*sample::ipv4(), array);
  RecordWriter(items).append(*sample::ipv6(), array);
  array += "]";
  const std::string expected = as_text({sample::ipv4(), sample::ipv6()}, {});
  EXPECT_EQ(read(write("array.json", array)), expected);
  std::string pretty = "[\n";
  for (const char c : array.substr(1)) pretty += c == ',' ? std::string(",\n  ") : std::string(1, c);
  EXPECT_EQ(read(write("pretty.json", pretty)), expected);

  const std::string path = (dir_ / "flows.json.gz").string();
  gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzwrite(file, expected.data(), static_cast<unsigned>(expected.size()));
  ::gzclose(file);
  EXPECT_EQ(read(path), expected);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 10);
  read(path);
  EXPECT_THAT(error_, HasSubstr("cut short"));
}

// A line of goflow2 v2, with its fields that have no place here.
constexpr const char* kGoflow2 =
    R"({"type":"IPFIX","time_received_ns":1795275148407337643,"sequence_num":7,"sampling_rate":0,)"
    R"("sampler_address":"127.0.1.1","time_flow_start_ns":1795275147891000000,"time_flow_end_ns":1795275148073000000,)"
    R"("bytes":757,"packets":2,"src_addr":"79.241.229.54","dst_addr":"10.20.9.58","etype":"IPv4","proto":"UDP",)"
    R"("src_port":123,"dst_port":48477,"in_if":102,"out_if":2,"src_mac":"02:00:5e:10:00:1d",)"
    R"("dst_mac":"02:00:5e:10:00:09","src_vlan":129,"dst_vlan":109,"vlan_id":129,"ip_tos":0,"forwarding_status":0,)"
    R"("ip_ttl":0,"ip_flags":0,"tcp_flags":0,"icmp_type":0,"icmp_code":0,"ipv6_flow_label":0,"fragment_id":0,)"
    R"("fragment_offset":0,"src_as":3320,"dst_as":64500,"next_hop":"192.0.2.10","next_hop_as":0,)"
    R"("src_net":"79.192.0.0/10","dst_net":"10.20.9.0/24","bgp_next_hop":"","bgp_communities":[],"as_path":[],)"
    R"("mpls_ttl":[],"mpls_label":[],"mpls_ip":[],"observation_domain_id":0,"observation_point_id":0)";

TEST_F(Import, ReadsGoflow2) {
  const std::string own = std::string(kGoflow2) + "}\n";
  const std::string line =
      std::string(kGoflow2) +
      R"(,"layer_stack":[],"layer_size":[20,[8]],"ipv6_routing_header_addresses":[],"ipv6_routing_header_seg_left":0})";
  EXPECT_EQ(read(write("goflow2.json", line + "\r\n\n" + line)), own + own);
  EXPECT_EQ(totals_.flows, 2U);
  EXPECT_EQ(totals_.lines, 2U) << "an empty line is none";
  EXPECT_THAT(totals_.ignored,
              ElementsAre(Pair("ipv6_routing_header_addresses", 2U), Pair("ipv6_routing_header_seg_left", 2U),
                          Pair("layer_size", 2U), Pair("layer_stack", 2U)));
}

TEST_F(Import, ABadLineCostsItselfAndIsTold) {
  const std::string good = R"({"type":"NETFLOW_V5","time_received_ns":1700000000000000000,"bytes":1})";
  const std::string deep = R"({"time_received_ns":1,"x":)" + std::string(500'000, '[');
  EXPECT_EQ(
      records_of(
          write("bad.json",
                good + "\n" + R"({"time_received_ns":1,"bytes":18446744073709551616})" + "\n" +
                    R"({"time_received_ns":1,"ip_tos":256})" + "\n" + R"({"time_received_ns":1,"src_addr":"10.0.0"})" +
                    "\n" + R"({"time_received_ns":1,"proto":"QUIC"})" + "\n" +
                    R"({"time_received_ns":1,"type":"SFLOW_5"})" + "\n" + R"({"time_received_ns":1,"bytes":[1]})" +
                    "\n" + R"({"time_received_ns":1,"as_path":[1,"x"]})" + "\n" + R"({"time_received_ns":1)" + "\n" +
                    R"({"bytes":1})" + "\n" + "[1,2]\n" + R"({"bytes":1} {"bytes":1})" + "\n" + deep + "\n" +
                    R"({"time_received_ns":1,"bytes":-1})" + "\n" + R"({"time_received_ns":1,"bytes":1.5})" + "\n" +
                    "{\"a\":\"\xff\"}\n" + std::string(2'000'000, 'x') + "\n" + good))
          .size(),
      2U);
  EXPECT_THAT(
      bad_,
      ElementsAre("bad.json:2: bytes: '18446744073709551616' is not a whole number up to 18446744073709551615",
                  "bad.json:3: ip_tos: '256' is not a whole number up to 255",
                  "bad.json:4: src_addr: '10.0.0' is not an IP address",
                  "bad.json:5: proto: 'QUIC' is not an IP protocol", HasSubstr("bad.json:6: type: 'SFLOW_5'"),
                  "bad.json:7: bytes: a list or an object cannot stand here",
                  "bad.json:8: as_path: 'x' is not a whole number up to 4294967295",
                  HasSubstr("bad.json:9: not JSON at character 22: a ',' or '}' was expected"),
                  "bad.json:10: the flow has neither an end nor a time of receipt", "bad.json:11: not a JSON object",
                  HasSubstr("bad.json:12: not JSON at character 13"), "bad.json:13: brackets deeper than 64",
                  HasSubstr("bad.json:14: bytes: '-1'"), HasSubstr("bad.json:15: bytes: '1.5'"),
                  HasSubstr("bad.json:16: not JSON"), "bad.json:17: longer than a megabyte"));
  EXPECT_EQ(totals_.bad, 16U);
  EXPECT_EQ(totals_.lines, 18U);
}

TEST_F(Import, NamesThatNobodyKnowsAreBounded) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += R"({"time_received_ns":1,"key)" + std::to_string(i) + "\":1}\n";
  EXPECT_EQ(records_of(write("keys.json", text)).size(), 500U);
  EXPECT_EQ(totals_.ignored.size(), ImportTotals::kMaxIgnored + 1);
  EXPECT_EQ(totals_.ignored.at("others"), 400U);
}

TEST_F(Import, CsvByItsHeading) {
  const auto records = records_of(write("some.csv",
                                        "dst_addr,in_if_name,time_flow_end_ns,bytes,colour\n"
                                        "10.0.0.1,\"a,\"\"b\"\"\",1700000000000000000,5,red\n"
                                        "10.0.0.2,eth0,1700000000000000000\n"
                                        "10.0.0.3,\"eth0,1700000000000000000,5,red\n"
                                        "dst_addr,in_if_name,time_flow_end_ns,bytes,colour\n"
                                        "10.0.0.4,,1700000000000000000,,red\n"));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("dst_addr"), "10.0.0.1");
  EXPECT_EQ(records[0].at("in_if_name"), "a,\"b\"");
  EXPECT_EQ(records[0].at("time_received_ns"), "1700000000000000000") << "received when it ended";
  EXPECT_EQ(records[0].at("type"), "WEIR");
  EXPECT_EQ(records[1].count("in_if_name"), 0U);
  EXPECT_THAT(bad_, ElementsAre(HasSubstr("some.csv:3: not 5 cells"), HasSubstr("some.csv:4: not 5 cells")));
  EXPECT_THAT(totals_.ignored, ElementsAre(Pair("colour", 2U)));
  EXPECT_EQ(totals_.other, 2U);
}

constexpr const char* kNfdumpHeading =
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,"
    "odmc,idmc,osmc,mpls1,mpls2,ra,eng,exid,tr\n";

class ImportNfdump : public Import {
 protected:
  void SetUp() override { ::setenv("TZ", "UTC", 1), ::tzset(); }
  void TearDown() override { ::unsetenv("TZ"), ::tzset(); }
};

TEST_F(ImportNfdump, ReadsEveryColumn) {
  const auto records = records_of(write(
      "nfdump.csv",
      std::string(kNfdumpHeading) +
          "2026-11-21 15:30:19,2026-11-21 15:30:21,1.580,10.20.2.123,142.250.137.182,39322,443,TCP,...AP.SF,64,8,11,"
          "2132,5,700,3,101,64500,15169,24,15,0,1,192.0.2.17,0.0.0.0,102,116,02:00:5e:10:00:02,00:00:00:00:00:00,"
          "00:00:00:00:00:00,02:00:5e:10:00:99,24002-5-0,3-0-1,127.0.1.1,0/0,1,2026-11-21 15:30:21.849\n"
          "2026-11-21 15:30:21,2026-11-21 15:30:21,0.000,2001:db8::1,2001:db8::2,0,769,ICMP,........,0,0,1,60,0,0,0,0,"
          "0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,"
          "0-0-0,0-0-0,::1,1/2,1,1970-01-01 00:00:00.000\n"
          "2026-11-21 15:30:21,2026-11-21 25:30:21,x\n"
          "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n2,2192,12,1,1,1\n"));
  ASSERT_EQ(records.size(), 2U) << testing::PrintToString(bad_) << error_;
  const std::map<std::string, std::string> expected = {
      {"type", "WEIR"},
      {"time_received_ns", "1795275021849000000"},
      {"time_flow_start_ns", "1795275019420000000"},  // the latest end of :21 is :21.999, the earliest start :19.420
      {"time_flow_end_ns", "1795275021000000000"},
      {"sampler_address", "127.0.1.1"},
      {"src_addr", "10.20.2.123"},
      {"dst_addr", "142.250.137.182"},
      {"src_port", "39322"},
      {"dst_port", "443"},
      {"proto", "TCP"},
      {"tcp_flags", "27"},
      {"forwarding_status", "64"},
      {"ip_tos", "8"},
      {"packets", "11"},
      {"bytes", "2132"},
      {"reverse_packets", "5"},
      {"reverse_bytes", "700"},
      {"in_if", "3"},
      {"out_if", "101"},
      {"src_as", "64500"},
      {"dst_as", "15169"},
      {"src_net", "10.20.2.0/24"},
      {"dst_net", "142.250.0.0/15"},
      {"flow_direction", "1"},
      {"next_hop", "192.0.2.17"},
      {"bgp_next_hop", ""},
      {"src_vlan", "102"},
      {"dst_vlan", "116"},
      {"src_mac", "02:00:5e:10:00:02"},
      {"dst_mac", "00:00:00:00:00:00"},
      {"mpls_label", "[24002,3]"},
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(records[0].at(name), value) << name;
  EXPECT_EQ(records[1].at("icmp_type"), "3");
  EXPECT_EQ(records[1].at("icmp_code"), "1");
  EXPECT_EQ(records[1].at("dst_port"), "769");
  EXPECT_EQ(records[1].at("sampler_address"), "::1");
  EXPECT_EQ(records[1].at("time_received_ns"), records[1].at("time_flow_end_ns"));
  EXPECT_EQ(records[1].count("reverse_bytes"), 0U);
  EXPECT_THAT(bad_, ElementsAre(HasSubstr("nfdump.csv:4: not 37 cells")));
  EXPECT_THAT(totals_.ignored, ElementsAre(Pair("dtos", 1U), Pair("eng", 1U), Pair("exid", 1U)));
  EXPECT_EQ(totals_.other, 4U) << "heading and summary";
}

TEST_F(ImportNfdump, TimesAreLocal) {
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  const auto records =
      records_of(write("nfdump.csv",
                       "ts,te,td,sa,da,pr,ipkt,ibyt\n"
                       "2026-11-21 10:30:21,2026-11-21 10:30:21,0.181,79.241.229.54,10.20.9.58,OS,2,757\n"
                       "2026-07-01 00:00:00,2026-07-01 00:00:01,0.500,79.241.229.54,10.20.9.58,253 ,2,7\n"));
  ASSERT_EQ(records.size(), 2U) << testing::PrintToString(bad_) << error_;
  EXPECT_EQ(records[0].at("time_flow_start_ns"), "1795275021000000000");
  EXPECT_EQ(records[0].at("time_flow_end_ns"), "1795275021181000000");
  EXPECT_EQ(records[0].at("proto"), "IPIP") << "94, which nfdump calls OS";
  EXPECT_EQ(records[1].at("time_flow_start_ns"), "1782878400500000000");
  EXPECT_EQ(records[1].at("time_flow_end_ns"), "1782878401000000000");
  EXPECT_EQ(records[1].at("proto"), "253");
}

// goQuery's CSV, its percentages and its summary.
constexpr const char* kGoprobe =
    "time,host,hostid,iface,sip,dip,dport,proto,packets received,packets sent,%,data vol. received,data vol. sent,%\n"
    "1711929900,probe1,5aa3,eth0,10.0.0.1,10.0.0.2,443,TCP,3,2,50.00,300,200,60.00\n"
    "1711930200,probe1,5aa3,eth1,2001:db8::1,2001:db8::2,0,IPv6-ICMP,0,5,50.00,0,400,40.00\n"
    "1711930200,probe1,5aa3,eth1,2001:db8::1\n"
    "today,probe1,5aa3,eth1,2001:db8::1,2001:db8::2,0,IPv6-ICMP,0,5,50.00,0,400,40.00\n"
    "Received packets,3\nSent packets,7\nReceived data volume (bytes),300\nSent data volume (bytes),600\n"
    "Sorting and flow direction,accumulated data volume (sent and received)\nInterface,\"eth0,eth1\"\n";

TEST_F(Import, ReadsGoprobe) {
  const auto records = records_of(write("raw.csv", kGoprobe));
  ASSERT_EQ(records.size(), 2U) << testing::PrintToString(bad_) << error_;
  const std::map<std::string, std::string> expected = {
      {"time_flow_start_ns", "1711929600000000000"},
      {"time_flow_end_ns", "1711929899999999999"},
      {"time_received_ns", "1711929899999999999"},
      {"host", "probe1"},
      {"in_if_name", "eth0"},
      {"src_addr", "10.0.0.1"},
      {"dst_addr", "10.0.0.2"},
      {"src_port", "0"},
      {"dst_port", "443"},
      {"proto", "TCP"},
      {"packets", "3"},
      {"reverse_packets", "2"},
      {"bytes", "300"},
      {"reverse_bytes", "200"},
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(records[0].at(name), value) << name;
  EXPECT_EQ(records[1].at("proto"), "IPv6-ICMP");
  EXPECT_EQ(records[1].at("packets"), "0");
  EXPECT_EQ(records[1].at("reverse_bytes"), "400");
  EXPECT_THAT(bad_, ElementsAre(HasSubstr("raw.csv:4: not 14 cells"), HasSubstr("raw.csv:5: time: 'today'")));
  EXPECT_THAT(totals_.ignored, ElementsAre(Pair("hostid that is not an address", 2U)));
  EXPECT_EQ(totals_.other, 7U);
}

TEST_F(Import, SaysWhatAFileLacks) {
  read(write("notes.txt", "hello\nworld\n"));
  EXPECT_THAT(error_, AllOf(HasSubstr("notes.txt"), HasSubstr("--format")));
  read(write("sum.csv", "time,iface,packets received\n1,eth0,3\n"));
  EXPECT_THAT(error_, AllOf(HasSubstr("sum.csv"), HasSubstr("packets sent")));
  options_.format = ImportFormat::kNfdump;
  read(write("raw.csv", kGoprobe));
  EXPECT_THAT(error_, HasSubstr("no column 'ts'"));
  options_.format.reset();
  read("/no/such/file");
  EXPECT_THAT(error_, AllOf(HasSubstr("/no/such/file"), HasSubstr("No such file")));
  read(dir_.path().string());
  EXPECT_THAT(error_, HasSubstr("is a directory"));
  EXPECT_EQ(read(write("empty.json", "")), "");
  EXPECT_EQ(error_, "");
  read(write("array.json", "[{\"time_received_ns\":1},17]"));
  EXPECT_THAT(error_, HasSubstr("array.json:1: not an array of objects"));
  EXPECT_EQ(totals_.flows, 1U);
  read(write("open.json", "[{\"time_received_ns\":1},\n{\"x\":\"}"));
  EXPECT_THAT(error_, HasSubstr("open.json:2: an object that does not end"));
}

TEST_F(Import, TellsProgressOverAllFiles) {
  std::string line = R"({"time_received_ns":1})"
                     "\n",
              text;
  for (int i = 0; i < 20'000; ++i) text += line;
  const std::string path = write("many.json", text);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  options_.progress = [&](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); };
  BatchWriter batches(BatchPool::create(), [](BatchRef) {});
  FlowImporter importer(options_, batches);
  ASSERT_TRUE(importer.read(path));
  ASSERT_TRUE(importer.read(path));
  EXPECT_GT(told.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_EQ(told.back(), std::make_pair(std::uint64_t{2 * text.size()}, std::uint64_t{2 * text.size()}));
}

}  // namespace
}  // namespace weir
