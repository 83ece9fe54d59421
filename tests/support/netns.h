// Hosts of a test's own: network namespaces joined by a veth pair, made with iproute2. They need root; a test skips
// where NetworkPair::possible() tells why not.
#pragma once

#include <string>
#include <vector>

namespace weir::test {

class NetworkPair {
 public:
  // Why there can be none here; empty where there can.
  static std::string impossible();

  // Two namespaces, left() and right(), whose interfaces "left0" (10.9.0.1/24) and "right0" (10.9.0.2/24)
  // are joined. Nothing speaks on them unasked. Throws when it cannot be made.
  NetworkPair();
  ~NetworkPair();
  NetworkPair(const NetworkPair&) = delete;
  NetworkPair& operator=(const NetworkPair&) = delete;

  const std::string& left() const { return left_; }
  const std::string& right() const { return right_; }
  // `command`, to be run in the namespace.
  static std::vector<std::string> in(const std::string& name, std::vector<std::string> command);
  // Takes the pair of interfaces away, and makes it anew.
  void unplug();
  void plug();

 private:
  std::string left_;
  std::string right_;
};

}  // namespace weir::test
