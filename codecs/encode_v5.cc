#include "codecs/encode_v5.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "codecs/encode_layout.h"
#include "flow/biflow.h"
#include "flow/names.h"

namespace weir {
namespace {

constexpr std::size_t kHeaderLength = 24;
constexpr std::size_t kRecordLength = 48;
constexpr std::size_t kMaxRecords = 30;
constexpr std::uint32_t kAsTrans = 23456;  // RFC 6793: stands for an AS number that needs more than 16 bits
constexpr std::uint64_t kMaxCounter = 0xffffffff;
constexpr std::uint32_t kMaxSampling = 0x3fff;
constexpr std::uint16_t kDeterministicSampling = 1 << 14;

std::uint16_t as_number(std::uint32_t as) { return static_cast<std::uint16_t>(as > 0xffff ? kAsTrans : as); }

// An index too large for its 16 bits: 65535 names no interface, where the low bits would name a wrong one.
std::uint16_t interface_index(std::uint32_t index) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(index, 0xffff));
}

void store_address(std::uint8_t* p, const AddressBytes& bytes, Family family) {
  if (family == Family::kV4) {
    std::copy_n(bytes.begin(), 4, p);
  } else {
    std::fill_n(p, 4, std::uint8_t{0});
  }
}

// Cisco's v5 has no ICMP fields: type and code stand in the destination port.
std::uint16_t destination_port(const Flow& flow) {
  const bool icmp = flow.proto == kProtoIcmp && (flow.has(FieldId::icmp_type) || flow.has(FieldId::icmp_code));
  return icmp ? static_cast<std::uint16_t>(flow.icmp_type << 8 | flow.icmp_code) : flow.dst_port;
}

// Records that a flow of these counters needs.
std::uint64_t pieces_of(const Flow& flow) {
  const std::uint64_t counter = std::max({flow.bytes, flow.packets, std::uint64_t{1}});
  return counter / kMaxCounter + (counter % kMaxCounter != 0);
}

// The family of a flow's addresses; kNone when it has none or they differ.
Family address_family(const Flow& flow) {
  const Family src = flow.src_addr_family;
  const Family dst = flow.dst_addr_family;
  if (src == dst || dst == Family::kNone) return src;
  return src == Family::kNone ? dst : Family::kNone;
}

// The part of `total` that falls to piece `i` of `n`; all of them add up to it.
std::uint64_t share(std::uint64_t total, std::uint64_t i, std::uint64_t n) { return total / n + (i < total % n); }

}  // namespace

NetflowV5Encoder::NetflowV5Encoder(const EncoderOptions& options, ExportEncoder::Send send)
    : send_(std::move(send)),
      max_records_(std::min(kMaxRecords, (options.max_message - kHeaderLength) / kRecordLength)),
      engine_(static_cast<std::uint16_t>(options.source_id)),
      sampling_rate_(options.sampling_rate),
      boot_ms_(options.boot_time_ns / kNsPerMs),
      message_(kHeaderLength + max_records_ * kRecordLength) {
  if (options.sampling_rate > kMaxSampling) {
    throw std::invalid_argument("NetFlow v5 cannot announce a sampling rate above 16383");
  }
}

bool NetflowV5Encoder::add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns) {
  if (address_family(flow) != Family::kV4) return false;
  const bool two_way = has_reverse_traffic(batch, flow);
  const bool forward = !two_way || flow.packets != 0 || flow.bytes != 0;
  const std::uint64_t pieces = pieces_of(flow);
  if (pieces > kMaxRecords) return false;
  if (two_way) {
    const ReverseFlow reverse = reverse_of(batch, flow);
    const std::uint64_t reverse_pieces = pieces_of(reverse.flow);
    if (reverse_pieces > kMaxRecords) return false;
    if (forward) add_pieces(flow, pieces, now_ns);
    add_pieces(reverse.flow, reverse_pieces, now_ns);
  } else {
    add_pieces(flow, pieces, now_ns);
  }
  ++flows_;
  if (records_ == max_records_) flush(now_ns);
  return true;
}

// Leaves a full message for the next record, or the end of the flow, to send.
void NetflowV5Encoder::add_pieces(const Flow& flow, std::uint64_t pieces, std::uint64_t now_ns) {
  const std::uint16_t sampling = sampling_field(flow);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    if (records_ == max_records_ || sampling != message_sampling_) flush(now_ns);
    message_sampling_ = sampling;
    add_record(flow, share(flow.bytes, i, pieces), share(flow.packets, i, pieces), now_ns);
  }
}

// The mode in the upper two bits, the rate in the others.
std::uint16_t NetflowV5Encoder::sampling_field(const Flow& flow) {
  const std::uint32_t rate = flow.sampling_rate != 0 ? flow.sampling_rate : sampling_rate_;
  if (rate == 0) return 0;
  if (rate <= kMaxSampling) return static_cast<std::uint16_t>(rate | kDeterministicSampling);
  ++stats_.rates_left;
  return 0;
}

void NetflowV5Encoder::add_record(const Flow& flow, std::uint64_t bytes, std::uint64_t packets, std::uint64_t now_ns) {
  const ExportTimes times(flow, boot_ms_, now_ns);
  std::uint8_t* p = message_.data() + kHeaderLength + records_ * kRecordLength;
  store_address(p, flow.src_addr, flow.src_addr_family);
  store_address(p + 4, flow.dst_addr, flow.dst_addr_family);
  store_address(p + 8, flow.next_hop, flow.has(FieldId::next_hop) ? flow.next_hop_family : Family::kNone);
  store_be16(p + 12, interface_index(flow.in_if));
  store_be16(p + 14, interface_index(flow.out_if));
  store_be32(p + 16, static_cast<std::uint32_t>(packets));
  store_be32(p + 20, static_cast<std::uint32_t>(bytes));
  store_be32(p + 24, times.start_uptime());
  store_be32(p + 28, times.end_uptime());
  store_be16(p + 32, flow.src_port);
  store_be16(p + 34, destination_port(flow));
  p[36] = 0;
  p[37] = static_cast<std::uint8_t>(flow.tcp_flags);
  p[38] = flow.proto;
  p[39] = flow.ip_tos;
  store_be16(p + 40, as_number(flow.src_as));
  store_be16(p + 42, as_number(flow.dst_as));
  p[44] = flow.src_mask;
  p[45] = flow.dst_mask;
  store_be16(p + 46, 0);
  ++records_;
}

void NetflowV5Encoder::flush(std::uint64_t now_ns) {
  if (records_ == 0) return;
  const std::uint64_t now_ms = now_ns / kNsPerMs;
  std::uint8_t* p = message_.data();
  store_be16(p, 5);
  store_be16(p + 2, static_cast<std::uint16_t>(records_));
  store_be32(p + 4, static_cast<std::uint32_t>(now_ms - boot_ms_));
  // Whole milliseconds, so that both clocks of the header name one instant and flow times are exact.
  store_be32(p + 8, static_cast<std::uint32_t>(now_ms / 1000));
  store_be32(p + 12, static_cast<std::uint32_t>(now_ms % 1000 * kNsPerMs));
  store_be32(p + 16, sequence_);
  store_be16(p + 20, engine_);
  store_be16(p + 22, message_sampling_);
  sequence_ += static_cast<std::uint32_t>(records_);
  stats_.flow_records += records_;
  stats_.messages += 1;
  stats_.flows += flows_;
  const std::size_t length = kHeaderLength + std::exchange(records_, 0) * kRecordLength;
  stats_.bytes += length;
  send_({message_.data(), length}, std::exchange(flows_, 0));
}

}  // namespace weir
