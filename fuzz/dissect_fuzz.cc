// The first byte picks a link type, the rest is a frame of it.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "packet/dissect.h"
#include "packet/packet_info.h"

namespace {

constexpr std::array<weir::LinkType, 13> kTypes = {
    weir::LinkType::kEthernet,  weir::LinkType::kNull,     weir::LinkType::kPpp,       weir::LinkType::kRawBsd,
    weir::LinkType::kRaw,       weir::LinkType::kPppEther, weir::LinkType::kPppSerial, weir::LinkType::kCiscoHdlc,
    weir::LinkType::kLoop,      weir::LinkType::kLinuxSll, weir::LinkType::kIpv4,      weir::LinkType::kIpv6,
    weir::LinkType::kLinuxSll2,
};

bool is_inside(weir::Bytes part, weir::Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// The short path must say what dissect() says.
void check_short_path(weir::LinkType type, weir::Bytes frame, std::uint32_t wire_length) {
  weir::PacketInfo quick, any;
  if (!weir::read_plain_packet(type, frame, quick)) return;
  weir::read_any_packet(type, frame, wire_length, any);
  if (quick.src != any.src || quick.dst != any.dst || quick.family != any.family || quick.proto != any.proto ||
      quick.src_port != any.src_port || quick.dst_port != any.dst_port || quick.has_ports != any.has_ports ||
      quick.ip_length != any.ip_length || quick.vlan_id != any.vlan_id || quick.tcp_flags != any.tcp_flags ||
      quick.problem != any.problem || quick.ip != any.ip || quick.ip_captured != any.ip_captured ||
      quick.transport_at != any.transport_at || quick.is_fragment != any.is_fragment || quick.mac != any.mac)
    std::abort();
}

void check_inside_tunnels(weir::LinkType type, weir::Bytes frame, std::uint32_t wire_length) {
  weir::PacketInfo info;
  weir::read_packet(type, frame, wire_length, true, info);
  if (info.family != weir::Family::kNone && !is_inside({info.ip, info.ip_captured}, frame)) std::abort();
  if (info.mac != nullptr && !is_inside({info.mac, 12}, frame)) std::abort();
  if (info.family != weir::Family::kNone) weir::header_length(info);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const weir::Bytes frame(data + 1, size - 1);
  const weir::DissectedPacket packet = weir::dissect(kTypes[data[0] % kTypes.size()], frame, data[0]);
  if (!is_inside(packet.ip_payload, frame) || !is_inside(packet.l4_payload, frame)) std::abort();
  if (packet.problem == weir::PacketProblem::kNone && packet.src.family == weir::Family::kNone) std::abort();
  if (!is_inside(packet.ip_packet, frame) || packet.ip_payload.size() > packet.ip_length) std::abort();
  check_short_path(kTypes[data[0] % kTypes.size()], frame, data[0]);
  check_inside_tunnels(kTypes[data[0] % kTypes.size()], frame, data[0]);
  return 0;
}
