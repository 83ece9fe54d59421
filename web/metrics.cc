#include "web/metrics.h"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "flow/names.h"
#include "web/metric_families.h"

namespace weir {
namespace {

// What collector and exporter have in common.
template <typename Status>
void add_process(Families& families, const Status& status) {
  set(families.gauge("weir_info", "Always 1; the version of this weir."), 1, {{"version", status.version}});
  set(families.gauge("weir_start_time_seconds", "Unix time at which weir started."), status.started_ns / kNsPerSecond);
  set(families.gauge("weir_resident_memory_bytes", "Memory that the process has resident."), status.resident_bytes);
  set(families.gauge("weir_ledger_imbalances", "Equations of the ledger that do not hold; anything but 0 is a bug."),
      status.imbalances().size());
}

void add_sockets(Families& families, const CollectorStatus& status) {
  MetricFamily& datagrams =
      families.counter("weir_udp_received_datagrams_total", "Datagrams received, by listening socket.");
  MetricFamily& bytes = families.counter("weir_udp_received_bytes_total", "Payload bytes of datagrams received.");
  MetricFamily& drops = families.counter("weir_udp_kernel_drops_total",
                                         "Datagrams that the kernel dropped for want of room in the socket's buffer.");
  MetricFamily& queued = families.gauge("weir_udp_queued_bytes", "Memory of datagrams waiting in the kernel.");
  MetricFamily& buffer = families.gauge("weir_udp_buffer_bytes", "Receive buffer granted by the kernel.");
  for (const SocketStatus& socket : status.sockets) {
    const Labels labels{{"listener", socket.local}, {"worker", socket.worker}};
    set(datagrams, socket.datagrams, labels);
    set(bytes, socket.bytes, labels);
    set(drops, socket.kernel_drops, labels);
    set(queued, socket.queued_bytes, labels);
    set(buffer, socket.buffer_bytes, labels);
  }
}

void add_workers(Families& families, const CollectorStatus& status) {
  MetricFamily& arrived = families.counter("weir_messages_arrived_total",
                                           "Export messages that arrived, those dropped by the kernel included.");
  MetricFamily& decoded = families.counter("weir_messages_decoded_total", "Export messages decoded.");
  MetricFamily& dropped =
      families.counter("weir_messages_dropped_total", "Export messages that gave nothing, by reason.");
  MetricFamily& flows = families.counter("weir_flows_decoded_total", "Flow records decoded.");
  MetricFamily& published = families.counter("weir_flows_published_total", "Flow records handed to the sinks.");
  MetricFamily& pending = families.gauge("weir_flows_pending", "Flow records decoded, in a batch not yet handed on.");
  MetricFamily& templates = families.gauge("weir_template_memory_bytes", "Memory of templates.");
  MetricFamily& held = families.gauge("weir_held_memory_bytes", "Memory of sets that wait for their template.");
  for (const LaneStatus& lane : status.lanes) {
    const Labels labels{{"worker", lane.name}};
    set(arrived, lane.arrivals.in, labels);
    set(decoded, lane.arrivals.out, labels);
    set_reasons(dropped, lane.arrivals, labels);
    set(flows, lane.totals.flows, labels);
    set(published, lane.flows_published, labels);
    set(pending, lane.flows_pending, labels);
    set(templates, lane.template_memory, labels);
    set(held, lane.held_memory, labels);
  }
}

void add_connections(Families& families, const CollectorStatus& status) {
  if (status.tcp.listeners.empty()) return;
  const Account<ConnectionDrop>& connections = status.tcp.connections;
  set(families.counter("weir_tcp_connections_total", "TCP connections accepted."), connections.in);
  set(families.gauge("weir_tcp_connections_open", "TCP connections open now."), connections.held);
  set_reasons(families.counter("weir_tcp_connections_dropped_total",
                               "TCP connections that ended otherwise than by their exporter's orderly close."),
              connections, {});
}

// What sinks tell that must have their records confirmed.
struct DeliveryFamilies {
  explicit DeliveryFamilies(Families& families)
      : spooled(families.gauge("weir_sink_spooled_flows", "Flow records in the spool.")),
        spool_bytes(families.gauge("weir_sink_spool_bytes", "Bytes of the spool's files.")),
        retries(families.counter("weir_sink_retries_total", "Requests that had to be sent again.")),
        resent(families.counter("weir_sink_resent_flows_total",
                                "Flow records sent again after a request that may have been taken.")),
        dead_letters(families.counter("weir_sink_dead_letter_flows_total", "Flow records in the dead-letter file.")),
        recovered(families.counter("weir_sink_recovered_flows_total", "Flow records of an earlier run's spool.")),
        recovered_out(families.counter("weir_sink_recovered_delivered_flows_total", "Those that are confirmed.")),
        recovered_held(families.gauge("weir_sink_recovered_queued_flows", "Those still to be delivered.")),
        recovered_dropped(families.counter("weir_sink_recovered_dropped_flows_total", "Those dropped, by reason.")) {}

