#include "sinks/backoff.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestRetryAfter{600'000};  // a server may ask for no more

}  // namespace

std::chrono::milliseconds Backoff::next_pause(const Trouble& trouble) {
  auto pause = std::min(kFirstPause * (1 << std::min(failures_, 16U)), longest_pause_);
  if (trouble.unauthorized) pause = longest_pause_;
  pause += std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(0, std::max<std::int64_t>(pause.count() / 4, 1))(random_));
  return std::max(pause, std::min(trouble.retry_after, kLongestRetryAfter));
}

bool Backoff::fail(const Trouble& trouble) {
  not_before_ = Clock::now() + next_pause(trouble);
  ++failures_;
  const bool news = !std::exchange(in_trouble_, true) || (trouble.unauthorized && !unauthorized_);
  unauthorized_ = trouble.unauthorized;
  return news;
}

bool Backoff::succeed() {
  failures_ = 0;
  unauthorized_ = false;
  return std::exchange(in_trouble_, false);
}

void Backoff::retry_now() {
  not_before_ = Clock::now();
  failures_ = 0;
}

}  // namespace weir
