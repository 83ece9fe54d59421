// goQuery's own command lines and conditions over a dozen flows, each answer worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/query/answers.h"
#include "tests/query/known_flows.h"

namespace weir::test {
namespace {

using testing::ElementsAre;

// Flow n has source port 50000 + n, n packets and 100 n bytes, begins in second n.
const TestStore& examples() {
  static const TestStore store = [] {
    std::vector<KnownFlow> flows = {
        {.src = "10.0.0.1", .dst = "172.16.5.5", .dst_port = 443, .in = "eth0", .out = "eth1"},
        {.src = "192.168.1.34", .dst = "10.0.0.2", .dst_port = 22, .in = "eth1", .out = "eth0"},
        {.src = "192.168.1.34", .dst = "172.16.5.5", .dst_port = 53, .proto = 17, .in = "eth1", .out = "eth2"},
        {.src = "10.17.3.4", .dst = "8.8.8.8", .dst_port = 53, .proto = 17, .in = "eth0", .out = "eth2"},
        {.src = "211.154.236.12", .dst = "10.236.2.18", .dst_port = 22, .in = "eth0", .out = "eth1"},
        {.src = "2a04:4e42::7", .dst = "fe80::1", .dst_port = 8080, .in = "eth2", .out = "eth0"},
        {.src = "10.0.0.2", .dst = "10.0.0.1", .dst_port = 2048, .proto = 1, .in = "eth1"},
        {.src = "198.51.100.7", .dst = "203.0.113.9", .dst_port = 443, .in = "eth0", .out = "eth7"},
        {.src = "10.32.0.1", .dst = "192.0.2.9", .dst_port = 1025, .proto = 17, .in = "eth1", .out = "eth7"},
        {.src = "10.5.0.1", .dst = "192.168.1.34", .dst_port = 8080, .proto = 17, .in = "ppp0", .out = "eth2"},
        {.src = "192.168.1.34", .dst = "10.0.0.9", .dst_port = 22, .in = "eth1", .out = "eth0", .direction = 1},
        {.src = "10.0.0.7",
         .dst = "10.0.0.8",
         .dst_port = 123,
         .proto = 17,
         .in = "eth3",
         .out = "eth1",
         .reverse_bytes = 60,
         .reverse_packets = 6},
    };
    for (std::uint64_t n = 1; n <= flows.size(); ++n) {
      flows[n - 1].src_port = static_cast<std::uint16_t>(50000 + n);
      flows[n - 1].packets = n;
      flows[n - 1].bytes = 100 * n;
      flows[n - 1].start_s = n;
    }
    return store_of(flows);
  }();
  return store;
}

// The numbers of the flows that match.
std::vector<std::uint64_t> matching(const std::string& condition) {
  std::vector<std::uint64_t> flows;
  for (const QueryRow& row : answer(request_for("sport", condition), examples()).rows) {
    flows.push_back(std::get<std::uint64_t>(row.values[0]) - 50000);
  }
  std::ranges::sort(flows);
  return flows;
}

QueryResult ask(const std::string& columns, const std::string& condition, const std::string& interfaces,
                std::size_t limit = 1000) {
  QueryRequest request = request_for(columns, condition, interfaces);
  request.limit = limit;
  return answer(request, examples());
}

TEST(GoqueryExamples, Conditions) {
  EXPECT_THAT(matching("dport <= 1024"), ElementsAre(1, 2, 3, 4, 5, 8, 11, 12));
  EXPECT_THAT(matching("! (( dport = 8080 | dport = 443 ) & proto = TCP )"), ElementsAre(2, 3, 4, 5, 7, 9, 10, 11, 12));
  EXPECT_THAT(matching("{sip = 10.0.0.1 or dip eq 10.0.0.1} and not [dport -gt 1023 + proto === icmp]"),
              ElementsAre(1));
  EXPECT_THAT(matching("host = 192.168.1.34 && net != 172.16.0.0/12"), ElementsAre(2, 10, 11));
  EXPECT_THAT(matching("snet != 10.0.0.0/12 & snet != 10.17.0.0/16"), ElementsAre(2, 3, 5, 6, 8, 9, 11));
  EXPECT_THAT(matching("snet = 2a04:4e42::/29 | dnet = fe80::/10"), ElementsAre(6));
  EXPECT_THAT(matching("proto = 17 * dport neq 53"), ElementsAre(9, 10, 12));
  EXPECT_THAT(matching("(dport = 22 & sip = 192.168.1.34) & dir = out"), ElementsAre(11));
  EXPECT_THAT(matching("dir = uni"), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(matching("dir = bi"), ElementsAre(12));
  EXPECT_THAT(matching("dir = in & dport = 22"), ElementsAre(2, 5));
}

TEST(GoqueryExamples, NetworksOnOneInterface) {
  EXPECT_THAT(rows_of(ask("sip,dip,dport,proto", "snet=10.0.0.0/8", "eth1", 5)),
              ElementsAre("10.0.0.7 10.0.0.8 123 17: 6/12 60/1200", "10.32.0.1 192.0.2.9 1025 17: 9/0 900/0",
                          "10.0.0.2 10.0.0.1 2048 1: 7/0 700/0", "10.0.0.1 172.16.5.5 443 6: 0/1 0/100"));
}

TEST(GoqueryExamples, SeveralInterfaces) {
  EXPECT_THAT(rows_of(ask("iface,sip,dip", "sip = 198.51.100.7 & dip = 203.0.113.9", "eth0,eth2,eth7", 5)),
              ElementsAre("eth0 198.51.100.7 203.0.113.9: 8/0 800/0", "eth7 198.51.100.7 203.0.113.9: 0/8 0/800"));
  EXPECT_THAT(rows_of(ask("sip,dip", "sip = 198.51.100.7", "eth7", 5)),
              ElementsAre("198.51.100.7 203.0.113.9: 0/8 0/800"));
}

TEST(GoqueryExamples, OneInterface) {
  EXPECT_THAT(
      rows_of(ask("sip,dip,dport,proto", "dip=10.236.2.18 and sip=211.154.236.12 and dport=22 and proto=tcp", "eth0")),
      ElementsAre("211.154.236.12 10.236.2.18 22 6: 5/0 500/0"));
  EXPECT_THAT(rows_of(ask("dip", "sip=211.154.236.12 and dport=22 and proto=tcp", "eth0")),
              ElementsAre("10.236.2.18: 5/0 500/0"));
  EXPECT_THAT(rows_of(ask("sip,dip", "dport=443", "eth0", 10)),
              ElementsAre("198.51.100.7 203.0.113.9: 8/0 800/0", "10.0.0.1 172.16.5.5: 1/0 100/0"));
}

TEST(GoqueryExamples, AnyInterfaceCountsEachFlowOnce) {
  const QueryResult result = ask("talk_conv", "", "any");
  EXPECT_EQ(result.hits, 12U);
  EXPECT_EQ(text_of(result.totals), "67/17 6700/1160");
  EXPECT_EQ(rows_of(result).front(), "10.0.0.7 10.0.0.8: 12/6 1200/60");
}

TEST(GoqueryExamples, InterfacesByPattern) {
  EXPECT_THAT(
      rows_of(ask("apps_port", "", "/eth[0-3]/")),
      ElementsAre("22 6: 18/18 1800/1800", "123 17: 18/18 1260/1260", "53 17: 7/7 700/700", "8080 6: 6/6 600/600",
                  "443 6: 9/1 900/100", "8080 17: 0/10 0/1000", "1025 17: 9/0 900/0", "2048 1: 7/0 700/0"));
}

TEST(GoqueryExamples, TimeAndProtocolByPacketsAscending) {
  QueryRequest request = request_for("time,proto", "", "eth0");
  request.sort = SortBy::kPackets;
  request.ascending = true;
  request.counters = Counters::kSum;
  request.times.first = kFlowsBegin;
  const std::string block = std::to_string(kFlowsBegin + 100'000 * kMs);
  EXPECT_THAT(rows_of(answer(request, examples())),
              ElementsAre(block + " 17: 4/0 400/0", block + " 6: 14/19 1400/1900"));
}

TEST(GoqueryExamples, RawWithoutAnInterface) {
  const QueryResult result = ask("raw", "", "any,!eth2");
  EXPECT_EQ(result.hits, 19U);
  EXPECT_EQ(text_of(result.totals), "78/60 7260/5460");
  EXPECT_THAT(result.interfaces, ElementsAre("eth0", "eth1", "eth3", "eth7", "ppp0"));
}

}  // namespace
}  // namespace weir::test
