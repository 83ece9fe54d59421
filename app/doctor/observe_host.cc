// What the kernel tells: counters, limits, clock, ports, interfaces.
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string>

#include "app/doctor/observe.h"
#include "app/doctor/proc_text.h"
#include "app/doctor/socket_holders.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "exporter/capture/offloads.h"

namespace weir {
namespace {

constexpr std::size_t kSmall = 1 << 20;
constexpr std::size_t kTable = 64 << 20;  // a socket table has 150 bytes a socket
constexpr std::chrono::seconds kHolderLimit{1};
constexpr std::size_t kMostInterfaces = 64;

// A file with one number in it.
Result<std::uint64_t> read_number(const std::string& path, int base = 10) {
  const auto text = read_file(path, kSmall);
  if (!text) return fail(path + " is not to be seen from here (in a container it often is not)");
  const char* first = text->data() + (base == 16 && text->starts_with("0x") ? 2 : 0);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(first, text->data() + text->size(), value, base);
  if (error != std::errc()) return fail(path + " has no number");
  return value;
}

Result<ClockFacts> read_clock() {
  timex state{};
  const int result = ::adjtimex(&state);
  if (result < 0) return fail_errno("the clock's state is not to be seen", errno);
  ClockFacts clock;
  clock.synchronised = result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  clock.max_error_us = static_cast<std::uint64_t>(std::max(0L, state.maxerror));
  return clock;
}

// A packet socket of no protocol: it gets no packet, and needs the right all the same.
Result<void> try_to_capture() {
  const UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (fd) return {};
  return errno == EPERM ? fail("it has no CAP_NET_RAW") : fail_errno("no packet socket", errno);
}

bool has_capability(unsigned number) {
  const auto status = read_file("/proc/self/status", kSmall);
  return status && (parse_effective_capabilities(*status) >> number & 1) != 0;
}

// sysfs may show another network namespace than the one that we are in.
bool is_promiscuous(const std::string& name, unsigned index) {
  const std::string dir = "/sys/class/net/" + name;
  constexpr std::uint64_t kEthernet = 1;
  if (read_number(dir + "/ifindex").value_or(0) != index || read_number(dir + "/type").value_or(0) != kEthernet)
    return true;
  const auto flags = read_number(dir + "/flags", 16);
  return !flags || (*flags & IFF_PROMISC) != 0;
}

InterfaceFacts look_at_interface(int socket, const std::string& name) {
  InterfaceFacts facts{name, true, true, true, true, {}};
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  const unsigned index = ::if_nametoindex(name.c_str());
  facts.exists = index != 0 && ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
  if (!facts.exists) return facts;
  facts.up = (request.ifr_flags & IFF_UP) != 0;
  facts.carrier = (request.ifr_flags & IFF_RUNNING) != 0;
  facts.promiscuous = (request.ifr_flags & IFF_LOOPBACK) != 0 || is_promiscuous(name, index);
  facts.lro_advice = distorting_offloads(socket, name, true).advice;
  return facts;
}

// A name, not one of weir export's patterns.
bool is_plain(const std::string& name) {
  return !name.empty() && name.size() < IFNAMSIZ && name != "any" && name.find_first_of("/!") == std::string::npos;
}

}  // namespace

void observe_kernel(Facts& facts) {
  facts.rmem_max = read_number("/proc/sys/net/core/rmem_max");
  if (const auto text = read_file("/proc/net/softnet_stat", kSmall)) {
    facts.softnet = parse_softnet(*text);
  } else {
    facts.softnet = std::unexpected(text.error());
  }
  if (const auto text = read_file("/proc/net/snmp", kSmall)) {
    facts.udp = parse_udp_counters(*text);
  } else {
    facts.udp = std::unexpected(text.error());
  }
  facts.clock = read_clock();
  facts.may_capture = try_to_capture();
}

void observe_ports(Facts& facts) {
  PortFacts ports;
  bool any = false;
  for (const char* table : {"udp", "udp6", "tcp", "tcp6"}) {
    const auto text = read_file(std::string("/proc/net/") + table, kTable);
    if (!text) continue;
    any = true;
    auto sockets = parse_bound_sockets(*text, table[0] == 't');
    ports.sockets.insert(ports.sockets.end(), sockets.begin(), sockets.end());
  }
  if (!any) {
    facts.ports = fail("the host's sockets are not to be seen: /proc/net/udp cannot be read");
    return;
  }
  name_holders(ports.sockets, std::chrono::steady_clock::now() + kHolderLimit);
  ports.first_unprivileged =
      static_cast<std::uint16_t>(read_number("/proc/sys/net/ipv4/ip_unprivileged_port_start").value_or(1024));
  ports.may_bind_all = has_capability(CAP_NET_BIND_SERVICE);
  facts.ports = std::move(ports);
}

void observe_interfaces(Facts& facts) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const std::string& name : facts.intent.interfaces) {
    if (!is_plain(name) || facts.interfaces.size() == kMostInterfaces) continue;
    facts.interfaces.push_back(look_at_interface(socket.get(), name));
  }
}

}  // namespace weir
