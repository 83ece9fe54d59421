#include "app/progress.h"

#include <algorithm>
#include <cstdio>

namespace weir {
namespace {

constexpr std::chrono::milliseconds kPatience{500};
constexpr int kBarWidth = 40;

}  // namespace

ProgressLine::~ProgressLine() {
  const std::lock_guard lock(mutex_);
  if (last_percent_ >= 0) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::update(double share) {
  if (!shown_ || std::chrono::steady_clock::now() - start_ < kPatience) return;
  const int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
  const std::lock_guard lock(mutex_);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  const int filled = percent * kBarWidth / 100;
  std::fprintf(stderr, "\r%3d %% [%.*s%*s]", percent, filled, "########################################",
               kBarWidth - filled, "");
  std::fflush(stderr);
}

}  // namespace weir
