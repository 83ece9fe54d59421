#include "codecs/netflow_fixed.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "flow/names.h"

namespace weir {
namespace {

constexpr std::size_t kHeaderV1 = 16;
constexpr std::size_t kHeaderV5 = 24;
constexpr std::size_t kRecordV1V5 = 48;
constexpr std::size_t kRecordV7 = 52;

constexpr std::uint64_t bit(FieldId id, unsigned word) {
  const auto n = static_cast<unsigned>(id);
  return n >> 6 == word ? std::uint64_t{1} << (n & 63) : 0;
}

constexpr std::uint64_t presence(unsigned word, std::initializer_list<FieldId> ids) {
  std::uint64_t bits = 0;
  for (const FieldId id : ids) bits |= bit(id, word);
  return bits;
}

#define WEIR_FIXED_COMMON                                                                                      \
  FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::bytes, FieldId::packets, FieldId::src_addr, \
      FieldId::dst_addr, FieldId::etype, FieldId::proto, FieldId::src_port, FieldId::dst_port, FieldId::in_if, \
      FieldId::out_if, FieldId::ip_tos, FieldId::tcp_flags, FieldId::next_hop
#define WEIR_FIXED_ROUTING FieldId::src_as, FieldId::dst_as, FieldId::src_net, FieldId::dst_net

constexpr std::uint64_t kPresentV1[2] = {presence(0, {WEIR_FIXED_COMMON}), presence(1, {WEIR_FIXED_COMMON})};
constexpr std::uint64_t kPresentV5[2] = {presence(0, {WEIR_FIXED_COMMON, WEIR_FIXED_ROUTING}),
                                         presence(1, {WEIR_FIXED_COMMON, WEIR_FIXED_ROUTING})};
#undef WEIR_FIXED_COMMON
#undef WEIR_FIXED_ROUTING

// What stands at the same place in all three.
void take_common(const std::uint8_t* p, const MessageClock& clock, Flow& flow) {
  std::memcpy(flow.src_addr.data(), p, 4);
  std::memcpy(flow.dst_addr.data(), p + 4, 4);
  std::memcpy(flow.next_hop.data(), p + 8, 4);
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = Family::kV4;
  flow.in_if = load_be16(p + 12);
  flow.out_if = load_be16(p + 14);
  flow.packets = load_be32(p + 16);
  flow.bytes = load_be32(p + 20);
  flow.time_flow_start_ns = flow_time_ns(TimeForm::kSysUptime, load_be32(p + 24), clock);
  flow.time_flow_end_ns = flow_time_ns(TimeForm::kSysUptime, load_be32(p + 28), clock);
  flow.src_port = load_be16(p + 32);
  flow.dst_port = load_be16(p + 34);
  flow.proto = p[38];
  flow.ip_tos = p[39];
  flow.etype = kEtypeIpv4;
}

void take_v1(const std::uint8_t* p, Flow& flow) {
  flow.tcp_flags = p[40];
  flow.present[0] = kPresentV1[0];
  flow.present[1] = kPresentV1[1];
}

void take_v5(const std::uint8_t* p, Flow& flow) {
  flow.tcp_flags = p[37];
  flow.src_as = load_be16(p + 40);
  flow.dst_as = load_be16(p + 42);
  flow.src_mask = p[44];
  flow.dst_mask = p[45];
  flow.present[0] = kPresentV5[0];
  flow.present[1] = kPresentV5[1];
}

void take_icmp(Flow& flow) {
  if (flow.proto != kProtoIcmp) return;
  flow.icmp_type = static_cast<std::uint8_t>(flow.dst_port >> 8);
  flow.icmp_code = static_cast<std::uint8_t>(flow.dst_port);
  flow.mark(FieldId::icmp_type);
  flow.mark(FieldId::icmp_code);
}

}  // namespace

std::optional<FixedHeader> read_fixed_header(Bytes message) {
  ByteReader reader(message);
  FixedHeader header;
  const std::uint16_t version = reader.u16();
  header.count = reader.u16();
  header.clock.uptime_ms = reader.u32();
  header.clock.has_uptime = true;
  const std::uint64_t seconds = reader.u32();
  header.clock.export_ns = seconds * kNsPerSecond + reader.u32();
  header.header_bytes = kHeaderV1;
  header.record_bytes = kRecordV1V5;
  header.protocol = FlowProtocol::kNetflowV1;
  if (version != 1) {
    header.sequence = reader.u32();
    header.has_sequence = true;
    const std::uint16_t engine = reader.u16();
    const std::uint16_t sampling = reader.u16();
    header.header_bytes = kHeaderV5;
    header.protocol = FlowProtocol::kNetflowV7;
    header.record_bytes = kRecordV7;
    if (version == 5) {
      header.protocol = FlowProtocol::kNetflowV5;
      header.record_bytes = kRecordV1V5;
      header.engine = engine;
      // Two bits of mode, fourteen of interval. Exporters in the field leave the mode at 0 and mean the interval.
      header.sampling_rate = sampling & 0x3fff;
    }
  }
  if (reader.failed()) return std::nullopt;
  return header;
}

std::uint32_t decode_fixed_records(const FixedHeader& header, Bytes message, BatchWriter& out) {
  const std::size_t content = message.size() - header.header_bytes;
  // Some "version 7" senders have a header of their own; what is left over shows that the records are not where they
  // should be.
  if (header.protocol == FlowProtocol::kNetflowV7 && content % header.record_bytes != 0) return 0;
  const std::size_t there = content / header.record_bytes;
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(header.count, there));
  const std::uint8_t* p = message.data() + header.header_bytes;
  for (std::uint32_t i = 0; i < count; ++i, p += header.record_bytes) {
    Flow& flow = *out.add();
    take_common(p, header.clock, flow);
    if (header.protocol == FlowProtocol::kNetflowV1) {
      take_v1(p, flow);
    } else {
      take_v5(p, flow);
    }
    take_icmp(flow);
    if (header.sampling_rate != 0) {
      flow.sampling_rate = header.sampling_rate;
      flow.mark(FieldId::sampling_rate);
    }
  }
  return count;
}

}  // namespace weir
