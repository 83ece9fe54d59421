// Answers as JSON, in the shape of goQuery's.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <array>

#include "base/clock.h"
#include "query/human.h"
#include "query/json_text.h"
#include "query/print.h"
#include "query/value_text.h"

namespace weir {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void write_key(Json& json, std::string_view key) { json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

void write_text(Json& json, std::string_view text) {
  const std::string quoted = json_string(text);
  json.RawValue(quoted.data(), quoted.size(), rapidjson::kStringType);
}

void write_member(Json& json, std::string_view key, std::string_view text) {
  write_key(json, key);
  write_text(json, text);
}

void write_member(Json& json, std::string_view key, std::uint64_t number) {
  write_key(json, key);
  json.Uint64(number);
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "";
}

void write_counters(Json& json, const FlowCounters& counters) {
  json.StartObject();
  write_member(json, "br", counters.in_bytes);
  write_member(json, "bs", counters.out_bytes);
  write_member(json, "pr", counters.in_packets);
  write_member(json, "ps", counters.out_packets);
  json.EndObject();
}

void write_status(Json& json, const QueryResult& result) {
  std::string message;
  for (const std::string& warning : result.warnings) message += (message.empty() ? "" : "; ") + warning;
  if (message.empty() && result.rows.empty()) message = "query returned no results";
  write_key(json, "status");
  json.StartObject();
  write_member(json, "code", !result.warnings.empty() ? "missing data" : result.rows.empty() ? "empty" : "ok");
  if (!message.empty()) write_member(json, "message", message);
  json.EndObject();
}

void write_stats(Json& json, const QueryStats& stats) {
  write_key(json, "stats");
  json.StartObject();
  write_member(json, "segments", stats.segments);
  write_member(json, "segments_pruned", stats.segments_pruned);
  write_member(json, "blocks", stats.blocks);
  write_member(json, "blocks_pruned", stats.blocks_pruned);
  write_member(json, "rows", stats.rows);
  write_member(json, "rows_matched", stats.rows_matched);
  write_member(json, "bytes_read", stats.bytes_read);
  write_member(json, "groups", stats.groups);
  write_member(json, "memory", stats.memory);
  write_member(json, "threads", stats.threads);
  json.EndObject();
}

void write_summary(Json& json, const QueryResult& result) {
  const auto duration = static_cast<std::uint64_t>(result.stats.duration.count());
  write_key(json, "summary");
  json.StartObject();
  write_key(json, "interfaces");
  json.StartArray();
  for (const std::string& interface : result.interfaces) write_text(json, interface);
  json.EndArray();
  write_key(json, "time_range");
  json.StartObject();
  write_member(json, "time_first", utc_time(result.times.first));
  write_member(json, "time_last", utc_time(result.times.last));
  json.EndObject();
  write_key(json, "totals");
  write_counters(json, result.totals);
  write_key(json, "timings");
  json.StartObject();
  write_member(json, "query_start", utc_time(wall_time_ns() - duration));
  write_member(json, "query_duration_ns", duration);
  json.EndObject();
  write_key(json, "hits");
  json.StartObject();
  write_member(json, "displayed", result.rows.size());
  write_member(json, "total", result.hits);
  json.EndObject();
  write_stats(json, result.stats);
  json.EndObject();
}

void write_query(Json& json, const QueryRequest& request, const QueryResult& result) {
  write_key(json, "query");
  json.StartObject();
  write_key(json, "attributes");
  json.StartArray();
  for (const QueryColumn& column : result.columns) write_text(json, column.heading);
  json.EndArray();
  if (!request.condition.text.empty()) write_member(json, "condition", request.condition.text);
  json.EndObject();
}

// Numbers stay numbers, as goQuery keeps them (a protocol is 6); only types, and what is no number for people either,
// are texts.
void write_value(Json& json, const QueryField& field, const QueryValue& value, const AddressNames& names) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr || is_field(field, FieldType::kFlowType) || is_field(field, FieldType::kMac) ||
      is_field(field, FieldType::kEtype)) {
    return write_text(json, value_for_programs(field, value, names));
  }
  if (is_field(field, FieldType::kDegrees)) {
    const std::string degrees = value_for_programs(field, value, names);
    if (degrees.empty()) {
      json.Null();
    } else {
      json.RawValue(degrees.data(), degrees.size(), rapidjson::kNumberType);
    }
    return;
  }
  if (field.kind == QueryField::Kind::kTime) return write_text(json, utc_time(*number));
  json.Uint64(*number);
}

// goQuery's keys of labels.
std::string_view key_of(const QueryColumn& column) {
  if (column.heading == "time") return "timestamp";
  if (column.heading == "hostid") return "host_id";
  return column.heading;
}

void write_values(Json& json, const QueryResult& result, const QueryRow& row, bool labels, const AddressNames& names) {
  write_key(json, labels ? "labels" : "attributes");
  json.StartObject();
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    const QueryColumn& column = result.columns[i];
    if (is_label(column.field) != labels) continue;
    write_key(json, key_of(column));
    write_value(json, column.field, row.values[i], names);
  }
  json.EndObject();
}

}  // namespace

std::string print_json(const QueryRequest& request, const QueryResult& result, const AddressNames& names) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  write_member(json, "hostname", host_name());
  write_status(json, result);
  write_summary(json, result);
  write_query(json, request, result);
  write_key(json, "rows");
  json.StartArray();
  for (const QueryRow& row : result.rows) {
    json.StartObject();
    write_values(json, result, row, true, names);
    write_values(json, result, row, false, names);
    write_key(json, "counters");
    write_counters(json, row.counters);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return std::string(out.GetString(), out.GetSize()) + "\n";
}

}  // namespace weir
