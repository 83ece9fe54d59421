#include "tests/support/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.h"

namespace weir::test {
namespace {

UniqueFd own_namespace() { return UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }

void check(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what + ": errno " + std::to_string(errno));
}

}  // namespace

bool NetNamespace::available() {
  if (::geteuid() != 0 || !have_program("ip")) return false;
  const UniqueFd before = own_namespace();
  return ::unshare(CLONE_NEWNET) == 0 && ::setns(before.get(), CLONE_NEWNET) == 0;
}

NetNamespace::NetNamespace() : outside_(own_namespace()) {
  check(::unshare(CLONE_NEWNET) == 0, "unshare");
  inside_ = own_namespace();
  for (const char* which : {"all", "default"}) {
    std::ofstream off("/proc/sys/net/ipv6/conf/" + std::string(which) + "/disable_ipv6");
    off << 1;
  }
  ip("link set dev lo up");
}

NetNamespace::~NetNamespace() { ::setns(outside_.get(), CLONE_NEWNET); }

void NetNamespace::enter() const { check(::setns(inside_.get(), CLONE_NEWNET) == 0, "setns"); }

std::string NetNamespace::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(inside_.get());
}

void ip(const std::string& arguments) {
  std::vector<std::string> argv{"ip"};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) argv.push_back(word);
  const Outcome outcome = run(argv);
  if (outcome.code != 0) throw std::runtime_error("ip " + arguments + ": " + outcome.err);
}

void add_cable(const std::string& a, const std::string& b) {
  ip("link add name " + a + " address 02:00:00:00:00:01 type veth peer name " + b + " address 02:00:00:00:00:02");
  ip("link set dev " + a + " up");
  ip("link set dev " + b + " up");
}

FrameSender::FrameSender(const std::string& interface) : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind " + interface);
}

void FrameSender::send(Bytes frame, unsigned times) {
  for (unsigned i = 0; i < times; ++i)
    check(::send(socket_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()), "send");
}

TunInterface::TunInterface(const std::string& name, int hardware_type)
    : device_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  check(::ioctl(device_.get(), TUNSETIFF, &request) == 0, "TUNSETIFF");
  check(::ioctl(device_.get(), TUNSETLINK, hardware_type) == 0, "TUNSETLINK");
  ip("link set dev " + name + " up");
}

void TunInterface::arrive(Bytes packet) const {
  check(::write(device_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size()), "write to tun");
}

}  // namespace weir::test