  void set_all(const DeliveryStatus& delivery, const Labels& labels) const {
    set(spooled, delivery.spooled_flows, labels);
    set(spool_bytes, delivery.spooled_bytes, labels);
    set(retries, delivery.retries, labels);
    set(resent, delivery.resent_flows, labels);
    set(dead_letters, delivery.dead_letters, labels);
    set(recovered, delivery.recovered.in, labels);
    set(recovered_out, delivery.recovered.out, labels);
    set(recovered_held, delivery.recovered.held, labels);
    set_reasons(recovered_dropped, delivery.recovered, labels);
  }

  MetricFamily &spooled, &spool_bytes, &retries, &resent, &dead_letters, &recovered, &recovered_out, &recovered_held,
      &recovered_dropped;
};

void add_sinks(Families& families, std::span<const SinkStatus> sinks) {
  MetricFamily& in = families.counter("weir_sink_flows_total", "Flow records handed to a sink.");
  MetricFamily& out = families.counter("weir_sink_delivered_flows_total", "Flow records written or confirmed.");
  MetricFamily& held = families.gauge("weir_sink_queued_flows", "Flow records queued or in flight.");
  MetricFamily& dropped = families.counter("weir_sink_dropped_flows_total", "Flow records dropped, by reason.");
  MetricFamily& bytes = families.counter("weir_sink_bytes_total", "Bytes made of flow records, before compression.");
  MetricFamily& failing = families.gauge("weir_sink_failing", "1 while the sink is in trouble.");
  const DeliveryFamilies delivery(families);
  std::map<std::string, int> named;
  for (const SinkStatus& sink : sinks) {
    const int same = ++named[sink.name];  // a series must not come twice, a sink may
    const Labels labels{{"sink", same == 1 ? sink.name : sink.name + " #" + std::to_string(same)}};
    set(in, sink.flows.in, labels);
    set(out, sink.flows.out, labels);
    set(held, sink.flows.held, labels);
    set_reasons(dropped, sink.flows, labels);
    set(bytes, sink.bytes_out, labels);
    set(failing, sink.last_error.empty() ? 0 : 1, labels);
    if (sink.delivery) delivery.set_all(*sink.delivery, labels);
  }
}

void add_relays(Families& families, const CollectorStatus& status) {
  if (status.relays.empty()) return;
  MetricFamily& in = families.counter("weir_relay_datagrams_total", "Datagrams received that a relay is to forward.");
  MetricFamily& out = families.counter("weir_relay_forwarded_datagrams_total", "Datagrams that a relay forwarded.");
  MetricFamily& dropped =
      families.counter("weir_relay_dropped_datagrams_total", "Datagrams that a relay could not forward, by reason.");
  for (const RelayStatus& relay : status.relays) {
    const Labels labels{{"relay", relay.name}};
    set(in, relay.datagrams.in, labels);
    set(out, relay.datagrams.out, labels);
    set_reasons(dropped, relay.datagrams, labels);
  }
}

void add_enrichment(Families& families, const EnrichmentStatus& enrichment, std::uint64_t now_ns) {
  if (enrichment.files.empty()) return;
  set(families.counter("weir_enriched_flows_total", "Flow records that went through enrichment."), enrichment.flows);
  set(families.counter("weir_enrichment_lookups_total", "Addresses looked up because no cache knew them."),
      enrichment.lookups);
  set(families.counter("weir_enrichment_dropped_places_total",
                       "Ends of flows that went without enrichment because their batch had no room for it."),
      enrichment.places_dropped);
  MetricFamily& built = families.gauge("weir_enrichment_build_time_seconds",
                                       "Unix time at which a database was built, or a networks file changed.");
  MetricFamily& age = families.gauge("weir_enrichment_age_seconds", "Seconds since then.");
  MetricFamily& loads = families.counter("weir_enrichment_loads_total", "Times a file was taken into use.");
  MetricFamily& refused = families.counter("weir_enrichment_refused_total",
                                           "Times a changed file was refused and the one before stayed in use.");
  MetricFamily& failing = families.gauge("weir_enrichment_failing", "1 while the file as it is now is not in use.");
  const std::uint64_t now = now_ns / kNsPerSecond;
  for (const EnrichmentFile& file : enrichment.files) {
    const Labels labels{{"file", file.file}, {"type", file.type}};
    set(built, file.build_time, labels);
    set(age, now > file.build_time ? now - file.build_time : 0, labels);
    set(loads, file.loads, labels);
    set(refused, file.refused, labels);
    set(failing, file.last_error.empty() ? 0 : 1, labels);
  }
}

// A number that each exporter has, and how its metric is called.
struct ExporterMetric {
  MetricType type;
  const char* name;
  const char* help;
  std::uint64_t (*value)(const ExporterStats&);
};

constexpr ExporterMetric kExporterMetrics[] = {
    {MetricType::kCounter, "weir_exporter_messages_total", "Export messages, by exporter.",
     [](const ExporterStats& e) { return e.messages; }},
    {MetricType::kCounter, "weir_exporter_bytes_total", "Bytes of export messages, by exporter.",
     [](const ExporterStats& e) { return e.bytes; }},
    {MetricType::kCounter, "weir_exporter_flows_total", "Flow records decoded, by exporter.",
     [](const ExporterStats& e) { return e.flows; }},
    {MetricType::kCounter, "weir_exporter_options_records_total", "Options records decoded, by exporter.",
     [](const ExporterStats& e) { return e.options_records; }},
    {MetricType::kCounter, "weir_exporter_borrowed_flows_total",
     "Flow records decoded by the template of the exporter's earlier session.",
     [](const ExporterStats& e) { return e.borrowed_flows; }},
    {MetricType::kCounter, "weir_exporter_sets_total", "Sets that came, by exporter.",
     [](const ExporterStats& e) { return e.sets.in; }},
    {MetricType::kGauge, "weir_exporter_held_sets", "Sets that wait for their template.",
     [](const ExporterStats& e) { return e.sets.held; }},
    {MetricType::kCounter, "weir_exporter_records_missing_total",
     "Records that message headers announced beyond those that were there.",
     [](const ExporterStats& e) { return e.records_missing; }},
    {MetricType::kCounter, "weir_exporter_trailing_bytes_total",
     "Bytes in datagrams beyond the message's stated length.", [](const ExporterStats& e) { return e.trailing_bytes; }},
    {MetricType::kCounter, "weir_exporter_extras_dropped_total", "Records too large to keep every element of.",
     [](const ExporterStats& e) { return e.extras_dropped; }},
    {MetricType::kCounter, "weir_exporter_sequence_late_total", "Messages that came late, but came.",
     [](const ExporterStats& e) { return e.sequence.reordered; }},
    {MetricType::kCounter, "weir_exporter_sequence_resets_total", "Restarts of the exporter's sequence numbers.",
     [](const ExporterStats& e) { return e.sequence.resets; }},
    {MetricType::kGauge, "weir_exporter_templates", "Templates in force.",
     [](const ExporterStats& e) { return std::uint64_t{e.templates}; }},
    {MetricType::kGauge, "weir_exporter_sessions", "Transport sessions.",
     [](const ExporterStats& e) { return std::uint64_t{e.sessions}; }},
    {MetricType::kGauge, "weir_exporter_last_seen_seconds", "Unix time of the last message.",
     [](const ExporterStats& e) { return e.last_seen_ns / kNsPerSecond; }},
};

struct LabelledExporter {
  ExporterStats stats;
  Labels labels;
};

std::vector<LabelledExporter> bounded(const std::vector<ExporterStats>& exporters, std::size_t most) {
  std::vector<LabelledExporter> labelled;
  const std::size_t named = std::min(most, exporters.size());
  for (const ExporterStats& one : std::span(exporters).first(named)) {
    labelled.push_back({one,
                        {{"exporter", one.address.to_string()},
                         {"domain", std::to_string(one.observation_domain_id)},
                         {"type", std::string(flow_type_name(one.protocol))}}});
  }
  if (named == exporters.size()) return labelled;
  ExporterStats rest;
  for (const ExporterStats& one : std::span(exporters).subspan(named)) {
    add_counters(rest, one);
    rest.last_seen_ns = std::max(rest.last_seen_ns, one.last_seen_ns);
  }
  labelled.push_back({rest, {{"exporter", "other"}, {"domain", ""}, {"type", ""}}});
  return labelled;
}

void add_exporters(Families& families, const std::vector<LabelledExporter>& exporters) {
  for (const ExporterMetric& metric : kExporterMetrics) {
    MetricFamily& family = families.add(metric.type, metric.name, metric.help);
    for (const LabelledExporter& one : exporters) set(family, metric.value(one.stats), one.labels);
  }
  MetricFamily& dropped = families.counter("weir_exporter_sets_dropped_total",
                                           "Sets that gave nothing or not all, by exporter and reason.");
  MetricFamily& lost = families.counter("weir_exporter_sequence_lost_total",
                                        "Lost on the way, by gaps in sequence numbers, in the unit they count.");
  for (const LabelledExporter& one : exporters) {
    set_reasons(dropped, one.stats.sets, one.labels);
    Labels with_unit = one.labels;
    with_unit.push_back({"unit", std::string(one.stats.sequence_unit)});
    set(lost, one.stats.sequence.lost, std::move(with_unit));
  }
}

void add_interfaces(Families& families, const ExporterStatus& status) {
  MetricFamily& captured =
      families.counter("weir_capture_packets_total", "Packets that passed the filter, those dropped included.");
  MetricFamily& taken = families.counter("weir_capture_taken_packets_total", "Packets taken from the ring.");
  MetricFamily& dropped =
      families.counter("weir_capture_dropped_packets_total", "Packets that were not captured, by reason.");
  MetricFamily& super_packets = families.counter(
      "weir_capture_super_packets_total", "Packets that the kernel or the network card had put together of several.");
  MetricFamily& up = families.gauge("weir_interface_up", "1 while the interface is there and up.");
  for (const InterfaceStatus& one : status.interfaces) {
    const Labels labels{{"interface", one.name}};
    set(captured, one.stats.packets.in, labels);
    set(taken, one.stats.packets.out, labels);
    set_reasons(dropped, one.stats.packets, labels);
    set(super_packets, one.stats.super_packets, labels);
    set(up, one.up ? 1 : 0, labels);
  }
}

void add_metering(Families& families, const ExporterStatus& status) {
  const MeterStatus meter = status.metered();
  set(families.counter("weir_metered_packets_total", "Packets on the wire that were counted into flows."),
      meter.wire_packets);
  set(families.counter("weir_metered_bytes_total", "IP octets that were counted into flows."), meter.bytes);
  set_reasons(families.counter("weir_metering_dropped_packets_total", "Packets that no flow counts, by reason."),
              meter.packets, {});
  set(families.counter("weir_flows_created_total", "Flows since the start."), meter.flows_created);
  set(families.gauge("weir_flows_active", "Flows under way."), meter.flows_active);
  set(families.gauge("weir_flows_max", "Flows that the table has room for."), meter.max_flows);
  set(families.counter("weir_flow_table_emergencies_total", "How often the flow table came near its limit."),
      meter.emergencies);
  MetricFamily& records = families.counter("weir_flow_records_total", "Flow records written, by why.");
  for (std::size_t i = 0; i < meter.records.size(); ++i) {
    set(records, meter.records[i], {{"reason", std::string(reason_name(static_cast<FlowEnd>(i)))}});
  }
  set(families.counter("weir_flows_published_total", "Flow records handed to the sinks."), status.flows_published());
  set(families.gauge("weir_flows_pending", "Flow records in a batch not yet handed on."), status.flows_pending());
}

}  // namespace

std::string metrics_text(const CollectorStatus& status, std::size_t max_exporters) {
  Families families;
  add_process(families, status);
  add_sockets(families, status);
  add_workers(families, status);
  add_connections(families, status);
  add_relays(families, status);
  add_sinks(families, status.sinks);
  add_enrichment(families, status.enrichment, status.now_ns);
  set(families.gauge("weir_exporters", "Exporters known, counted by address, domain and protocol."),
      status.exporters.size());
  add_exporters(families, bounded(status.exporters, max_exporters));
  return families.text();
}

std::string metrics_text(const ExporterStatus& status) {
  Families families;
  add_process(families, status);
  add_interfaces(families, status);
  add_metering(families, status);
  add_sinks(families, status.sinks);
  add_enrichment(families, status.enrichment, status.now_ns);
  return families.text();
}

}  // namespace weir
