#include "store/rollup_input.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "flow/names.h"
#include "store/rollup.h"

namespace weir {
namespace {

// What a roll-up reads of a block.
struct Columns {
  std::uint32_t exporter[kBlockRows];
  std::uint32_t host[kBlockRows];
  std::uint32_t in_if[kBlockRows];
  std::uint32_t out_if[kBlockRows];
  std::uint32_t in_if_name[kBlockRows];
  std::uint32_t out_if_name[kBlockRows];
  std::uint32_t flow_direction[kBlockRows];
  std::uint32_t sampling_rate[kBlockRows];
  std::uint32_t src_addr[kBlockRows];
  std::uint32_t dst_addr[kBlockRows];
  std::uint32_t src_port[kBlockRows];
  std::uint32_t dst_port[kBlockRows];
  std::uint32_t proto[kBlockRows];
  std::uint64_t bytes[kBlockRows];
  std::uint64_t packets[kBlockRows];
  std::uint64_t reverse_bytes[kBlockRows];
  std::uint64_t reverse_packets[kBlockRows];
  std::uint64_t reverse_end[kBlockRows];
  std::uint64_t flows[kBlockRows];
  std::uint8_t has_in_if[kBlockRows];
  std::uint8_t has_out_if[kBlockRows];
  std::uint8_t has_flow_direction[kBlockRows];
  std::uint8_t reversed[kBlockRows];

  Result<void> read(const Segment& segment, unsigned block, Scratch& scratch);
};

Result<void> Columns::read(const Segment& segment, unsigned block, Scratch& scratch) {
  const std::pair<FieldId, std::uint32_t*> narrow[] = {{FieldId::sampler_address, exporter},
                                                       {FieldId::host, host},
                                                       {FieldId::in_if, in_if},
                                                       {FieldId::out_if, out_if},
                                                       {FieldId::in_if_name, in_if_name},
                                                       {FieldId::out_if_name, out_if_name},
                                                       {FieldId::src_addr, src_addr},
                                                       {FieldId::dst_addr, dst_addr},
                                                       {FieldId::src_port, src_port},
                                                       {FieldId::dst_port, dst_port},
                                                       {FieldId::proto, proto},
                                                       {FieldId::flow_direction, flow_direction},
                                                       {FieldId::sampling_rate, sampling_rate}};
  for (const auto& [field, out] : narrow) {
    if (auto ok = segment.read(column_of(field), block, scratch, out); !ok) return ok;
  }
  const std::pair<ColumnId, std::uint64_t*> wide[] = {{column_of(FieldId::bytes), bytes},
                                                      {column_of(FieldId::packets), packets},
                                                      {column_of(FieldId::reverse_bytes), reverse_bytes},
                                                      {column_of(FieldId::reverse_packets), reverse_packets},
                                                      {column_of(FieldId::reverse_time_flow_end_ns), reverse_end},
                                                      {kFlowsColumn, flows}};
  for (const auto& [column, out] : wide) {
    if (auto ok = segment.read(column, block, scratch, out); !ok) return ok;
  }
  const std::pair<FieldId, std::uint8_t*> presence[] = {
      {FieldId::in_if, has_in_if}, {FieldId::out_if, has_out_if}, {FieldId::flow_direction, has_flow_direction}};
  for (const auto& [field, out] : presence) {
    if (auto ok = segment.read_presence(column_of(field), block, scratch, out); !ok) return ok;
  }
  return {};
}

// The numbers of RollupNames for a segment's codes.
struct Translation {
  std::vector<std::uint32_t> addresses;
  std::vector<std::uint32_t> hosts;
  std::vector<std::uint32_t> in_if_names;
  std::vector<std::uint32_t> out_if_names;

