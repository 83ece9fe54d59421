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

// The lengths on the wire. The packets of a super-packet have the same headers and carry `segment` bytes each, the last
// one the rest.
void set_wire_lengths(MeteredPacket& packet, std::uint32_t segment) {
  const std::uint32_t length = packet.info.ip_length;
  packet.packets = 1;
  packet.bytes = packet.shortest = packet.longest = length;
  if (segment == 0) return;
  const std::uint32_t headers = header_length(packet.info);
  if (length <= headers || length - headers <= segment) return;
  const std::uint32_t payload = length - headers;
  packet.packets = (payload + segment - 1) / segment;
  packet.bytes = payload + std::uint64_t{headers} * packet.packets;
  packet.longest = headers + segment;
  packet.shortest = headers + payload - (packet.packets - 1) * segment;
}

}  // namespace

Intake::Intake(const MeterOptions& options)
    : inside_tunnels_(options.inside_tunnels),
      max_clock_error_ns_(options.max_clock_error_ns),
      flow_sampling_(options.flow_sampling),
      port_mask_(options.key.ports ? 0xffff : 0),
      vlan_mask_(options.key.vlan ? 0xffff : 0),
      interface_mask_(options.key.interface ? 0xffffffff : 0),
      sampler_(options.packet_sampling, options.packet_sampling_mode) {
  if (options.drop_duplicates) duplicates_.emplace();
}

std::uint64_t Intake::checked_time(std::uint64_t time_ns, std::uint64_t wall_ns, MeterStatus& status) const {
  if (max_clock_error_ns_ == 0) return std::min(time_ns, kLatestTime);
  const std::uint64_t apart = time_ns > wall_ns ? time_ns - wall_ns : wall_ns - time_ns;
  if (apart <= max_clock_error_ns_) return time_ns;
  ++status.clock_corrections;
  return wall_ns;
}

bool Intake::read(const Frame& frame, std::uint64_t wall_ns, MeteredPacket& out, MeterStatus& status) {
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
  set_wire_lengths(out, frame.segment_size);
  return !info.is_fragment || fragments_.resolve(out);
}

bool Intake::set_key(MeteredPacket& packet) const {
  __extension__ using Wide = unsigned __int128;
  const PacketInfo& info = packet.info;
  std::uint64_t src[2], dst[2];
  std::memcpy(src, info.src.data(), 16);
  std::memcpy(dst, info.dst.data(), 16);
  const auto src_port = static_cast<std::uint16_t>(info.src_port & port_mask_);
  const auto dst_port = static_cast<std::uint16_t>(info.dst_port & port_mask_);
  const Wide from = static_cast<Wide>(src[1]) << 64 | src[0], to = static_cast<Wide>(dst[1]) << 64 | dst[0];
  const bool from_b = from != to ? to < from : dst_port < src_port;

  // Chosen without a branch: which endpoint sends cannot be foretold.
  const std::uint64_t swap = from_b ? ~std::uint64_t{0} : 0;
  const std::uint64_t change0 = (src[0] ^ dst[0]) & swap, change1 = (src[1] ^ dst[1]) & swap;
  const std::uint64_t ports =
      from_b ? dst_port | std::uint64_t{src_port} << 16 : src_port | std::uint64_t{dst_port} << 16;
  const std::uint64_t words[6] = {
      src[0] ^ change0,
      src[1] ^ change1,
      dst[0] ^ change0,
      dst[1] ^ change1,
      ports | std::uint64_t{static_cast<std::uint16_t>(info.vlan_id & vlan_mask_)} << 32 |
          std::uint64_t{info.proto} << 48 | static_cast<std::uint64_t>(info.family) << 56,
      packet.interface,
  };
  std::memcpy(&packet.key, words, sizeof packet.key);
  packet.from_b = from_b;
  packet.hash = hash_words<6>(words);
  return flow_sampling_ == 1 || (packet.hash >> 32) % flow_sampling_ == 0;
}

}  // namespace weir
