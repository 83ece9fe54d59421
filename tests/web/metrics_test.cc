#include "web/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

#include "tests/web/sample_status.h"

namespace weir {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); });
}

// Takes `{name="value",…}`, with the escapes that the exposition format knows, from the front of `rest`.
bool take_labels(std::string_view& rest) {
  if (!rest.starts_with('{')) return true;
  do {
    rest.remove_prefix(1);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos || !is_name(rest.substr(0, equals))) return false;
    rest.remove_prefix(equals + 1);
    if (!rest.starts_with('"')) return false;
    std::size_t at = 1;
    for (; at < rest.size() && rest[at] != '"'; ++at) {
      if (rest[at] == '\\' && ++at < rest.size() &&
          std::string_view("\\\"n").find(rest[at]) == std::string_view::npos) {
        return false;
      }
    }
    if (at >= rest.size()) return false;
    rest.remove_prefix(at + 1);
  } while (rest.starts_with(','));
  if (!rest.starts_with('}')) return false;
  rest.remove_prefix(1);
  return true;
}

// Series and their values, by what the exposition format allows; anything else fails the test.
std::map<std::string, std::string> parse(const std::string& text) {
  std::map<std::string, std::string> series;
  std::set<std::string> helped;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string_view rest = line;
    if (rest.starts_with("# ")) {
      EXPECT_TRUE(rest.starts_with("# HELP ") || rest.starts_with("# TYPE ")) << line;
      rest.remove_prefix(7);
      helped.emplace(rest.substr(0, rest.find(' ')));
      continue;
    }
    const std::string name(rest.substr(0, rest.find_first_of("{ ")));
    EXPECT_TRUE(is_name(name)) << line;
    EXPECT_TRUE(helped.contains(name)) << "no HELP before " << line;
    rest.remove_prefix(name.size());
    EXPECT_TRUE(take_labels(rest)) << line;
    EXPECT_TRUE(rest.size() > 1 && rest.front() == ' ') << line;
    const std::string value(rest.substr(1));
    EXPECT_EQ(value.find_first_not_of("0123456789.e+"), std::string::npos) << line;
    const std::string key = line.substr(0, line.size() - rest.size());
    EXPECT_TRUE(series.emplace(key, value).second) << "twice: " << line;
  }
  return series;
}

TEST(MetricsTest, ShowsTheWholeLedger) {
  const auto series = parse(metrics_text(sample_status()));
  const std::map<std::string, std::string> expected{
      {"weir_messages_arrived_total{worker=\"0\"}", "100"},
      {"weir_messages_decoded_total{worker=\"0\"}", "88"},
      {"weir_messages_dropped_total{worker=\"0\",reason=\"kernel\"}", "10"},
      {"weir_messages_dropped_total{worker=\"0\",reason=\"unknown_version\"}", "2"},
      {"weir_udp_kernel_drops_total{listener=\"[::]:2055\",worker=\"0\"}", "10"},
      {"weir_flows_decoded_total{worker=\"0\"}", "300"},
      {"weir_flows_published_total{worker=\"0\"}", "290"},
      {"weir_flows_pending{worker=\"0\"}", "10"},
      {"weir_exporter_flows_total{exporter=\"192.0.2.1\",domain=\"7\",type=\"IPFIX\"}", "300"},
      {"weir_exporter_sets_dropped_total{exporter=\"192.0.2.1\",domain=\"7\",type=\"IPFIX\",reason=\"malformed\"}",
       "1"},
      {"weir_exporter_sequence_lost_total{exporter=\"192.0.2.1\",domain=\"7\",type=\"IPFIX\",unit=\"records\"}", "20"},
      {"weir_sink_flows_total{sink=\"file:/tmp/\\\"odd\\\"\\\\name\"}", "290"},
      {"weir_sink_dropped_flows_total{sink=\"file:/tmp/\\\"odd\\\"\\\\name\",reason=\"queue_full\"}", "6"},
      {"weir_ledger_imbalances", "0"},
  };
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(series.contains(name)) << name;
    EXPECT_EQ(series.at(name), value) << name;
  }
}

TEST(MetricsTest, TwoSinksOfOneNameAreTwoSeries) {
  CollectorStatus status = sample_status();
  status.sinks[0].name = "stdout";
  status.sinks.push_back(status.sinks[0]);
  const auto series = parse(metrics_text(status));
  EXPECT_TRUE(series.contains("weir_sink_flows_total{sink=\"stdout\"}"));
  EXPECT_TRUE(series.contains("weir_sink_flows_total{sink=\"stdout #2\"}"));
}

TEST(MetricsTest, LargeCountersAreExact) {
  CollectorStatus status = sample_status();
  status.exporters[0].flows = 9'007'199'254'740'991;  // 2^53 - 1
  EXPECT_THAT(metrics_text(status), testing::HasSubstr("type=\"IPFIX\"} 9007199254740991\n"));
}

