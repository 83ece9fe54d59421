#include "store/totals.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir {
namespace {

constexpr std::string_view kOthers = "(others)";

constexpr std::uint64_t kNoInterface = UINT64_MAX;

std::string interface_name(std::uint64_t index, std::string_view name) {
  if (!name.empty()) return std::string(name.substr(0, SegmentSummary::kMaxName));
  return index == kNoInterface ? std::string() : "if" + std::to_string(index);
}

std::uint64_t at(const std::uint64_t* column, std::size_t row) { return column == nullptr ? 0 : column[row]; }
std::uint32_t at(const std::uint32_t* column, std::size_t row) { return column == nullptr ? 0 : column[row]; }
bool present(const std::uint32_t* column, const std::uint8_t* has, std::size_t row) {
  return column != nullptr && (has == nullptr || has[row] != 0);
}

}  // namespace

// Rows of one exporter that entered and left by the same interfaces.
struct Totals::Group {
  struct Key {
    std::uint64_t in_if, out_if;  // kNoInterface: absent
    std::uint32_t exporter, host, in_name, out_name;
    bool operator==(const Key&) const = default;
  };
  Key key{};
  std::uint64_t flows = 0, bytes = 0, packets = 0, reverse_bytes = 0, reverse_packets = 0;
  TimeRange times = TimeRange::none();
  unsigned directions = 0;
};

void Totals::add(const TotalsRows& rows, const TotalsNames& names) {
  // A small table of groups; one that is pushed out by another is folded in at once.
  constexpr std::size_t kSlots = 512;
  std::vector<Group> groups(std::min(kSlots, std::bit_ceil(rows.count * 2 + 1)));
  for (std::size_t row = 0; row < rows.count; ++row) {
    const Group::Key key{present(rows.in_if, rows.has_in_if, row) ? rows.in_if[row] : kNoInterface,
                         present(rows.out_if, rows.has_out_if, row) ? rows.out_if[row] : kNoInterface,
                         at(rows.exporter, row),
                         at(rows.host, row),
                         at(rows.in_if_name, row),
                         at(rows.out_if_name, row)};
    std::uint64_t hash = (key.in_if + 1) * 0x9e3779b97f4a7c15ULL + (key.out_if + 1) * 0xd6e8feb86659fd93ULL;
    hash += (std::uint64_t{key.exporter} << 32 | key.host) * 0xa0761d6478bd642fULL;
    hash += (std::uint64_t{key.in_name} << 32 | key.out_name) * 0xe7037ed1a0b428dbULL;
    Group& group = groups[(hash >> 40) & (groups.size() - 1)];
    if (group.flows == 0 || !(group.key == key)) {
      fold(group, names);
      group = Group{};
      group.key = key;
    }
    group.flows += std::max<std::uint64_t>(at(rows.flows, row), 1);
    group.bytes += at(rows.bytes, row);
    group.packets += at(rows.packets, row);
    group.reverse_bytes += at(rows.reverse_bytes, row);
    group.reverse_packets += at(rows.reverse_packets, row);
    group.times.add({rows.time[row], rows.time[row]});
    if (present(rows.direction, rows.has_direction, row) && rows.direction[row] <= 1) {
      group.directions |= 1U << rows.direction[row];
    }
  }
  for (const Group& group : groups) fold(group, names);
}

InterfaceTotals& Totals::interface_totals(const IpAddress& exporter, std::string_view host, std::string_view name) {
  InterfaceKey key{exporter, host, name};
  const auto found = interfaces_.find(key);
  if (found != interfaces_.end()) return found->second;
  if (interfaces_.size() + 1 >= SegmentSummary::kMaxTotals) return other_interfaces_;
  InterfaceTotals& totals = interfaces_[key];
  totals.exporter = exporter;
  totals.host = host;
  totals.interface = name;
  return totals;
}

