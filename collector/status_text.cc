#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/clock.h"
#include "collector/status.h"
#include "flow/names.h"

namespace weir {
namespace {

constexpr std::size_t kNameWidth = 22;

using Out = std::back_insert_iterator<std::string>;

std::string duration(std::uint64_t ns) {
  const std::uint64_t seconds = ns / kNsPerSecond;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string mebibytes(std::size_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

std::uint64_t since(std::uint64_t now_ns, std::uint64_t then_ns) { return now_ns > then_ns ? now_ns - then_ns : 0; }

template <typename Reason>
void write_account(Out out, std::string_view what, const Account<Reason>& account) {
  if (what.size() > kNameWidth) {  // a line of its own keeps the columns in line
    fmt::format_to(out, "  {}\n", what);
    what = {};
  }
  fmt::format_to(out, "  {:<22}{:>16} in {:>16} out {:>12} held {:>12} dropped\n", what, account.in, account.out,
                 account.held, account.dropped_total());
  for (std::size_t i = 0; i < Account<Reason>::kReasons; ++i) {
    if (account.dropped[i] == 0) continue;
    fmt::format_to(out, "    {:<20}{:>67}\n", reason_name(static_cast<Reason>(i)), account.dropped[i]);
  }
}

void write_head(Out out, const CollectorStatus& status) {
  std::size_t templates = 0;
  std::size_t held = 0;
  for (const LaneStatus& lane : status.lanes) {
    templates += lane.template_memory;
    held += lane.held_memory;
  }
  fmt::format_to(out, "weir {} collecting for {}, memory {} (templates {}, waiting for templates {})\n\n",
                 status.version, duration(since(status.now_ns, status.started_ns)), mebibytes(status.resident_bytes),
                 mebibytes(templates), mebibytes(held));
}

void write_totals(Out out, const CollectorStatus& status) {
  const ExporterStats totals = status.totals();
  fmt::format_to(out, "Totals\n");
  write_account(out, "datagrams, messages", status.arrivals());
  write_account(out, "sets", totals.sets);
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

void write_listeners(Out out, const CollectorStatus& status) {
  fmt::format_to(out, "\nListeners\n");
  for (const SocketStatus& socket : status.sockets) {
    fmt::format_to(out, "  {:<30} worker {:<4}{:>14} datagrams {:>12} dropped by the kernel, buffer {}\n",
                   "udp " + socket.local, socket.worker, socket.datagrams, socket.kernel_drops,
                   mebibytes(socket.buffer_bytes));
  }
  for (const std::string& listener : status.tcp.listeners) fmt::format_to(out, "  {}\n", "tcp " + listener);
  if (!status.tcp.listeners.empty()) write_account(out, "connections", status.tcp.connections);
}

void write_exporters(Out out, const CollectorStatus& status, std::size_t top) {
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
                   duration(since(status.now_ns, one.last_seen_ns)), one.name.empty() ? "" : "  " + one.name);
  }
}

void write_sinks(Out out, const CollectorStatus& status) {
  fmt::format_to(out, "\nSinks (flows)\n");
  for (const SinkStatus& sink : status.sinks) {
    write_account(out, sink.name, sink.flows);
    if (!sink.last_error.empty()) fmt::format_to(out, "    error: {}\n", sink.last_error);
  }
}

void write_balance(Out out, const CollectorStatus& status) {
  if (!status.state_error.empty()) fmt::format_to(out, "\nState is not saved: {}\n", status.state_error);
  const std::vector<std::string> wrong = status.imbalances();
  if (wrong.empty()) {
    fmt::format_to(
        out, "\nThe ledger balances: everything that arrived is delivered, held, or dropped for a reason above.\n");
    return;
  }
  fmt::format_to(out, "\nTHE LEDGER DOES NOT BALANCE:\n");
  for (const std::string& one : wrong) fmt::format_to(out, "  {}\n", one);
}

}  // namespace

std::string status_text(const CollectorStatus& status, std::size_t top) {
  std::string text;
  const Out out(text);
  write_head(out, status);
  write_totals(out, status);
  write_listeners(out, status);
  write_exporters(out, status, top);
  write_sinks(out, status);
  write_balance(out, status);
  return text;
}

}  // namespace weir
