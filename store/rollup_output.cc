#include "store/rollup_output.h"

#include <utility>

#include "flow/names.h"
#include "store/rollup.h"
#include "store/segment_writer.h"

namespace weir {
namespace {

void set_address(const IpAddress& address, AddressBytes& bytes, Family& family) {
  bytes = address.bytes;
  family = address.family;
}

// Marks `field` and sets its member, where there is a value to keep.
template <typename Member>
void set(Flow& flow, FieldId field, Member& member, Member value, bool present) {
  if (!present) return;
  member = value;
  flow.mark(field);
}

}  // namespace

RollupOutput::RollupOutput(const RollupNames& names, std::uint64_t first_block, std::size_t memory,
                           std::uint64_t& next_id, const RollupSources& sources)
    : names_(names),
      first_block_(first_block),
      memory_(memory),
      next_id_(next_id),
      sources_(sources),
      writer_(BatchPool::create(1), [this](const BatchRef& batch) { take(*batch); }) {}

void RollupOutput::set_origin(const RollupSite& site, std::uint64_t end) {
  const IpAddress exporter = names_.address(site.exporter);
  if (origin_.time_received_ns == end && host_ == site.host && origin_.sampler_address == exporter.bytes &&
      origin_.sampler_address_family == exporter.family) {
    return;
  }
  origin_.time_received_ns = end;
  origin_.protocol = FlowProtocol::kWeir;
  set_address(exporter, origin_.sampler_address, origin_.sampler_address_family);
  host_ = site.host;
  writer_.set_origin(origin_, names_.text(site.host));
}

void RollupOutput::add(const RollupRow& row) {
  const RollupSite& site = names_.site(row.key.site);
  const std::uint64_t start = (first_block_ + row.key.block) * kRollupBlockNs, end = rollup_block_end(start);
  set_origin(site, end);
  const std::string_view in_name = names_.text(site.in_if_name), out_name = names_.text(site.out_if_name);
  Flow& flow = *writer_.add(in_name.size() + out_name.size() + 16);
  flow.time_flow_start_ns = start;
  flow.time_flow_end_ns = end;
  flow.bytes = row.sums.bytes;
  flow.packets = row.sums.packets;
  flow.proto = site.proto;
  flow.dst_port = row.key.port;
  for (const FieldId field : {FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::bytes, FieldId::packets,
                              FieldId::proto, FieldId::dst_port}) {
    flow.mark(field);
  }
  if (row.key.src != 0) {
    set_address(names_.address(row.key.src), flow.src_addr, flow.src_addr_family);
    flow.mark(FieldId::src_addr);
  }
  if (row.key.dst != 0) {
    set_address(names_.address(row.key.dst), flow.dst_addr, flow.dst_addr_family);
    flow.mark(FieldId::dst_addr);
  }
  set(flow, FieldId::in_if, flow.in_if, site.in_if, site.has_in_if);
  set(flow, FieldId::out_if, flow.out_if, site.out_if, site.has_out_if);
  set(flow, FieldId::flow_direction, flow.flow_direction, site.flow_direction, site.has_flow_direction);
  set(flow, FieldId::sampling_rate, flow.sampling_rate, site.sampling_rate, site.sampling_rate != 0);
  if (!in_name.empty()) {
    flow.in_if_name = writer_.store(as_bytes(in_name));
    flow.mark(FieldId::in_if_name);
  }
  if (!out_name.empty()) {
    flow.out_if_name = writer_.store(as_bytes(out_name));
    flow.mark(FieldId::out_if_name);
  }
  if ((row.sums.reverse_bytes | row.sums.reverse_packets) != 0) {
    FlowCold& cold = writer_.cold();
    set(flow, FieldId::reverse_bytes, cold.reverse_bytes, row.sums.reverse_bytes, row.sums.reverse_bytes != 0);
    set(flow, FieldId::reverse_packets, cold.reverse_packets, row.sums.reverse_packets, row.sums.reverse_packets != 0);
  }
  if (site.paired_by_exporter) {
    set(flow, FieldId::reverse_time_flow_end_ns, writer_.cold().reverse_time_flow_end_ns, end, true);
  }
  flows_.push_back(row.sums.flows);
}

void RollupOutput::take(const FlowBatch& batch) {
  if (rows_.rows() + batch.flows().size() > RowBuffer::kMaxRows || rows_.memory() > memory_) make_image();
  rows_.append(batch, std::span(flows_).first(batch.flows().size()));
  flows_.clear();
}

void RollupOutput::make_image() {
  const SegmentOptions options{.id = next_id_++,
                               .tier = Tier::kRollup,
                               .effort = Effort::kSmall,
                               .journal_first = 0,
                               .journal_last = sources_.journal_last,
                               .times = {},
                               .replaces = sources_.ids};
  images_.push_back(encode_segment(rows_, 0, rows_.rows(), options));
  rows_ = RowBuffer();  // its memory counts
}

std::vector<std::string> RollupOutput::finish() {
  writer_.flush();
  if (rows_.rows() != 0) make_image();
  return std::move(images_);
}

}  // namespace weir
