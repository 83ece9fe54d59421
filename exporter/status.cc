#include "exporter/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json_text.h"
#include "base/status_json.h"
#include "base/status_text.h"
#include "sinks/sink_status.h"

namespace weir {
namespace {

// The most packets that a source hands over at once.
constexpr std::uint64_t kMostInHand = 1 << 16;

std::string_view link_name(LinkType type) {
  switch (type) {
    case LinkType::kEthernet: return "Ethernet";
    case LinkType::kLinuxSll:
    case LinkType::kLinuxSll2: return "cooked";
    default: return "IP";
  }
}

void write_interfaces(std::string& text, const ExporterStatus& status) {
  text += "Interfaces (packets)\n";
  for (const InterfaceStatus& one : status.interfaces) {
    append_account(text, one.name, one.stats.packets);
    if (one.stats.super_packets != 0) {
      fmt::format_to(std::back_inserter(text), "    {:<20}{:>67}\n", "super-packets", one.stats.super_packets);
    }
    if (!one.up) text += "    not there or down; it is captured again when it comes back\n";
    if (!one.advice.empty())
      text += "    " + one.offloads + " distorts packet counts; turn it off: " + one.advice + "\n";
    if (!one.last_error.empty()) text += "    error: " + one.last_error + "\n";
  }
}

void write_metering(std::string& text, const ExporterStatus& status) {
  const auto out = std::back_inserter(text);
  const MeterStatus meter = status.metered();
  text += "\nMetering\n";
  append_account(text, "packets", meter.packets);
  fmt::format_to(out, "  {:<22}{:>16} on the wire {:>14} IP octets {:>12} fragments\n", "counted into flows",
                 meter.wire_packets, meter.bytes, meter.fragments);
  if (meter.incomplete != 0) {
    fmt::format_to(out, "  {:<22}{:>16} cut or malformed behind their IP header\n", "of them", meter.incomplete);
  }
  fmt::format_to(out, "  {:<22}{:>16} active of at most {:>8}, {} since the start\n", "flows", meter.flows_active,
                 meter.max_flows, meter.flows_created);
  fmt::format_to(out, "  {:<22}{:>16} to sinks {:>17} in an open batch\n", "records", status.flows_published(),
                 status.flows_pending());
  for (std::size_t i = 0; i < meter.records.size(); ++i) {
    if (meter.records[i] == 0) continue;
    fmt::format_to(out, "    {:<20}{:>16}\n", reason_name(static_cast<FlowEnd>(i)), meter.records[i]);
  }
  if (meter.emergencies != 0) {
    fmt::format_to(out, "  {:<22}{:>16} times; raise --max-flows\n", "flow table nearly full", meter.emergencies);
  }
  if (meter.clock_corrections != 0) {
    fmt::format_to(out, "  {:<22}{:>16} far from the clock, replaced\n", "packet times", meter.clock_corrections);
  }
  for (const MeteringStatus& one : status.meters) {
    if (!one.error.empty()) text += "  error: " + one.error + "\n";
  }
}

void meter_fields(JsonText& json, const MeterStatus& meter) {
  json.account("packets", meter.packets);
  json.number("wire_packets", meter.wire_packets);
  json.number("bytes", meter.bytes);
  json.number("fragments", meter.fragments);
  json.number("incomplete", meter.incomplete);
  json.number("clock_corrections", meter.clock_corrections);
  json.number("flows_created", meter.flows_created);
  json.number("flows_active", meter.flows_active);
  json.number("max_flows", meter.max_flows);
  json.number("emergencies", meter.emergencies);
  json.begin_object("records");
  for (std::size_t i = 0; i < meter.records.size(); ++i) {
    json.number(reason_name(static_cast<FlowEnd>(i)), meter.records[i]);
  }
  json.end_object();
}

}  // namespace

CaptureStats ExporterStatus::captured() const {
  CaptureStats sum;
  for (const InterfaceStatus& one : interfaces) sum += one.stats;
  return sum;
}

MeterStatus ExporterStatus::metered() const {
  MeterStatus sum;
  for (const MeteringStatus& one : meters) sum += one.meter;
  return sum;
}

std::uint64_t ExporterStatus::flows_published() const {
  std::uint64_t sum = 0;
  for (const MeteringStatus& one : meters) sum += one.flows_published;
  return sum;
}

std::uint64_t ExporterStatus::flows_pending() const {
  std::uint64_t sum = 0;
  for (const MeteringStatus& one : meters) sum += one.flows_pending;
  return sum;
}

std::vector<std::string> ExporterStatus::imbalances() const {
  std::vector<std::string> wrong;
  for (const InterfaceStatus& one : interfaces) check_balance(wrong, "packets at " + one.name, one.stats.packets);
  if (in_hand() > kMostInHand * meters.size()) {
    check_equal(wrong, "packets handed over", captured().packets.out, metered().packets.in);
  }
  for (const MeteringStatus& one : meters) {
    check_balance(wrong, "packets at thread " + one.name, one.meter.packets);
    std::uint64_t records = 0;
    for (const std::uint64_t n : one.meter.records) records += n;
    check_equal(wrong, "records of thread " + one.name, records, one.flows_published + one.flows_pending);
  }
  check_sinks(wrong, flows_published(), sinks);
  return wrong;
}

bool ExporterStatus::ready() const {
  return std::ranges::any_of(interfaces, [](const InterfaceStatus& one) { return one.up; }) &&
         std::ranges::all_of(meters, [](const MeteringStatus& one) { return one.error.empty(); }) &&
         std::ranges::all_of(sinks, [](const SinkStatus& sink) { return sink.last_error.empty(); });
}

std::string status_text(const ExporterStatus& status) {
  std::string text =
      fmt::format("weir {} exporting for {}, memory {}\n\n", status.version,
                  duration_text(elapsed_ns(status.now_ns, status.started_ns)), mebibytes_text(status.resident_bytes));
  write_interfaces(text, status);
  write_metering(text, status);
  append_sinks(text, status.sinks);
  append_enrichment(text, status.enrichment, status.now_ns);
  append_balance(text, status.imbalances());
  return text;
}

std::string status_json(const ExporterStatus& status) {
  JsonText json;
  begin_status(json, "exporter", status);
  json.objects("interfaces", status.interfaces, [&](const InterfaceStatus& one) {
    json.text("name", one.name);
    json.number("index", one.index);
    json.flag("up", one.up);
    json.text("link", link_name(one.link_type));
    json.account("packets", one.stats.packets);
    json.number("super_packets", one.stats.super_packets);
    json.number("freezes", one.stats.freezes);
    json.text("offloads", one.offloads);
    json.text("advice", one.advice);
    json.text("last_error", one.last_error);
  });
  json.number("packets_in_hand", status.in_hand());
  json.begin_object("metering");
  meter_fields(json, status.metered());
  json.end_object();
  json.number("flows_to_sinks", status.flows_published());
  json.number("flows_in_open_batch", status.flows_pending());
  json.objects("threads", status.meters, [&](const MeteringStatus& one) {
    json.text("thread", one.name);
    json.text("error", one.error);
    meter_fields(json, one.meter);
  });
  write_sinks(json, status.sinks);
  write_enrichment(json, status.enrichment, status.now_ns);
  json.items("imbalances", status.imbalances());
  json.end_object();
  return json.take();
}

}  // namespace weir
