// Failed TLS handshakes in the log, with the other side's address: a line a second at the most, so that whoever can
// connect cannot fill the disk.
//
// Thread rules: one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir {

class HandshakeLog {
 public:
  void tell(const std::string& peer, const std::string& why);

 private:
  std::chrono::steady_clock::time_point quiet_until_{};
  std::uint64_t untold_ = 0;
};

}  // namespace weir
