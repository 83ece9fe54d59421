#include "query/list.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "query/human.h"
#include "query/json_text.h"
#include "query/table.h"
#include "query/words.h"

namespace weir {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at the front of `text`, taken off, without leading zeros.
std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// eth2 before eth10: stretches of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_digits(a), y = take_digits(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() == b.empty() ? whole_a < whole_b : a.empty();
}

struct NaturalOrder {
  bool operator()(const InterfaceTotals* a, const InterfaceTotals* b) const {
    if (a->host != b->host) return natural_less(a->host, b->host);
    if (a->exporter != b->exporter) return a->exporter < b->exporter;
    return natural_less(a->interface, b->interface);
  }
};

void add(InterfaceTotals& sum, const InterfaceTotals& part) {
  sum.flows += part.flows;
  sum.in_packets += part.in_packets;
  sum.out_packets += part.out_packets;
  sum.in_bytes += part.in_bytes;
  sum.out_bytes += part.out_bytes;
  if (!part.times.empty()) sum.times.add(part.times);
}

// "(none)" for flows that name no interface.
std::string interface_text(const InterfaceTotals& totals) {
  return totals.interface.empty() ? "(none)" : printable(totals.interface);
}

std::string host_text(const InterfaceTotals& totals) {
  return totals.host.empty() ? totals.exporter.to_string() : printable(totals.host);
}

// A number without a unit keeps the place of one, so that decimal points stand below each other.
std::string flows_text(std::uint64_t flows) {
  const std::string text = human_count(flows);
  return text.ends_with(' ') ? text + ' ' : text;
}

class ListTable {
 public:
  ListTable() {
    for (const char* heading : {"iface", "# of flows", "traffic", "from", "until"}) add_column(heading);
  }
  // In front of the others.
  void add_hosts(const StoreListing& listing) {
    TableColumn host, id;
    host.gap = id.gap = kGap;
    host.cells = {"host", "----"};
    id.cells = {"hostid", "------"};
    for (const InterfaceTotals& totals : listing.interfaces) {
      host.cells.push_back(host_text(totals));
      id.cells.push_back(totals.exporter.to_string());
    }
    columns_.insert(columns_.begin(), {std::move(host), std::move(id)});
  }
  void add_row(const std::string& name, const InterfaceTotals& totals) {
    add_cells({name, flows_text(totals.flows), human_bytes(totals.in_bytes + totals.out_bytes),
               totals.times.empty() ? "" : local_time(totals.times.first),
               totals.times.empty() ? "" : local_time(totals.times.last)});
  }
  void add_blank() { add_cells({"", "", "", "", ""}); }

  std::vector<TableColumn> take() { return std::move(columns_); }

 private:
  static constexpr std::size_t kGap = 4;

  void add_column(const std::string& heading) {
    TableColumn& column = columns_.emplace_back();
    column.gap = kGap;
    column.cells = {heading, std::string(heading.size(), '-')};
  }
  void add_cells(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) columns_[i].cells.push_back(cells[i]);
  }

  std::vector<TableColumn> columns_;
};

void write_key(Json& json, std::string_view key) { json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

void write_text(Json& json, std::string_view key, std::string_view text) {
  write_key(json, key);
  const std::string quoted = json_string(text);
  json.RawValue(quoted.data(), quoted.size(), rapidjson::kStringType);
}

void write_number(Json& json, std::string_view key, std::uint64_t number) {
  write_key(json, key);
  json.Uint64(number);
}

void write_counters(Json& json, const InterfaceTotals& totals) {
  write_key(json, "counters");
  json.StartObject();
  write_number(json, "br", totals.in_bytes);
  write_number(json, "bs", totals.out_bytes);
  write_number(json, "pr", totals.in_packets);
  write_number(json, "ps", totals.out_packets);
  json.EndObject();
}

void write_times(Json& json, const InterfaceTotals& totals) {
  if (totals.times.empty()) return;
  write_text(json, "time_first", utc_time(totals.times.first));
  write_text(json, "time_last", utc_time(totals.times.last));
}

}  // namespace

StoreListing list_store(const Snapshot& snapshot, const InterfaceFilter& interfaces) {
  StoreListing listing;
  std::map<const InterfaceTotals*, InterfaceTotals, NaturalOrder> sums;
  for (const auto& segment : snapshot.segments) {
    const SegmentSummary& summary = segment->summary();
    for (const InterfaceTotals& part : summary.interfaces) {
      if (!interfaces.matches(part.interface)) continue;
      const auto [at, is_new] = sums.try_emplace(&part, part);
      if (!is_new) add(at->second, part);
      if (interfaces.restricts()) add(listing.total, part);
    }
    if (interfaces.restricts()) continue;
    listing.total.flows += summary.flows;
    listing.total.in_packets += summary.packets;
    listing.total.in_bytes += summary.bytes;
    if (summary.rows != 0) listing.total.times.add(summary.times);
  }
  for (auto& [key, sum] : sums) listing.interfaces.push_back(std::move(sum));
  return listing;
}

std::string print_listing_text(const StoreListing& listing, const TextStyle& style) {
  ListTable table;
  for (const InterfaceTotals& totals : listing.interfaces) table.add_row(interface_text(totals), totals);
  table.add_blank();
  table.add_row("Total", listing.total);
  const bool one_exporter = std::ranges::all_of(listing.interfaces, [&](const InterfaceTotals& totals) {
    return totals.host == listing.interfaces.front().host && totals.exporter == listing.interfaces.front().exporter;
  });
  if (!one_exporter) table.add_hosts(listing);
  std::string out;
  for (const std::string& line : table_lines(table.take(), style.width)) out += line + "\n";
  return out;
}

std::string print_listing_json(const StoreListing& listing) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  write_key(json, "interfaces");
  json.StartArray();
  for (const InterfaceTotals& totals : listing.interfaces) {
    json.StartObject();
    write_text(json, "iface", totals.interface);
    write_text(json, "host", host_text(totals));
    write_text(json, "host_id", totals.exporter.to_string());
    write_number(json, "flows", totals.flows);
    write_counters(json, totals);
    write_times(json, totals);
    json.EndObject();
  }
  json.EndArray();
  write_key(json, "total");
  json.StartObject();
  write_number(json, "flows", listing.total.flows);
  write_number(json, "bytes", listing.total.in_bytes + listing.total.out_bytes);
  write_number(json, "packets", listing.total.in_packets + listing.total.out_packets);
  write_times(json, listing.total);
  json.EndObject();
  json.EndObject();
  return std::string(out.GetString(), out.GetSize()) + "\n";
}

}  // namespace weir