TEST(MetricsTest, ExportersAreBoundedAndTheRestSummed) {
  CollectorStatus status = sample_status();
  status.exporters.clear();
  for (std::uint32_t i = 0; i < 50; ++i) {
    ExporterStats exporter;
    exporter.address = IpAddress::v4(0x0a000000 + i);
    exporter.flows = 100 - i;
    status.exporters.push_back(exporter);
  }
  const auto series = parse(metrics_text(status, 48));
  std::size_t shown = 0;
  for (const auto& [name, value] : series) shown += name.starts_with("weir_exporter_flows_total");
  EXPECT_EQ(shown, 49U);
  EXPECT_EQ(series.at("weir_exporter_flows_total{exporter=\"other\",domain=\"\",type=\"\"}"), "103");
  EXPECT_EQ(series.at("weir_exporters"), "50");
}

// All that both daemons can show.
std::string all_metrics() {
  CollectorStatus collector = sample_status();
  collector.tcp.listeners.push_back("tcp://[::]:4739");
  collector.relays.push_back({.name = "udp://other:2055", .datagrams = {}});
  collector.enrichment.files.emplace_back().file = "city.mmdb";
  collector.sinks[0].delivery.emplace();
  ExporterStatus exporter;
  exporter.interfaces.emplace_back().name = "eth0";
  return metrics_text(collector) + metrics_text(exporter);
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.insert((*at)[1].str());
  return found;
}

class DeployedMetricsTest : public testing::TestWithParam<const char*> {};

TEST_P(DeployedMetricsTest, Exist) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR "/deploy/") + GetParam());
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string metrics = all_metrics();
  const auto names = all_matches(metrics, "# TYPE (\\w+) ");
  const auto used = all_matches(text, "\\b(weir_\\w+)");
  EXPECT_GT(used.size(), 10U);
  for (const std::string& name : used) EXPECT_TRUE(names.contains(name)) << name;
  auto labels = all_matches(metrics, "[{,](\\w+)=\"");
  labels.insert("instance");  // Prometheus' own
  for (const char* pattern : {"\\{\\{ ?(?:\\$labels\\.)?(\\w+) ?\\}\\}", "\\bby \\((\\w+)", "\\bby \\(\\w+, (\\w+)"}) {
    for (const std::string& label : all_matches(text, pattern)) EXPECT_TRUE(labels.contains(label)) << label;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, DeployedMetricsTest, testing::Values("prometheus/weir.rules.yml", "grafana/weir.json"),
                         [](const auto& file) { return file.index == 0 ? "Prometheus" : "Grafana"; });

TEST(StatusTest, BalancedLedgerHasNoImbalances) {
  EXPECT_THAT(sample_status().imbalances(), testing::IsEmpty());
  EXPECT_THAT(status_text(sample_status()), testing::HasSubstr("The ledger balances"));
}

TEST(StatusTest, EveryEquationIsChecked) {
  const auto broken_by = [](auto change) {
    CollectorStatus status = sample_status();
    change(status);
    return status.imbalances().size();
  };
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.lanes[0].arrivals.in; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.lanes[0].totals.sets.out; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.lanes[0].flows_pending; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.exporters[0].sets.held; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.tcp.connections.in; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.sinks[0].flows.out; }), 1U);
  EXPECT_EQ(broken_by([](CollectorStatus& s) { ++s.sinks[0].flows.in; }), 2U)
      << "not its own, and not what was handed over";
  CollectorStatus status = sample_status();
  ++status.lanes[0].arrivals.in;
  EXPECT_THAT(status_text(status), testing::HasSubstr("arrivals at worker 0: 101 is not 100"));
}

TEST(StatusTest, TextNamesReasonsThatCount) {
  const std::string text = status_text(sample_status());
  EXPECT_THAT(text, testing::HasSubstr("unknown_version"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("not_allowed"))) << "none were dropped for it";
  EXPECT_THAT(text, testing::HasSubstr("192.0.2.1"));
  EXPECT_THAT(text, testing::HasSubstr("5 s ago"));
}

TEST(StatusTest, OneExporterOverTwoLanesIsMerged) {
  ExporterStats udp = sample_status().exporters[0];
  ExporterStats tcp = udp;
  tcp.flows = 50;
  tcp.last_seen_ns += 1;
  ExporterStats other = udp;
  other.observation_domain_id = 8;
  other.flows = 1000;
  const auto merged = merge_exporters({udp, tcp, other});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].observation_domain_id, 8U) << "most flows first";
  EXPECT_EQ(merged[1].flows, 350U);
  EXPECT_EQ(merged[1].last_seen_ns, tcp.last_seen_ns);
  EXPECT_TRUE(merged[1].sets.balanced());
}

}  // namespace
}  // namespace weir
