#include "collector/handshake_log.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace weir {

void HandshakeLog::tell(const std::string& peer, const std::string& why) {
  const auto now = std::chrono::steady_clock::now();
  if (now < quiet_until_) {
    ++untold_;
    return;
  }
  quiet_until_ = now + std::chrono::seconds(1);
  if (const std::uint64_t untold = std::exchange(untold_, 0); untold != 0) {
    spdlog::warn("{} more TLS handshakes failed", untold);
  }
  spdlog::warn("TLS handshake with {} failed: {}", peer, why);
}

}  // namespace weir
