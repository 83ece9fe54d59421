#include "exporter/metering/intake.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// What no capture reaches; keeps sums of times from overflowing.
constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 62;

PacketDrop drop_reason(PacketProblem problem) {
  switch (problem) {
    case PacketProblem::kUnknownLinkType: return PacketDrop::kUnknownLinkType;
    case PacketProblem::kTruncated: return PacketDrop::kTruncated;
    case PacketProblem::kMalformed: return PacketDrop::kMalformed;
    case PacketProblem::kTooManyLayers: return PacketDrop::kTooManyLayers;
    default: return PacketDrop::kNotIp;
  }
}

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint16_t at_most_16(std::uint32_t length) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(length, 0xffff));
}

// The headers that each packet of a super-packet has: of a tunnel's, those of what it carries too.
std::uint32_t repeated_headers(const PacketInfo& info, const Frame& frame) {
  constexpr std::uint8_t kTcp = 6;
  if (info.proto == kTcp) return header_length(info);
  PacketInfo inner;
  read_packet(frame.link_type, frame.bytes(), frame.wire_length, true, inner);
  if (inner.family == Family::kNone || inner.ip < info.ip) return header_length(info);
  return static_cast<std::uint32_t>(inner.ip - info.ip) + header_length(inner);
}

// The lengths on the wire. The packets of a super-packet have the same headers and carry `segment_size` bytes each, the
// last one the rest.
void set_wire_lengths(MeteredPacket& packet, const Frame& frame) {
  const std::uint32_t length = packet.info.ip_length;
  const std::uint32_t segment = frame.segment_size;
  packet.packets = 1;
  packet.bytes = length;
  packet.shortest = packet.longest = at_most_16(length);
  if (segment == 0) return;
  const std::uint32_t headers = repeated_headers(packet.info, frame);
  if (length <= headers || length - headers <= segment) return;
  const std::uint32_t payload = length - headers;
  packet.packets = (payload + segment - 1) / segment;
  packet.bytes = payload + std::uint64_t{headers} * packet.packets;
  packet.longest = at_most_16(headers + segment);
  packet.shortest = at_most_16(headers + payload - (packet.packets - 1) * segment);
}

}  // namespace

PacketIntake::PacketIntake(const MeterOptions& options)
    : inside_tunnels_(options.inside_tunnels),
      max_clock_error_ns_(options.max_clock_error_ns),
      flow_sampling_(options.flow_sampling),
      port_mask_(options.key.ports ? 0xffff : 0),
      vlan_mask_(options.key.vlan ? 0xffff : 0),
      interface_mask_(options.key.interface ? 0xffffffff : 0),
      sampler_(options.packet_sampling, options.packet_sampling_mode) {
  if (options.drop_duplicates) duplicates_.emplace();
}

std::uint64_t PacketIntake::checked_time(std::uint64_t time_ns, std::uint64_t wall_ns, MeterStatus& status) const {
  if (max_clock_error_ns_ == 0) return std::min(time_ns, kLatestTime);
  const std::uint64_t apart = time_ns > wall_ns ? time_ns - wall_ns : wall_ns - time_ns;
  if (apart <= max_clock_error_ns_) return time_ns;
  ++status.clock_corrections;
  return wall_ns;
}

bool PacketIntake::read(const Frame& frame, std::uint64_t wall_ns, MeteredPacket& out, MeterStatus& status) {
  ++status.packets.in;
  if (!sampler_.takes_next()) {
    status.packets.drop(PacketDrop::kNotSampled);
    return false;
  }
  PacketInfo& info = out.info;
  read_packet(frame.link_type, frame.bytes(), frame.wire_length, inside_tunnels_, info);
  if (info.family == Family::kNone) {
    status.packets.drop(drop_reason(info.problem));
    return false;
  }
  out.time_ns = checked_time(frame.time_ns, wall_ns, status);
  if (duplicates_ && duplicates_->is_duplicate(info, out.time_ns)) {
    status.packets.drop(PacketDrop::kDuplicate);
    return false;
  }
  if (frame.has_vlan) info.vlan_id = frame.vlan_tci & 0x0fff;
  out.interface = frame.interface & interface_mask_;
  out.direction = frame.direction;
  set_wire_lengths(out, frame);
  return !info.is_fragment || fragments_.resolve(out);
}

bool PacketIntake::set_key(MeteredPacket& packet) const {
  const PacketInfo& info = packet.info;
  const std::uint64_t src0 = load_word(info.src.data()), src1 = load_word(info.src.data() + 8);
  const std::uint64_t dst0 = load_word(info.dst.data()), dst1 = load_word(info.dst.data() + 8);
  // Which endpoint sends cannot be foretold, so they are compared and swapped without a branch, which the barrier keeps
  // the compiler from making of it.
  const unsigned lower =
      static_cast<unsigned>(dst1 < src1) | (static_cast<unsigned>(dst1 == src1) & static_cast<unsigned>(dst0 < src0));
  std::uint64_t swap = std::uint64_t{0} - lower;
  if (src0 == dst0 && src1 == dst1) swap = std::uint64_t{0} - static_cast<unsigned>(info.dst_port < info.src_port);
  __asm__("" : "+r"(swap));
  const std::uint64_t change0 = (src0 ^ dst0) & swap, change1 = (src1 ^ dst1) & swap;
  const auto change_ports = static_cast<std::uint16_t>((info.src_port ^ info.dst_port) & swap);

  FlowKey& key = packet.key;
  key.a[0] = src0 ^ change0;
  key.a[1] = src1 ^ change1;
  key.b[0] = dst0 ^ change0;
  key.b[1] = dst1 ^ change1;
  key.rest = FlowKey::make_rest(static_cast<std::uint16_t>((info.src_port ^ change_ports) & port_mask_),
                                static_cast<std::uint16_t>((info.dst_port ^ change_ports) & port_mask_),
                                static_cast<std::uint16_t>(info.vlan_id & vlan_mask_), info.proto, info.family);
  key.interface = packet.interface;
  packet.from_b = swap != 0;
  packet.hash = key.hash();
  return flow_sampling_ == 1 || (packet.hash >> 32) % flow_sampling_ == 0;
}

}  // namespace weir
