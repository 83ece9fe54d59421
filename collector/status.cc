#include "collector/status.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/status_text.h"
#include "sinks/sink_status.h"

namespace weir {
Account<ArrivalDrop> CollectorStatus::arrivals() const {
  Account<ArrivalDrop> sum;
  for (const LaneStatus& lane : lanes) sum += lane.arrivals;
  return sum;
}

ExporterStats CollectorStatus::totals() const {
  ExporterStats sum;
  for (const LaneStatus& lane : lanes) add_counters(sum, lane.totals);
  return sum;
}

std::uint64_t CollectorStatus::flows_published() const {
  std::uint64_t sum = 0;
  for (const LaneStatus& lane : lanes) sum += lane.flows_published;
  return sum;
}

std::uint64_t CollectorStatus::flows_pending() const {
  std::uint64_t sum = 0;
  for (const LaneStatus& lane : lanes) sum += lane.flows_pending;
  return sum;
}

std::vector<std::string> CollectorStatus::imbalances() const {
  std::vector<std::string> wrong;
  for (const LaneStatus& lane : lanes) {
    check_balance(wrong, "arrivals at worker " + lane.name, lane.arrivals);
    check_balance(wrong, "sets at worker " + lane.name, lane.totals.sets);
    const std::uint64_t onward = lane.flows_published + lane.flows_pending;
    check_equal(wrong, "flows decoded at worker " + lane.name, lane.totals.flows, onward);
  }
  for (const ExporterStats& exporter : exporters)
    check_balance(wrong, "sets of " + exporter.address.to_string(), exporter.sets);
  check_balance(wrong, "TCP connections", tcp.connections);
  for (const RelayStatus& relay : relays) check_balance(wrong, "datagrams at relay " + relay.name, relay.datagrams);
  check_sinks(wrong, flows_published(), sinks);
  return wrong;
}

bool CollectorStatus::ready() const {
  return (!sockets.empty() || !tcp.listeners.empty()) &&
         std::ranges::all_of(sinks, [](const SinkStatus& sink) { return sink.last_error.empty(); });
}

std::vector<ExporterStats> merge_exporters(std::vector<ExporterStats> all) {
  using Key = std::tuple<IpAddress, std::uint32_t, FlowProtocol>;
  std::map<Key, ExporterStats> merged;
  for (ExporterStats& one : all) {
    const Key key{one.address, one.observation_domain_id, one.protocol};
    const auto [it, is_new] = merged.try_emplace(key, one);
    if (is_new) continue;
    ExporterStats& known = it->second;
    add_counters(known, one);
    known.first_seen_ns = std::min(known.first_seen_ns, one.first_seen_ns);
    if (one.last_seen_ns > known.last_seen_ns) {
      known.last_seen_ns = one.last_seen_ns;
      known.last_export_ns = one.last_export_ns;
      if (one.sampling_rate != 0) known.sampling_rate = one.sampling_rate;
    }
    if (known.name.empty()) known.name = one.name;
  }
  all.clear();
  for (auto& [key, exporter] : merged) all.push_back(std::move(exporter));
  std::ranges::sort(all, [](const ExporterStats& a, const ExporterStats& b) {
    return std::tie(b.flows, a.address, a.observation_domain_id) <
           std::tie(a.flows, b.address, b.observation_domain_id);
  });
  return all;
}

}  // namespace weir