  static Result<Translation> make(const Segment& segment, RollupNames& names) {
    const Result<const AddressDictionary*> addresses = segment.addresses();
    if (!addresses) return std::unexpected(addresses.error());
    Translation t{.addresses = names.addresses_of(**addresses), .hosts = {}, .in_if_names = {}, .out_if_names = {}};
    const std::pair<FieldId, std::vector<std::uint32_t>*> texts[] = {
        {FieldId::host, &t.hosts}, {FieldId::in_if_name, &t.in_if_names}, {FieldId::out_if_name, &t.out_if_names}};
    for (const auto& [field, numbers] : texts) {
      const Result<const BytesDictionary*> dictionary = segment.dictionary(column_of(field));
      if (!dictionary) return std::unexpected(dictionary.error());
      *numbers = names.texts_of(**dictionary);
    }
    return t;
  }
};

RollupSite site_of(const Columns& c, std::size_t row, const Translation& t, bool is_rollup) {
  RollupSite site;
  site.exporter = t.addresses[c.exporter[row]];
  site.host = t.hosts[c.host[row]];
  site.in_if = c.in_if[row];
  site.out_if = c.out_if[row];
  site.in_if_name = t.in_if_names[c.in_if_name[row]];
  site.out_if_name = t.out_if_names[c.out_if_name[row]];
  site.sampling_rate = c.sampling_rate[row];
  site.proto = static_cast<std::uint8_t>(c.proto[row]);
  site.flow_direction = static_cast<std::uint8_t>(c.flow_direction[row]);
  site.has_in_if = c.has_in_if[row] != 0;
  site.has_out_if = c.has_out_if[row] != 0;
  site.has_flow_direction = c.has_flow_direction[row] != 0;
  site.paired_by_exporter = is_rollup ? c.reverse_end[row] != 0 : (c.reverse_bytes[row] | c.reverse_packets[row]) != 0;
  if (c.reversed[row] != 0) {
    std::swap(site.in_if, site.out_if);
    std::swap(site.in_if_name, site.out_if_name);
    const bool had_in_if = site.has_in_if;
    site.has_in_if = site.has_out_if;
    site.has_out_if = had_in_if;
  }
  return site;
}

std::uint16_t service_port(const Columns& c, std::size_t row) {
  if (c.proto[row] == kProtoIcmp || c.proto[row] == kProtoIcmpv6) return 0;
  return static_cast<std::uint16_t>(c.reversed[row] != 0 ? c.src_port[row] : c.dst_port[row]);
}

RollupSums sums_of(const Columns& c, std::size_t row) {
  const std::uint64_t flows = std::max<std::uint64_t>(c.flows[row], 1);
  if (c.reversed[row] != 0) return {0, 0, c.bytes[row], c.packets[row], flows};
  return {c.bytes[row], c.packets[row], c.reverse_bytes[row], c.reverse_packets[row], flows};
}

}  // namespace

struct RollupInput::Impl {
  Scratch scratch;
  Columns columns;
  std::uint64_t time[kBlockRows];
  std::uint8_t keep[kBlockRows];
  std::vector<RollupRow> rows;  // of a block

  // Calls visit(block, rows) -> Result<void> for each block with rows in `times`, which `keep` then marks.
  template <typename Visit>
  Result<void> for_each_block(const Segment& segment, const TimeRange& times, Visit visit) {
    const Result<std::span<const Zone>> zones = segment.zones(kTimeColumn);
    if (!zones) return std::unexpected(zones.error());
    for (unsigned block = 0; block < segment.blocks(); ++block) {
      if (!times.overlaps({(*zones)[block].min, (*zones)[block].max})) continue;
      if (auto ok = segment.read(kTimeColumn, block, scratch, time); !ok) return ok;
      const std::size_t rows = segment.rows_in(block);
      for (std::size_t row = 0; row < rows; ++row) keep[row] = times.contains(time[row]) ? 1 : 0;
      if (auto ok = visit(block, rows); !ok) return ok;
    }
    return {};
  }
};

RollupInput::RollupInput() : impl_(std::make_unique_for_overwrite<Impl>()) {}
RollupInput::~RollupInput() = default;

Result<void> RollupInput::add_conversations(const Segment& segment, const TimeRange& times,
                                            Conversations& conversations) {
  if (segment.summary().tier == Tier::kRollup) return {};
  return impl_->for_each_block(segment, times, [&](unsigned block, std::size_t rows) {
    return conversations.add(segment, block, impl_->scratch, std::span(impl_->keep, rows));
  });
}

Result<std::uint64_t> RollupInput::add_rows(const Segment& segment, const TimeRange& times, std::uint64_t first_block,
                                            const Conversations& conversations, RollupNames& names,
                                            RollupTable& table) {
  const Result<Translation> translation = Translation::make(segment, names);
  if (!translation) return std::unexpected(translation.error());
  const bool is_rollup = segment.summary().tier == Tier::kRollup;
  std::uint64_t added = 0;
  Columns& c = impl_->columns;
  const auto add_block = [&](unsigned block, std::size_t rows) -> Result<void> {
    if (auto ok = c.read(segment, block, impl_->scratch); !ok) return ok;
    if (auto ok = conversations.reversed(segment, block, impl_->scratch, c.reversed); !ok) return ok;
    std::vector<RollupRow>& out = impl_->rows;
    out.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      if (impl_->keep[row] == 0) continue;
      RollupKey key;
      key.src = translation->addresses[c.src_addr[row]];
      key.dst = translation->addresses[c.dst_addr[row]];
      if (c.reversed[row] != 0) std::swap(key.src, key.dst);
      key.site = names.number_of(site_of(c, row, *translation, is_rollup));
      key.port = service_port(c, row);
      key.block = static_cast<std::uint16_t>(impl_->time[row] / kRollupBlockNs - first_block);
      if (key.site == UINT32_MAX) return fail("rolling up needs more memory than allowed");
      out.push_back({key, sums_of(c, row)});
    }
    added += out.size();
    if (!table.add(out)) return fail("rolling up needs more memory than allowed");
    return {};
  };
  if (auto ok = impl_->for_each_block(segment, times, add_block); !ok) return std::unexpected(ok.error());
  return added;
}

}  // namespace weir
