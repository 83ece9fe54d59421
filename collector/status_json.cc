#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "collector/status.h"
#include "flow/names.h"

namespace weir {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void key(Json& json, std::string_view name) { json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }

void text(Json& json, std::string_view name, std::string_view value) {
  key(json, name);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void number(Json& json, std::string_view name, std::uint64_t value) {
  key(json, name);
  json.Uint64(value);
}

// {"in":…,"out":…,"held":…,"dropped":{"reason":…}}, zero reasons included.
template <typename Reason>
void account(Json& json, std::string_view name, const Account<Reason>& numbers) {
  key(json, name);
  json.StartObject();
  number(json, "in", numbers.in);
  number(json, "out", numbers.out);
  number(json, "held", numbers.held);
  key(json, "dropped");
  json.StartObject();
  for (std::size_t i = 0; i < Account<Reason>::kReasons; ++i) {
    number(json, reason_name(static_cast<Reason>(i)), numbers.dropped[i]);
  }
  json.EndObject();
  json.EndObject();
}

template <typename Items, typename Write>
void array(Json& json, std::string_view name, const Items& items, Write write) {
  key(json, name);
  json.StartArray();
  for (const auto& item : items) {
    json.StartObject();
    write(item);
    json.EndObject();
  }
  json.EndArray();
}

void counters(Json& json, const ExporterStats& stats) {
  number(json, "messages", stats.messages);
  number(json, "bytes", stats.bytes);
  number(json, "flows", stats.flows);
  number(json, "options_records", stats.options_records);
  number(json, "borrowed_flows", stats.borrowed_flows);
  number(json, "biflows", stats.biflows);
  number(json, "extras_dropped", stats.extras_dropped);
  number(json, "records_missing", stats.records_missing);
  number(json, "trailing_bytes", stats.trailing_bytes);
  account(json, "sets", stats.sets);
  number(json, "sequence_lost", stats.sequence.lost);
  number(json, "sequence_reordered", stats.sequence.reordered);
  number(json, "sequence_resets", stats.sequence.resets);
  number(json, "templates", stats.templates);
  number(json, "sessions", stats.sessions);
}

void exporter_fields(Json& json, const ExporterStats& exporter) {
  text(json, "exporter", exporter.address.to_string());
  number(json, "observation_domain_id", exporter.observation_domain_id);
  text(json, "type", flow_type_name(exporter.protocol));
  text(json, "name", exporter.name);
  number(json, "first_seen_ns", exporter.first_seen_ns);
  number(json, "last_seen_ns", exporter.last_seen_ns);
  number(json, "sampling_rate", exporter.sampling_rate);
  text(json, "sequence_unit", exporter.sequence_unit);
  counters(json, exporter);
}

void socket_fields(Json& json, const SocketStatus& socket) {
  text(json, "listener", socket.listener);
  text(json, "local", socket.local);
  text(json, "worker", socket.worker);
  number(json, "datagrams", socket.datagrams);
  number(json, "bytes", socket.bytes);
  number(json, "kernel_drops", socket.kernel_drops);
  number(json, "buffer_bytes", socket.buffer_bytes);
  number(json, "queued_bytes", socket.queued_bytes);
}

void lane_fields(Json& json, const LaneStatus& lane) {
  text(json, "worker", lane.name);
  account(json, "messages", lane.arrivals);
  number(json, "bytes", lane.bytes);
  number(json, "flows_decoded", lane.totals.flows);
  number(json, "flows_to_sinks", lane.flows_published);
  number(json, "flows_in_open_batch", lane.flows_pending);
  number(json, "template_memory_bytes", lane.template_memory);
  number(json, "held_memory_bytes", lane.held_memory);
}

void sink_fields(Json& json, const SinkStatus& sink) {
  text(json, "sink", sink.name);
  account(json, "flows", sink.flows);
  number(json, "bytes_out", sink.bytes_out);
  text(json, "last_error", sink.last_error);
}

void tcp_fields(Json& json, const TcpStatus& tcp) {
  key(json, "listeners");
  json.StartArray();
  for (const std::string& listener : tcp.listeners) json.String(listener.c_str());
  json.EndArray();
  account(json, "connections", tcp.connections);
}

}  // namespace

std::string status_json(const CollectorStatus& status) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "version", status.version);
  number(json, "started_ns", status.started_ns);
  number(json, "now_ns", status.now_ns);
  number(json, "resident_bytes", status.resident_bytes);
  text(json, "state_error", status.state_error);
  account(json, "messages", status.arrivals());
  key(json, "decoded");
  json.StartObject();
  counters(json, status.totals());
  json.EndObject();
  number(json, "flows_to_sinks", status.flows_published());
  number(json, "flows_in_open_batch", status.flows_pending());
  key(json, "imbalances");
  json.StartArray();
  for (const std::string& wrong : status.imbalances()) json.String(wrong.c_str());
  json.EndArray();
  array(json, "sockets", status.sockets, [&](const SocketStatus& socket) { socket_fields(json, socket); });
  key(json, "tcp");
  json.StartObject();
  tcp_fields(json, status.tcp);
  json.EndObject();
  array(json, "workers", status.lanes, [&](const LaneStatus& lane) { lane_fields(json, lane); });
  array(json, "sinks", status.sinks, [&](const SinkStatus& sink) { sink_fields(json, sink); });
  array(json, "exporters", status.exporters, [&](const ExporterStats& one) { exporter_fields(json, one); });
  json.EndObject();
  return std::string(out.GetString(), out.GetSize()) + "\n";
}

}  // namespace weir
