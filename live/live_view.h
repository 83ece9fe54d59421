// The live view of a collector or an exporter: throughput by protocol second by second, always, and the busiest flows,
// hosts and ports while somebody watches.
//
// Somebody watches for kWatch after each `top` command. A ranking begins with the first command that asks for it; when
// the watching ends its memory goes (top_table.h tells how much that is). Times of receipt are wall time, rates go by
// the steady clock.
//
// Thread rules: from any thread. One lock for each call of add(), another one while somebody watches.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flow/batch.h"
#include "live/protocol_seconds.h"
#include "live/talk.h"
#include "live/top_table.h"

namespace weir {

// The present on both clocks.
struct LiveTime {
  std::uint64_t wall_ns;
  std::uint64_t steady_ns;
};
LiveTime live_time();

enum class TopBy : std::uint8_t { kFlows, kHosts, kPorts, kCount };

class LiveView {
 public:
  static constexpr std::uint64_t kWatch = 15'000'000'000;  // ns
  static constexpr std::size_t kMaxRows = 500;

  // `settle`: the longest that what was received waits before it is added, less than a second; a second is not told
  // before it is complete.
  explicit LiveView(std::chrono::nanoseconds settle, std::function<LiveTime()> clock = live_time);

  // Every flow of a batch, by the second in which it was received, both directions.
  void add(const FlowBatch& batch);
  // What was received in `second` (Unix time).
  void add(const ProtocolSums& sums, std::uint64_t second);
  // For the rankings, at that steady time; nothing while nobody watches.
  void add(std::span<const Talk> talks, std::uint64_t steady_ns);

  // Somebody watches. Gives the rankings up when that is over, so ask now and then even if there is nothing to add.
  bool is_watched();

  // The answer to "live SINCE" or "top BY LIMIT" as JSON ("Live" and "Top" of the HTTP API); nothing when it is another
  // command.
  std::optional<Result<std::string>> answer(std::string_view command);
  // What answer() knows, for messages.
  static constexpr std::string_view kCommands = "live SINCE, top flows|hosts|ports LIMIT";

 private:
  struct Ranking {
    std::uint64_t began_ns = 0;  // steady
    std::uint64_t until_ns = 0;
    std::unique_ptr<TopTable> table;  // null while nobody watches

    // The first one is not told: what came before the ranking began, and after, meets in it.
    std::uint64_t second(std::uint64_t steady_ns) const {
      return steady_ns < began_ns ? 0 : (steady_ns - began_ns) / 1'000'000'000;
    }
  };

  std::string live(std::uint64_t since);
  std::string top(TopBy by, std::size_t limit);
  void count(const Talk& talk, std::uint64_t steady_ns);
  void give_up(std::uint64_t steady_ns);

  const std::uint64_t settle_ns_;
  const std::function<LiveTime()> clock_;
  std::mutex seconds_mutex_;
  ProtocolSeconds seconds_;
  std::uint64_t began_;  // Unix time
  std::atomic<std::uint64_t> watched_until_ns_{0};
  std::mutex top_mutex_;
  std::array<Ranking, static_cast<std::size_t>(TopBy::kCount)> rankings_;
};

}  // namespace weir
