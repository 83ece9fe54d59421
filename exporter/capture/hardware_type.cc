#include "exporter/capture/hardware_type.h"

#include <linux/if_arp.h>

namespace weir {

// Packet sockets of interfaces without a link header of their own begin with the IP header: tun, WireGuard, PPP (whose
// driver adds and removes its header behind them), modems, tunnels. The loopback has an Ethernet header of zeros.
std::optional<LinkType> link_type_of(std::uint16_t hardware_type) {
  switch (hardware_type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::kEthernet;
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_IP6GRE: return LinkType::kRaw;
    default: return std::nullopt;
  }
}

std::string hardware_type_name(std::uint16_t hardware_type) {
  const auto name = [&] {
    switch (hardware_type) {
      case ARPHRD_ETHER: return "Ethernet";
      case ARPHRD_LOOPBACK: return "loopback";
      case ARPHRD_INFINIBAND: return "InfiniBand";
      case ARPHRD_CAN: return "CAN";
      case ARPHRD_IEEE1394: return "FireWire";
      case ARPHRD_IEEE80211: return "802.11";
      case ARPHRD_IEEE80211_PRISM: return "802.11 with Prism headers";
      case ARPHRD_IEEE80211_RADIOTAP: return "802.11 monitor mode";
      case ARPHRD_IEEE802154: return "802.15.4";
      case ARPHRD_NETLINK: return "netlink monitor";
      case ARPHRD_VSOCKMON: return "vsock monitor";
      case ARPHRD_6LOWPAN: return "6LoWPAN";
      case ARPHRD_HDLC: return "Cisco HDLC";
      case ARPHRD_FRAD:
      case ARPHRD_DLCI: return "Frame Relay";
      default: return "unknown";
    }
  }();
  return std::string(name) + " (" + std::to_string(hardware_type) + ")";
}

}  // namespace weir
