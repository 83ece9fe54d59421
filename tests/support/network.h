// Networks for tests: namespaces of their own that leave nothing behind, and a sender of raw frames.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/unique_fd.h"

namespace weir::test {

// A network namespace that the calling thread is in from here on, and threads and processes that it starts, until the
// object goes. The loopback is up, IPv6 and its chatter off.
class NetNamespace {
 public:
  // Whether this process may have them.
  static bool available();

  NetNamespace();
  ~NetNamespace();
  NetNamespace(const NetNamespace&) = delete;
  NetNamespace& operator=(const NetNamespace&) = delete;

  // Where the calling thread may move to, of several.
  void enter() const;
  // For `ip link set … netns PATH`.
  std::string path() const;

 private:
  UniqueFd outside_, inside_;
};

// `ip …`, the words separated by blanks; throws std::runtime_error with what it says where it fails.
void ip(const std::string& arguments);

// Two ends of a cable, up: addresses 02:00:00:00:00:01 and …02.
void add_cable(const std::string& a, const std::string& b);

// Sends frames out of an interface.
class FrameSender {
 public:
  explicit FrameSender(const std::string& interface);
  // Throws std::runtime_error where one cannot be sent.
  void send(Bytes frame, unsigned times = 1);

 private:
  UniqueFd socket_;
};

// A tun interface, up: what is written to it arrives at the host, without link header. `hardware_type` as ARPHRD_…
class TunInterface {
 public:
  explicit TunInterface(const std::string& name, int hardware_type = 0xfffe);
  void arrive(Bytes packet) const;

 private:
  UniqueFd device_;
};

}  // namespace weir::test
