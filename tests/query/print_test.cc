// Answers as text and CSV, to the character.
#include "query/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/clock.h"
#include "query/human.h"
#include "query/text_width.h"
#include "tests/query/sample_result.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Print : public testing::Test {
 protected:
  Print() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

std::string text_of(const QueryRequest& request, const QueryResult& result, const TextStyle& style = {}) {
  return print_text(request, result, style, {});
}

// The block between ``` that follows "## Text output".
std::string documented_text() {
  const std::string page = slurp(shared_dir() / "goquery-examples.md");
  const std::size_t section = page.find("## Text output");
  const std::size_t first = page.find("```\n", section) + 4;
  return section == std::string::npos ? "" : page.substr(first, page.find("```", first) - first);
}

TEST_F(Print, TheDocumentedExample) {
  if (!std::filesystem::exists(shared_dir() / "goquery-examples.md")) GTEST_SKIP() << "no goquery-examples.md";
  // The page has its last line of amounts one column too far to the right.
  std::string expected = documented_text();
  expected.replace(expected.find("Totals: "), 8, "Totals:");
  EXPECT_EQ(text_of(documented_request(), documented_result()), expected);
}

TEST_F(Print, Both) {
  const QueryRequest request = sample_request("dport,proto");
  QueryResult result = sample_result(request);
  add_row(result, {53U, 17U}, {8, 0, 488, 0});
  add_row(result, {65535U, 58U}, {0, 2'000'000, 0, 5'000});
  EXPECT_EQ(text_of(request, result),
            "                              packets  packets              bytes    bytes\n"
            "      dport      proto             in      out       %         in      out      %\n"
            "         53        UDP         8.00     0.00      0.00  488.00  B  0.00  B   8.89\n"
            "      65535  IPv6-ICMP         0.00     2.00 M  100.00    0.00  B  4.88 kB  91.11\n"
            "\n"
            "                               8.00     2.00 M          488.00  B  4.88 kB\n"
            "\n"
            "    Totals:                             2.00 M                     5.36 kB\n"
            "\n"
            "Timespan    : [2026-08-18 01:55:00, 2026-08-26 03:45:00] (8d1h50m0s)\n"
            "Interface   : eth0\n"
            "Sorted by   : accumulated data volume (sent and received)\n"
            "Query stats : displayed top 2 hits out of 2 in 37ms\n");
}

TEST_F(Print, OneDirection) {
  QueryRequest request = sample_request("dport", "dir = in");
  QueryResult result = sample_result(request);
  add_row(result, {53U}, {3, 5, 300, 500});
  add_row(result, {80U}, {1, 7, 100, 700});
  request.counters = Counters::kIn;
  request.sort = SortBy::kPackets;
  EXPECT_EQ(text_of(request, result),
            "                   packets             bytes\n"
            "      dport             in      %         in      %\n"
            "         53         3.00    75.00  300.00  B  75.00\n"
            "         80         1.00    25.00  100.00  B  25.00\n"
            "\n"
            "    Totals:         4.00           400.00  B\n"
            "\n"
            "Timespan    : [2026-08-18 01:55:00, 2026-08-26 03:45:00] (8d1h50m0s)\n"
            "Interface   : eth0\n"
            "Sorted by   : accumulated packets (received only)\n"
            "Conditions  : dir = in\n"
            "Query stats : displayed top 2 hits out of 2 in 37ms\n");
  request.counters = Counters::kOut;
  EXPECT_THAT(text_of(request, result), HasSubstr("500.00  B  41.67\n"));
  EXPECT_THAT(text_of(request, result), HasSubstr("accumulated packets (sent only)\n"));
  request.counters = Counters::kSum;
  request.ascending = true;
  EXPECT_THAT(text_of(request, result), HasSubstr("in+out"));
  EXPECT_THAT(text_of(request, result), HasSubstr("800.00  B  50.00\n"));
  EXPECT_THAT(text_of(request, result), HasSubstr("accumulated packets (sent and received) (ascending)\n"));
  request.sort = SortBy::kTime;
  EXPECT_THAT(text_of(request, result), HasSubstr("Sorted by   : first packet time (ascending)\n"));
}

TEST_F(Print, DotsWhereRowsAreCut) {
  const QueryRequest request = sample_request("dport");
  QueryResult result = sample_result(request);
  add_row(result, {53U}, {3, 5, 300, 500});
  result.hits = 7;
  result.totals += {1, 1, 1, 1};
  const auto lines = lines_of(text_of(request, result));
  EXPECT_EQ(lines.at(2), "         53         3.00     5.00    80.00  300.00  B  500.00  B  99.75");
  EXPECT_EQ(lines.at(3), "                       ...      ...               ...        ...");
  EXPECT_EQ(lines.at(4), "                    4.00     6.00           301.00  B  501.00  B");
  EXPECT_THAT(lines.back(), EndsWith("displayed top 1 hits out of 7 in 37ms"));
}

TEST_F(Print, NothingFound) {
  const QueryRequest request = sample_request("sip");
  const auto lines = lines_of(text_of(request, sample_result(request)));
  EXPECT_THAT(lines.at(1), StartsWith("        sip"));
  EXPECT_THAT(lines.back(), HasSubstr("displayed top 0 hits out of 0"));
}

TEST_F(Print, ValuesOfEveryKind) {
  const QueryRequest request = sample_request(
      "time,iface,host,hostid,first,duration,tcp_flags,src_mac,etype,type,src_as,as_path,flow_direction,src_net");
  QueryResult result = sample_result(request);
  const std::uint64_t noon = 1'787'054'400 * kNsPerSecond;
  add_row(result,
          {noon, std::string("eth0"), std::string("edge\x1b[2J"), address("192.0.2.1"), noon + 5'999'999'999, 90'500U,
           18U, 0x001122aabbccU, 0x86ddU, 4U, 64500U, std::string("1 2"), 1U, std::string("10.0.0.0/8")},
          {1, 1, 1, 1});
  add_row(result,
          {0U, std::string(), std::string(), QueryValue(IpAddress{}), 0U, 0U, 0U, 0U, 0U, 0U, 0U, std::string(), 0U,
           std::string()},
          {1, 1, 1, 1});
  const auto lines = lines_of(text_of(request, result));
  std::istringstream row(lines.at(2));
  const std::vector<std::string> words{std::istream_iterator<std::string>(row), {}};
  EXPECT_THAT(std::vector(words.begin(), words.begin() + 16),
              ElementsAre("2026-08-18", "12:00:00", "eth0", "edge?[2J", "192.0.2.1", "2026-08-18", "12:00:05",
                          "1m30.5s", "SA", "00:11:22:aa:bb:cc", "IPv6", "IPFIX", "64500", "1", "2", "1"));
  EXPECT_THAT(lines.at(1), HasSubstr("first"));
  EXPECT_THAT(print_csv(request, result, {}),
              StartsWith("time,iface,host,hostid,time_flow_start_ns,duration,tcp_flags,src_mac,etype,type,src_as,"
                         "as_path,flow_direction,src_net,packets received,"));
  EXPECT_THAT(lines_of(print_csv(request, result, {})).at(1),
              StartsWith("1787054400,eth0,edge [2J,192.0.2.1,1787054405999999999,90500,18,00:11:22:aa:bb:cc,IPv6,"
                         "IPFIX,64500,1 2,1,10.0.0.0/8,1,1,50.00,1,1,50.00"));
  EXPECT_THAT(lines_of(print_csv(request, result, {})).at(2), StartsWith("0,,,,0,0,0,,,NETFLOW_V1,0,,0,,1,1,50.00"));
}

TEST_F(Print, NamesInPlaceOfAddresses) {
  const AddressNames names = [](const IpAddress& address) {
    return address == *IpAddress::parse("10.236.130.23") ? std::optional<std::string>("web.example") : std::nullopt;
  };
  EXPECT_THAT(print_text(documented_request(), documented_result(), {}, names),
              HasSubstr("10.236.2.56    web.example    443"));
  EXPECT_THAT(print_csv(documented_request(), documented_result(), names), HasSubstr("10.236.2.56,web.example,443"));
}

TEST_F(Print, Csv) {
  QueryRequest request = documented_request();
  EXPECT_EQ(print_csv(request, documented_result(), {}),
            "sip,dip,dport,proto,packets received,packets sent,%,data vol. received,data vol. sent,%\n"
            "10.236.2.56,10.236.130.23,443,TCP,594330,847920,54.52,73641492,831625626,52.79\n"
            "10.236.2.56,10.236.146.23,443,TCP,480850,722450,45.48,62809702,746848256,47.21\n");
  request.counters = Counters::kSum;
  EXPECT_THAT(print_csv(request, documented_result(), {}), StartsWith("sip,dip,dport,proto,packets,%,data vol.,%\n"));
  EXPECT_THAT(print_csv(request, documented_result(), {}), HasSubstr("443,TCP,1442250,54.52,905267118,52.79\n"));
}

TEST_F(Print, CsvQuotesAndEmptyFirstCells) {
  const QueryRequest request = sample_request("iface,host");
  QueryResult result = sample_result(request);
  add_row(result, {std::string(), std::string()}, {1, 0, 1, 0});
  add_row(result, {std::string("a,\"b\""), std::string()}, {0, 1, 0, 1});
  const auto lines = lines_of(print_csv(request, result, {}));
  EXPECT_EQ(lines.at(1), ",,1,0,50.00,1,0,50.00");
  EXPECT_EQ(lines.at(2), "\"a,\"\"b\"\"\",,0,1,50.00,0,1,50.00");
}

TEST_F(Print, NarrowTerminalsShortenAddressesNeverNumbers) {
  const QueryRequest request = sample_request("sip,dport");
  QueryResult result = sample_result(request);
  add_row(result, {address("2001:db8:1111:2222:3333:4444:5555:6666"), 443U},
          {594'330, 847'920, 73'641'492, 831'625'626});
  const auto widest = [&](unsigned width) {
    std::size_t most = 0;
    const auto lines = lines_of(text_of(request, result, {.width = width}));
    for (std::size_t i = 0; i < 7; ++i) most = std::max(most, display_width(lines.at(i)));
    return most;
  };
  EXPECT_EQ(widest(0), 112U);
  EXPECT_EQ(widest(112), 112U);
  EXPECT_EQ(widest(100), 100U);
  EXPECT_EQ(widest(90), 90U);
  EXPECT_EQ(widest(20), 76U);  // as narrow as it gets
  for (const unsigned width : {90U, 20U}) {
    EXPECT_THAT(text_of(request, result, {.width = width}), HasSubstr("594.33 k  847.92 k  100.00"));
    EXPECT_THAT(text_of(request, result, {.width = width}), HasSubstr("…"));
  }
}

TEST_F(Print, ColourOnlyWhereAsked) {
  const std::string plain = text_of(documented_request(), documented_result());
  std::string coloured = text_of(documented_request(), documented_result(), {.colour = true});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b"));
  for (const std::string code : {"\x1b[1m", "\x1b[2m", "\x1b[0m"}) {
    for (std::size_t at; (at = coloured.find(code)) != std::string::npos;) coloured.erase(at, code.size());
  }
  EXPECT_EQ(coloured, plain);
}

TEST_F(Print, Explains) {
  QueryResult result = documented_result();
  result.stats = {3, 4, 50, 60, 700, 80, 9000, 10, 11, 2, std::chrono::milliseconds(1)};
  EXPECT_THAT(text_of(documented_request(), result, {.explain = true}),
              EndsWith("Segments    : 3 read, 4 left out by their time or values\n"
                       "Blocks      : 50 read, 60 left out by their values\n"
                       "Rows        : 700 looked at, 80 matched, 10 groups\n"
                       "Read        : 9000 bytes\n"
                       "Memory      : 11 bytes for tables, 2 threads\n"));
}

TEST_F(Print, ManyInterfaces) {
  const QueryRequest request = documented_request();
  QueryResult result = documented_result();
  result.interfaces = {"eth0", "eth2", "eth7"};
  EXPECT_THAT(text_of(request, result), HasSubstr("Interface   : eth0,eth2,eth7\n"));
  result.interfaces.assign(14, "x");
  EXPECT_THAT(text_of(request, result), HasSubstr("Interface   : x,x,x,x,x,x,x,x,x,x and 4 more\n"));
  result.interfaces.clear();
  EXPECT_THAT(text_of(request, result), HasSubstr("Interface   : eth0\n"));
}

TEST(Human, CountsAndBytes) {
  EXPECT_EQ(human_count(0), "0.00 ");
  EXPECT_EQ(human_count(12), "12.00 ");
  EXPECT_EQ(human_count(999), "999.00 ");
  EXPECT_EQ(human_count(1000), "1.00 k");
  EXPECT_EQ(human_count(1'070'000), "1.07 M");
  EXPECT_EQ(human_count(999'994), "999.99 k");
  EXPECT_EQ(human_count(999'999), "1.00 M");
  EXPECT_EQ(human_count(UINT64_MAX), "18.45 E");
  EXPECT_EQ(human_bytes(0), "0.00  B");
  EXPECT_EQ(human_bytes(1023), "1023.00  B");
  EXPECT_EQ(human_bytes(1024), "1.00 kB");
  EXPECT_EQ(human_bytes(802'653'470), "765.47 MB");
  EXPECT_EQ(human_bytes(1'048'575), "1.00 MB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.00 EB");
}

TEST(Human, Times) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human_span(0s), "0s");
  EXPECT_EQ(human_span(59s), "59s");
  EXPECT_EQ(human_span(3600s), "1h0m0s");
  EXPECT_EQ(human_span(24h + 3min), "1d3m0s");
  EXPECT_EQ(human_elapsed(999us), "999µs");
  EXPECT_EQ(human_elapsed(1ms), "1ms");
  EXPECT_EQ(human_elapsed(1500ms), "1.5s");
  EXPECT_EQ(human_elapsed(61007ms), "1m1.007s");
  EXPECT_EQ(human_elapsed(2s), "2s");
  EXPECT_EQ(utc_time(1'787'054'400'000'000'001), "2026-08-18T12:00:00.000000001Z");
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace weir::test
