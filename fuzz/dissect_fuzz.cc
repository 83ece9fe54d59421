// The first byte picks a link type, the rest is a frame of it.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "packet/dissect.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const weir::Bytes frame(data + 1, size - 1);
  const weir::DissectedPacket packet = weir::dissect(kTypes[data[0] % kTypes.size()], frame, data[0]);
  if (!is_inside(packet.ip_payload, frame) || !is_inside(packet.l4_payload, frame)) std::abort();
  if (packet.problem == weir::PacketProblem::kNone && packet.src.family == weir::Family::kNone) std::abort();
  if (packet.ip_payload.size() > packet.ip_length) std::abort();
  return 0;
}
