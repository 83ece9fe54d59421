#include "exporter/capture/offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cstdint>

namespace weir {
namespace {

// A value that the driver has no answer for is as good as off.
std::uint32_t ask(int socket, const std::string& interface, std::uint32_t command) {
  ethtool_value value{command, 0};
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  return ::ioctl(socket, SIOCETHTOOL, &request) == 0 ? value.data : 0;
}

}  // namespace

Offloads distorting_offloads(int socket, const std::string& interface, bool kernel_tells_segment_sizes) {
  Offloads found;
  const auto add = [&](const char* name) {
    found.names += (found.names.empty() ? "" : " ") + std::string(name);
    found.advice += " " + std::string(name) + " off";
  };
  if (!kernel_tells_segment_sizes) {
    if (ask(socket, interface, ETHTOOL_GGRO) != 0) add("gro");
    if (ask(socket, interface, ETHTOOL_GGSO) != 0) add("gso");
    if (ask(socket, interface, ETHTOOL_GTSO) != 0) add("tso");
  }
  if ((ask(socket, interface, ETHTOOL_GFLAGS) & ETH_FLAG_LRO) != 0) add("lro");
  if (!found.names.empty()) found.advice = "ethtool -K " + interface + found.advice;
  return found;
}

}  // namespace weir
