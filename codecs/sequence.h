// Sequence numbers: what is missing, what only came late, and in which unit the exporter counts.
//
// Thread rules: owned by one decoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codecs/decoder.h"

namespace weir {

enum class SequenceUnit : std::uint8_t { kFlows, kDatagrams, kRecords };
std::string_view unit_name(SequenceUnit unit);

class SequenceTracker {
 public:
  explicit SequenceTracker(SequenceUnit unit) : declared_(unit), unit_(unit) {}

  // A message with number `sequence` that holds from `least` to `most` units: the two differ where a set could not be
  // decoded. Ignored are the counts of a sender that counts datagrams.
  void on_message(std::uint32_t sequence, std::uint32_t least, std::uint32_t most, SequenceStats& stats);

  // Gaps that have been open since the call before are losses from now on.
  void settle(SequenceStats& stats);
  // So are all others.
  void settle_all(SequenceStats& stats);

  SequenceUnit unit() const { return unit_; }

  // To survive a restart.
  struct Saved {
    bool started;
    SequenceUnit unit;
    std::uint32_t expected;
  };
  Saved save() const { return {started_, unit_, expected_most_}; }
  void load(const Saved& saved);

 private:
  struct Gap {
    std::uint32_t from = 0;
    std::uint32_t length = 0;  // 0: free
    std::uint32_t age = 0;     // messages since
    bool old = false;          // seen by settle()
  };

  void learn_unit(std::uint32_t sequence, std::uint32_t least);
  void start_at(std::uint32_t sequence, std::uint32_t least, std::uint32_t most);
  void open_gap(std::uint32_t from, std::uint32_t length, SequenceStats& stats);
  bool fill_gap(std::uint32_t sequence, std::uint32_t units, SequenceStats& stats);
  void close(Gap& gap, SequenceStats& stats);

  SequenceUnit declared_;
  SequenceUnit unit_;
  bool started_ = false;
  std::uint32_t expected_least_ = 0;
  std::uint32_t expected_most_ = 0;
  std::uint32_t previous_ = 0;    // the number of the message before
  std::uint32_t last_ = 0;        // likewise, while the unit is being learnt
  std::uint32_t last_least_ = 0;  // and its units
  unsigned matches_ = 0;          // in a row, of the declared unit while another is in force
  unsigned behind_ = 0;           // messages in a row that came from before what is expected
  std::array<Gap, 8> gaps_{};
};

}  // namespace weir
