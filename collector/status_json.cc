#include "base/status_json.h"

#include "base/json_text.h"
#include "collector/status.h"
#include "flow/names.h"
#include "sinks/sink_status.h"

namespace weir {
namespace {

void counters(JsonText& json, const ExporterStats& stats) {
  json.number("messages", stats.messages);
  json.number("bytes", stats.bytes);
  json.number("flows", stats.flows);
  json.number("options_records", stats.options_records);
  json.number("borrowed_flows", stats.borrowed_flows);
  json.number("biflows", stats.biflows);
  json.number("extras_dropped", stats.extras_dropped);
  json.number("records_missing", stats.records_missing);
  json.number("trailing_bytes", stats.trailing_bytes);
  json.account("sets", stats.sets);
  json.number("sequence_lost", stats.sequence.lost);
  json.number("sequence_reordered", stats.sequence.reordered);
  json.number("sequence_resets", stats.sequence.resets);
  json.number("templates", stats.templates);
  json.number("sessions", stats.sessions);
}

void exporter_fields(JsonText& json, const ExporterStats& exporter) {
  json.text("exporter", exporter.address.to_string());
  json.number("observation_domain_id", exporter.observation_domain_id);
  json.text("type", flow_type_name(exporter.protocol));
  json.text("name", exporter.name);
  json.number("first_seen_ns", exporter.first_seen_ns);
  json.number("last_seen_ns", exporter.last_seen_ns);
  json.number("last_export_ns", exporter.last_export_ns);
  json.number("sampling_rate", exporter.sampling_rate);
  json.text("sequence_unit", exporter.sequence_unit);
  counters(json, exporter);
}

void socket_fields(JsonText& json, const SocketStatus& socket) {
  json.text("listener", socket.listener);
  json.text("local", socket.local);
  json.text("worker", socket.worker);
  json.number("datagrams", socket.datagrams);
  json.number("bytes", socket.bytes);
  json.number("kernel_drops", socket.kernel_drops);
  json.number("buffer_bytes", socket.buffer_bytes);
  json.number("queued_bytes", socket.queued_bytes);
}

void lane_fields(JsonText& json, const LaneStatus& lane) {
  json.text("worker", lane.name);
  json.account("messages", lane.arrivals);
  json.number("bytes", lane.bytes);
  json.number("flows_decoded", lane.totals.flows);
  json.number("flows_to_sinks", lane.flows_published);
  json.number("flows_in_open_batch", lane.flows_pending);
  json.number("template_memory_bytes", lane.template_memory);
  json.number("held_memory_bytes", lane.held_memory);
}

void tcp_fields(JsonText& json, const TcpStatus& tcp) {
  json.items("listeners", tcp.listeners);
  json.account("connections", tcp.connections);
}

}  // namespace

std::string status_json(const CollectorStatus& status) {
  JsonText json;
  begin_status(json, "collector", status);
  json.text("state_error", status.state_error);
  json.account("messages", status.arrivals());
  json.begin_object("decoded");
  counters(json, status.totals());
  json.end_object();
  json.number("flows_to_sinks", status.flows_published());
  json.number("flows_in_open_batch", status.flows_pending());
  json.items("imbalances", status.imbalances());
  json.objects("sockets", status.sockets, [&](const SocketStatus& socket) { socket_fields(json, socket); });
  json.begin_object("tcp");
  tcp_fields(json, status.tcp);
  json.end_object();
  json.objects("workers", status.lanes, [&](const LaneStatus& lane) { lane_fields(json, lane); });
  json.objects("relays", status.relays, [&](const RelayStatus& relay) {
    json.text("relay", relay.name);
    json.flag("keeps_source", relay.keeps_source);
    json.account("datagrams", relay.datagrams);
  });
  write_sinks(json, status.sinks);
  write_enrichment(json, status.enrichment, status.now_ns);
  json.objects("exporters", status.exporters, [&](const ExporterStats& one) { exporter_fields(json, one); });
  json.end_object();
  return json.take();
}

}  // namespace weir
