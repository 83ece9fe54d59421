#include "base/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "collector/status.h"
#include "flow/names.h"
#include "sinks/sink_status.h"

namespace weir {
namespace {

void write_head(std::string& text, const CollectorStatus& status) {
  const auto out = std::back_inserter(text);
  std::size_t templates = 0;
  std::size_t held = 0;
  for (const LaneStatus& lane : status.lanes) {
    templates += lane.template_memory;
    held += lane.held_memory;
  }
  fmt::format_to(out, "weir {} collecting for {}, memory {} (templates {}, waiting for templates {})\n\n",
                 status.version, duration_text(elapsed_ns(status.now_ns, status.started_ns)),
                 mebibytes_text(status.resident_bytes), mebibytes_text(templates), mebibytes_text(held));
}

void write_totals(std::string& text, const CollectorStatus& status) {
  const auto out = std::back_inserter(text);
  const ExporterStats totals = status.totals();
  fmt::format_to(out, "Totals\n");
  append_account(text, "datagrams, messages", status.arrivals());
  append_account(text, "sets", totals.sets);
  fmt::format_to(out, "  {:<22}{:>16} decoded {:>11} to sinks {:>7} in an open batch\n", "flows", totals.flows,
                 status.flows_published(), status.flows_pending());
  fmt::format_to(out, "  {:<22}{:>16} lost {:>14} late {:>11} restarts\n", "sequence numbers", totals.sequence.lost,
                 totals.sequence.reordered, totals.sequence.resets);
  if (totals.records_missing > 0) {
    fmt::format_to(out, "  {:<22}{:>16} announced in headers, but not there\n", "records", totals.records_missing);
  }
  if (totals.borrowed_flows > 0) {
    fmt::format_to(out, "  {:<22}{:>16} decoded by the template of the exporter's earlier session\n", "flows",
                   totals.borrowed_flows);
  }
}

void write_listeners(std::string& text, const CollectorStatus& status) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "\nListeners\n");
  for (const SocketStatus& socket : status.sockets) {
    fmt::format_to(out, "  {:<30} worker {:<4}{:>14} datagrams {:>12} dropped by the kernel, buffer {}\n",
                   "udp " + socket.local, socket.worker, socket.datagrams, socket.kernel_drops,
                   mebibytes_text(socket.buffer_bytes));
  }
  for (const std::string& listener : status.tcp.listeners) fmt::format_to(out, "  {}\n", listener);
  if (!status.tcp.listeners.empty()) append_account(text, "connections", status.tcp.connections);
}

void write_relays(std::string& text, const CollectorStatus& status) {
  if (status.relays.empty()) return;
  text += "\nRelays (datagrams)\n";
  for (const RelayStatus& relay : status.relays) {
    append_account(text, relay.name, relay.datagrams);
    text += relay.keeps_source ? "    exporters' addresses are kept\n" : "    sent from this host's address\n";
  }
}

void write_exporters(std::string& text, const CollectorStatus& status, std::size_t top) {
  const auto out = std::back_inserter(text);
  const std::size_t shown = std::min(top, status.exporters.size());
  fmt::format_to(out, "\nExporters ({} of {}, by flows)\n", shown, status.exporters.size());
  if (shown == 0) return;
  fmt::format_to(out, "  {:<39} {:>10} {:<10} {:>14} {:>12} {:>9} {:>9} {:>9} {:>8}  {}\n", "address", "domain",
                 "protocol", "flows", "messages", "lost", "set drops", "templates", "sampling", "last seen");
  for (std::size_t i = 0; i < shown; ++i) {
    const ExporterStats& one = status.exporters[i];
    fmt::format_to(out, "  {:<39} {:>10} {:<10} {:>14} {:>12} {:>9} {:>9} {:>9} {:>8}  {} ago{}\n",
                   one.address.to_string(), one.observation_domain_id, flow_type_name(one.protocol), one.flows,
                   one.messages, one.sequence.lost, one.sets.dropped_total(), one.templates, one.sampling_rate,
                   duration_text(elapsed_ns(status.now_ns, one.last_seen_ns)), one.name.empty() ? "" : "  " + one.name);
  }
}

void write_balance(std::string& text, const CollectorStatus& status) {
  const auto out = std::back_inserter(text);
  if (!status.state_error.empty()) fmt::format_to(out, "\nState is not saved: {}\n", status.state_error);
  append_balance(text, status.imbalances());
}

}  // namespace

std::string status_text(const CollectorStatus& status, std::size_t top) {
  std::string text;
  write_head(text, status);
  write_totals(text, status);
  write_listeners(text, status);
  write_exporters(text, status, top);
  write_relays(text, status);
  append_sinks(text, status.sinks);
  append_enrichment(text, status.enrichment, status.now_ns);
  write_balance(text, status);
  return text;
}

}  // namespace weir
