#include "exporter/live_feed.h"

#include <algorithm>
#include <vector>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::chrono::milliseconds kLookingPatience{1};
constexpr std::chrono::milliseconds kWatchedPatience{50};
// From one look to the next; longer where the table is so large that looks would be all that is done.
constexpr std::uint64_t kBetweenLooks = 200 * kNsPerMs;
constexpr std::uint64_t kTimesAsLong = 4;

}  // namespace

void LiveFeed::begin_turn(std::uint64_t wall_ns) {
  const std::uint64_t second = wall_ns / kNsPerSecond;
  if (second == second_) return;
  tell_protocols();
  second_ = second;
}

void LiveFeed::tell_protocols() {
  const ProtocolSums& now = meter_.protocols();
  ProtocolSums since{};
  bool any = false;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const Amount traffic{now[i].traffic.bytes - told_[i].traffic.bytes,
                         now[i].traffic.packets - told_[i].traffic.packets};
    since[i] = {traffic.scaled(sampling_rate_), now[i].flows - told_[i].flows};
    any = any || traffic.packets != 0;
  }
  if (!any) return;
  view_.add(since, second_);
  told_ = now;
}

void LiveFeed::end_turn() {
  const bool wanted = view_.is_watched();
  if (wanted != watched_) {
    meter_.watch(wanted);
    watched_ = looking_ = wanted;
    look_began_ns_ = told_at_ns_ = steady_time_ns();
  }
  if (!watched_) return;
  const std::uint64_t now = steady_time_ns();
  if (!looking_ && now >= next_look_ns_) {
    looking_ = true;
    told_at_ns_ = look_began_ns_ + (now - look_began_ns_) / 2;
    look_began_ns_ = now;
  }
  if (looking_) {
    looking_ = meter_.look();
    const std::uint64_t took = steady_time_ns() - look_began_ns_;
    next_look_ns_ = look_began_ns_ + std::max(kBetweenLooks, kTimesAsLong * took);
  }
  tell_talks();
}

void LiveFeed::tell_talks() {
  const std::vector<Talk> talks = meter_.take_talks();
  if (!talks.empty()) view_.add(talks, told_at_ns_);
}

void LiveFeed::finish(std::uint64_t wall_ns) {
  begin_turn(wall_ns);
  tell_protocols();
}

std::chrono::milliseconds LiveFeed::patience() const { return looking_ ? kLookingPatience : kWatchedPatience; }

}  // namespace weir
