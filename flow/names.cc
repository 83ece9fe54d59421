#include "flow/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <string>

namespace weir {
namespace {

// IANA "Assigned Internet Protocol Numbers"; unnamed numbers are filled with their digits below.
// clang-format off
constexpr std::array<std::string_view, 148> kAssigned = {
    "HOPOPT", "ICMP", "IGMP", "GGP", "IPv4", "ST", "TCP", "CBT", "EGP", "IGP", "BBN-RCC-MON", "NVP-II", "PUP",
    "ARGUS", "EMCON", "XNET", "CHAOS", "UDP", "MUX", "DCN-MEAS", "HMP", "PRM", "XNS-IDP", "TRUNK-1", "TRUNK-2",
    "LEAF-1", "LEAF-2", "RDP", "IRTP", "ISO-TP4", "NETBLT", "MFE-NSP", "MERIT-INP", "DCCP", "3PC", "IDPR", "XTP",
    "DDP", "IDPR-CMTP", "TP++", "IL", "IPv6", "SDRP", "IPv6-Route", "IPv6-Frag", "IDRP", "RSVP", "GRE", "DSR", "BNA",
    "ESP", "AH", "I-NLSP", "SWIPE", "NARP", "MOBILE", "TLSP", "SKIP", "IPv6-ICMP", "IPv6-NoNxt", "IPv6-Opts", "61",
    "CFTP", "63", "SAT-EXPAK", "KRYPTOLAN", "RVD", "IPPC", "68", "SAT-MON", "VISA", "IPCV", "CPNX", "CPHB", "WSN",
    "PVP", "BR-SAT-MON", "SUN-ND", "WB-MON", "WB-EXPAK", "ISO-IP", "VMTP", "SECURE-VMTP", "VINES", "IPTM",
    "NSFNET-IGP", "DGP", "TCF", "EIGRP", "OSPFIGP", "Sprite-RPC", "LARP", "MTP", "AX.25", "IPIP", "MICP", "SCC-SP",
    "ETHERIP", "ENCAP", "99", "GMTP", "IFMP", "PNNI", "PIM", "ARIS", "SCPS", "QNX", "A/N", "IPComp", "SNP",
    "Compaq-Peer", "IPX-in-IP", "VRRP", "PGM", "114", "L2TP", "DDX", "IATP", "STP", "SRP", "UTI", "SMP", "SM", "PTP",
    "ISIS over IPv4", "FIRE", "CRTP", "CRUDP", "SSCOPMCE", "IPLT", "SPS", "PIPE", "SCTP", "FC", "RSVP-E2E-IGNORE",
    "Mobility Header", "UDPLite", "MPLS-in-IP", "manet", "HIP", "Shim6", "WESP", "ROHC", "Ethernet", "AGGFRAG", "NSH",
    "Homa", "BIT-EMU",
};
// clang-format on

const std::array<std::string, 256>& protocol_names() {
  static const auto names = [] {
    std::array<std::string, 256> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = i < kAssigned.size() ? std::string(kAssigned[i]) : std::to_string(i);
    }
    return all;
  }();
  return names;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// In the order of FlowProtocol.
constexpr std::array<std::string_view, 6> kFlowTypes = {
    "NETFLOW_V1", "NETFLOW_V5", "NETFLOW_V7", "NETFLOW_V9", "IPFIX", "WEIR",
};
static_assert(static_cast<std::size_t>(FlowProtocol::kWeir) + 1 == kFlowTypes.size());

struct Etype {
  std::uint16_t number;
  std::string_view name;
};
// The most frequent first.
constexpr Etype kEtypes[] = {
    {kEtypeIpv4, "IPv4"},
    {kEtypeIpv6, "IPv6"},
    {0x0806, "ARP"},
    {0x8100, "VLAN"},
    {0x88a8, "QinQ"},
    {0x8847, "MPLS"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE discovery"},
    {0x8864, "PPPoE"},
    {0x88cc, "LLDP"},
};

}  // namespace

std::string_view flow_type_name(FlowProtocol protocol) {
  const auto n = static_cast<std::size_t>(protocol);
  return n < kFlowTypes.size() ? kFlowTypes[n] : std::string_view();
}

std::optional<FlowProtocol> flow_type(std::string_view name) {
  const auto at = std::ranges::find(kFlowTypes, name);
  if (at == kFlowTypes.end()) return std::nullopt;
  return static_cast<FlowProtocol>(at - kFlowTypes.begin());
}

std::string_view protocol_name(std::uint8_t protocol) { return protocol_names()[protocol]; }

std::optional<std::uint8_t> protocol_number(std::string_view name) {
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc{} && end == name.data() + name.size()) return number;
  if (same_ignoring_case(name, "icmp6") || same_ignoring_case(name, "icmpv6")) return kProtoIcmpv6;
  for (std::size_t i = 0; i < kAssigned.size(); ++i) {
    if (same_ignoring_case(name, kAssigned[i])) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

std::string_view etype_name(std::uint16_t etype) {
  const auto at = std::ranges::find(kEtypes, etype, &Etype::number);
  return at == std::end(kEtypes) ? std::string_view() : at->name;
}

std::optional<std::uint16_t> etype_number(std::string_view name) {
  const auto at = std::ranges::find(kEtypes, name, &Etype::name);
  if (at == std::end(kEtypes)) return std::nullopt;
  return at->number;
}

}  // namespace weir
