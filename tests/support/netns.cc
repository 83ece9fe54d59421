#include "tests/support/netns.h"

#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "tests/support/process.h"

namespace weir::test {
namespace {

void ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  const Outcome outcome = run(arguments);
  if (outcome.code == 0) return;
  std::string command;
  for (const std::string& word : arguments) command += word + " ";
  throw std::runtime_error(command + ": " + outcome.err);
}

// IPv6 would speak by itself: neighbours, routers, multicast listeners.
void quieten(const std::string& name) {
  for (const std::string& which : {std::string("all"), std::string("default")}) {
    run(NetworkPair::in(name, {"sysctl", "-qw", "net.ipv6.conf." + which + ".disable_ipv6=1"}));
  }
}

}  // namespace

std::string NetworkPair::impossible() {
  if (::geteuid() != 0) return "network namespaces need root";
  if (!have_program("ip")) return "iproute2 is not installed";
  if (run({"ip", "netns", "add", "weir-probe-" + std::to_string(::getpid())}).code != 0) {
    return "no network namespace can be made here";
  }
  run({"ip", "netns", "del", "weir-probe-" + std::to_string(::getpid())});
  return {};
}

NetworkPair::NetworkPair() {
  static std::atomic<unsigned> made = 0;
  const std::string number = std::to_string(::getpid()) + "-" + std::to_string(made++);
  left_ = "weir-left-" + number;
  right_ = "weir-right-" + number;
  for (const std::string& name : {left_, right_}) {
    ip({"netns", "add", name});
    quieten(name);
  }
  plug();
}

NetworkPair::~NetworkPair() {
  for (const std::string& name : {left_, right_}) run({"ip", "netns", "del", name});
}

std::vector<std::string> NetworkPair::in(const std::string& name, std::vector<std::string> command) {
  std::vector<std::string> all{"ip", "netns", "exec", name};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

void NetworkPair::plug() {
  ip({"-n", left_, "link", "add", "left0", "type", "veth", "peer", "name", "right0", "netns", right_});
  ip({"-n", left_, "address", "add", "10.9.0.1/24", "dev", "left0"});
  ip({"-n", right_, "address", "add", "10.9.0.2/24", "dev", "right0"});
  ip({"-n", left_, "link", "set", "left0", "up"});
  ip({"-n", right_, "link", "set", "right0", "up"});
  ip({"-n", left_, "link", "set", "lo", "up"});
  ip({"-n", right_, "link", "set", "lo", "up"});
}

void NetworkPair::unplug() { ip({"-n", left_, "link", "del", "left0"}); }

}  // namespace weir::test
