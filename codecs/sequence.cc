#include "codecs/sequence.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::uint32_t kWindow = 16;                 // messages that may come late
constexpr std::uint32_t kLargestGap = 1u << 26;       // a larger jump is another count, not a loss
constexpr std::uint32_t kLargestStepBack = 1u << 12;  // a larger one is a restart
constexpr unsigned kRestartAfter = 3;                 // messages in a row from before the expected one

std::int32_t ahead(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

}  // namespace

std::string_view unit_name(SequenceUnit unit) {
  switch (unit) {
    case SequenceUnit::kFlows: return "flows";
    case SequenceUnit::kDatagrams: return "datagrams";
    default: return "records";
  }
}

// A number that falls inside the message before it cannot be of the declared unit, whatever was lost or came late.
void SequenceTracker::learn_unit(std::uint32_t sequence, std::uint32_t least) {
  if (declared_ == SequenceUnit::kDatagrams) return;
  if (last_least_ > 1 && sequence == last_ + 1 && unit_ == declared_) {
    unit_ = SequenceUnit::kDatagrams;
    gaps_ = {};
    expected_least_ = expected_most_ = sequence;
    matches_ = 0;
  } else if (unit_ != declared_) {
    // One such step may be a loss of datagrams; two in a row are a sender that was replaced.
    matches_ = last_least_ > 1 && sequence == last_ + last_least_ ? matches_ + 1 : 0;
    if (matches_ == 2) {
      unit_ = declared_;
      gaps_ = {};
      expected_least_ = expected_most_ = sequence;
    }
  }
  last_ = sequence;
  last_least_ = least;
}

void SequenceTracker::start_at(std::uint32_t sequence, std::uint32_t least, std::uint32_t most) {
  started_ = true;
  behind_ = 0;
  expected_least_ = sequence + least;
  expected_most_ = sequence + most;
}

void SequenceTracker::on_message(std::uint32_t sequence, std::uint32_t least, std::uint32_t most,
                                 SequenceStats& stats) {
  const bool repeated = started_ && sequence == previous_;
  previous_ = sequence;
  if (started_) learn_unit(sequence, least);
  if (!started_) {
    last_ = sequence;
    last_least_ = least;
  }
  if (unit_ == SequenceUnit::kDatagrams) least = most = 1;
  if (!started_) return start_at(sequence, least, most);

  for (Gap& gap : gaps_) {
    if (gap.length != 0 && ++gap.age > kWindow) close(gap, stats);
  }
  if (ahead(sequence, expected_least_) >= 0) {
    const std::int32_t missing = ahead(sequence, expected_most_);
    if (missing > 0 && static_cast<std::uint32_t>(missing) > kLargestGap) {
      ++stats.resets;
      gaps_ = {};
    } else if (missing > 0) {
      open_gap(expected_most_, static_cast<std::uint32_t>(missing), stats);
    }
    return start_at(sequence, least, most);
  }
  if (fill_gap(sequence, least, stats)) return;
  if (repeated) return;  // sent twice, or by an exporter that does not count
  const std::uint32_t back = expected_least_ - sequence;
  if (back <= kLargestStepBack && ++behind_ < kRestartAfter) return;  // sent twice, or too late
  settle_all(stats);
  ++stats.resets;
  start_at(sequence, least, most);
}

void SequenceTracker::open_gap(std::uint32_t from, std::uint32_t length, SequenceStats& stats) {
  auto place = std::find_if(gaps_.begin(), gaps_.end(), [](const Gap& g) { return g.length == 0; });
  if (place == gaps_.end()) {
    place = std::max_element(gaps_.begin(), gaps_.end(), [](const Gap& a, const Gap& b) { return a.age < b.age; });
    close(*place, stats);
  }
  *place = {from, length, 0, false};
}

bool SequenceTracker::fill_gap(std::uint32_t sequence, std::uint32_t units, SequenceStats& stats) {
  for (Gap& gap : gaps_) {
    const std::uint32_t before = sequence - gap.from;
    if (gap.length == 0 || before >= gap.length) continue;
    ++stats.reordered;
    const std::uint32_t after = gap.length - before - std::min(units, gap.length - before);
    const Gap rest{sequence + units, after, gap.age, gap.old};
    gap.length = before;
    if (gap.length == 0) {
      gap = rest;
    } else if (after != 0) {
      open_gap(rest.from, rest.length, stats);
    }
    return true;
  }
  return false;
}

void SequenceTracker::close(Gap& gap, SequenceStats& stats) {
  stats.lost += gap.length;
  gap = {};
}

void SequenceTracker::settle(SequenceStats& stats) {
  for (Gap& gap : gaps_) {
    if (gap.length != 0 && gap.old) close(gap, stats);
    gap.old = gap.length != 0;
  }
}

void SequenceTracker::settle_all(SequenceStats& stats) {
  for (Gap& gap : gaps_) close(gap, stats);
}

void SequenceTracker::load(const Saved& saved) {
  started_ = saved.started;
  unit_ = saved.unit;
  expected_least_ = expected_most_ = saved.expected;
  last_least_ = 0;
}

}  // namespace weir
