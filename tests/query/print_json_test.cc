// Answers as JSON, read back by an independent reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "query/print.h"
#include "tests/query/sample_result.h"
#include "tests/support/json.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Record json_of(const QueryRequest& request, const QueryResult& result) {
  return parse_record(print_json(request, result, {}));
}

TEST(PrintJson, GoQuerysShape) {
  const Record record = json_of(documented_request(), documented_result());
  std::vector<std::string> keys;
  for (const auto& [key, value] : record) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("hostname", "query", "rows", "status", "summary"));
  EXPECT_EQ(record.at("status"), R"({"code":"ok"})");
  EXPECT_EQ(record.at("query"), R"({"attributes":["sip","dip","dport","proto"],"condition":"dport = 443"})");
  EXPECT_THAT(
      record.at("rows"),
      HasSubstr(R"({"labels":{},"attributes":{"sip":"10.236.2.56","dip":"10.236.130.23","dport":443,"proto":6},)"
                R"("counters":{"br":73641492,"bs":831625626,"pr":594330,"ps":847920}})"));
  const Record summary = parse_record(record.at("summary"));
  EXPECT_EQ(summary.at("interfaces"), R"(["eth0"])");
  EXPECT_EQ(summary.at("time_range"), R"({"time_first":"2026-08-18T01:55:00Z","time_last":"2026-08-26T03:45:00Z"})");
  EXPECT_EQ(summary.at("totals"), R"({"br":136451194,"bs":1578473882,"pr":1075180,"ps":1570370})");
  EXPECT_EQ(summary.at("hits"), R"({"displayed":2,"total":2})");
  EXPECT_EQ(parse_record(summary.at("timings")).at("query_duration_ns"), "37000000");
}

TEST(PrintJson, LabelsStandApart) {
  const QueryRequest request = sample_request("time,iface,host,hostid,sip,duration,src_mac,etype,first");
  QueryResult result = sample_result(request);
  add_row(result,
          {1'787'054'400 * kNsPerSecond, std::string("eth0"), std::string("edge"), address("192.0.2.1"),
           address("2001:db8::1"), 1500U, 0x001122aabbccU, 0x0800U, 1'787'054'400'000'000'001U},
          {1, 2, 3, 4});
  EXPECT_EQ(json_of(request, result).at("rows"),
            R"([{"labels":{"timestamp":"2026-08-18T12:00:00Z","iface":"eth0","host":"edge","host_id":"192.0.2.1"},)"
            R"("attributes":{"sip":"2001:db8::1","duration":1500,"src_mac":"00:11:22:aa:bb:cc","etype":"IPv4",)"
            R"("time_flow_start_ns":1787054400000000001},"counters":{"br":3,"bs":4,"pr":1,"ps":2}}])");
}

TEST(PrintJson, StatusTellsWhatIsMissing) {
  const QueryRequest request = sample_request("sip");
  QueryResult result = sample_result(request);
  EXPECT_EQ(json_of(request, result).at("status"), R"({"code":"empty","message":"query returned no results"})");
  result.warnings = {"a.seg: checksum", "b.seg: checksum"};
  EXPECT_EQ(json_of(request, result).at("status"),
            R"({"code":"missing data","message":"a.seg: checksum; b.seg: checksum"})");
}

TEST(PrintJson, TextsFromTheNetworkAreEscaped) {
  const QueryRequest request = sample_request("iface");
  QueryResult result = sample_result(request);
  add_row(result, {std::string("a\"\n\x1b\xff")}, {1, 1, 1, 1});
  const std::string json = print_json(request, result, {});
  EXPECT_THAT(json, HasSubstr(R"("iface":"a\"\n\u001b\ufffd")"));
  EXPECT_NO_THROW(parse_record(json));
}

}  // namespace
}  // namespace weir::test