ExporterTotals& Totals::exporter_totals(const IpAddress& exporter, std::string_view host) {
  ExporterKey key{exporter, host};
  const auto found = exporters_.find(key);
  if (found != exporters_.end()) return found->second;
  if (exporters_.size() + 1 >= SegmentSummary::kMaxTotals) return other_exporters_;
  ExporterTotals& totals = exporters_[key];
  totals.exporter = exporter;
  totals.host = host;
  return totals;
}

void Totals::fold(const Group& group, const TotalsNames& names) {
  if (group.flows == 0) return;
  const Group::Key& key = group.key;
  const IpAddress exporter = names.exporter(key.exporter);
  const std::string_view host = names.host(key.host).substr(0, SegmentSummary::kMaxName);
  const std::string in = interface_name(key.in_if, key.in_name == 0 ? "" : names.in_if_name(key.in_name));
  const std::string out = interface_name(key.out_if, key.out_name == 0 ? "" : names.out_if_name(key.out_name));

  // A flow that names no interface entered by the one without a name.
  if (!in.empty() || out.empty()) {
    InterfaceTotals& t = interface_totals(exporter, host, in);
    t.flows += group.flows;
    t.in_bytes += group.bytes;
    t.in_packets += group.packets;
    t.out_bytes += group.reverse_bytes;
    t.out_packets += group.reverse_packets;
    t.times.add(group.times);
  }
  if (!out.empty()) {
    InterfaceTotals& t = interface_totals(exporter, host, out);
    if (out != in) t.flows += group.flows;
    t.out_bytes += group.bytes;
    t.out_packets += group.packets;
    t.in_bytes += group.reverse_bytes;
    t.in_packets += group.reverse_packets;
    t.times.add(group.times);
  }
  ExporterTotals& e = exporter_totals(exporter, host);
  e.flows += group.flows;
  e.bytes += group.bytes + group.reverse_bytes;
  e.packets += group.packets + group.reverse_packets;
  e.times.add(group.times);
  e.ingress |= (group.directions & 1) != 0;
  e.egress |= (group.directions & 2) != 0;
  sums_.flows += group.flows;
  sums_.bytes += group.bytes + group.reverse_bytes;
  sums_.packets += group.packets + group.reverse_packets;
  sums_.times.add(group.times);
}

void Totals::add(const SegmentSummary& summary) {
  const auto is_others = [](const auto& t) { return t.exporter.family == Family::kNone; };
  for (const InterfaceTotals& from : summary.interfaces) {
    const bool others = is_others(from) && from.interface == kOthers;
    InterfaceTotals& to = others ? other_interfaces_ : interface_totals(from.exporter, from.host, from.interface);
    to.flows += from.flows;
    to.in_packets += from.in_packets;
    to.out_packets += from.out_packets;
    to.in_bytes += from.in_bytes;
    to.out_bytes += from.out_bytes;
    to.times.add(from.times);
  }
  for (const ExporterTotals& from : summary.exporters) {
    const bool others = is_others(from) && from.host == kOthers;
    ExporterTotals& to = others ? other_exporters_ : exporter_totals(from.exporter, from.host);
    to.flows += from.flows;
    to.packets += from.packets;
    to.bytes += from.bytes;
    to.times.add(from.times);
    to.ingress |= from.ingress;
    to.egress |= from.egress;
  }
  sums_.flows += summary.flows;
  sums_.bytes += summary.bytes;
  sums_.packets += summary.packets;
  sums_.times.add(summary.times);
}

void Totals::finish(SegmentSummary& summary) const {
  summary.times = sums_.times;
  summary.flows = sums_.flows;
  summary.bytes = sums_.bytes;
  summary.packets = sums_.packets;
  for (const auto& [key, totals] : interfaces_) summary.interfaces.push_back(totals);
  if (other_interfaces_.flows > 0 || !other_interfaces_.times.empty()) {
    summary.interfaces.push_back(other_interfaces_);
    summary.interfaces.back().interface = kOthers;
  }
  for (const auto& [key, totals] : exporters_) summary.exporters.push_back(totals);
  if (other_exporters_.flows > 0) {
    summary.exporters.push_back(other_exporters_);
    summary.exporters.back().host = kOthers;
  }
}

}  // namespace weir
