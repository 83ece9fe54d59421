// A predicate bound to a segment: texts and addresses have become codes of its dictionaries, and what its columns
// cannot hold is ruled out.
//
// Thread rules: select() and verdict() from any number of threads; each brings its own SelectBuffers.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "query/block_columns.h"
#include "query/matcher.h"
#include "query/predicate.h"
#include "store/segment.h"

namespace weir {

// Room for intermediate selections, one for each level of a predicate; used again and again.
class SelectBuffers {
 public:
  struct Level {
    std::uint8_t hit[kBlockRows];
    std::uint16_t remaining[kBlockRows];
    std::uint16_t selected[kBlockRows];
  };
  Level& level(std::size_t depth);

 private:
  std::vector<std::unique_ptr<Level>> levels_;
};

class BoundPredicate {
 public:
  // `segment` outlives this. Errors: it is damaged.
  static Result<BoundPredicate> bind(const Predicate& predicate, const Segment& segment, bool icmp_has_no_ports);

  // What the zone maps tell of a block.
  Verdict verdict(unsigned block) const { return verdict(*root_, block); }
  // Writes the rows of `from` that match to `out`, which has room for kBlockRows and may be from.picks; returns how
  // many. REQUIRES that `columns` is at a block of the segment.
  Result<std::size_t> select(BlockColumns& columns, const Selection& from, SelectBuffers& buffers,
                             std::uint16_t* out) const {
    return select(*root_, columns, from, buffers, 0, out);
  }

 private:
  struct Node {
    Predicate::Kind kind = Predicate::Kind::kAnd;
    std::vector<std::unique_ptr<Node>> children;
    // kTest:
    ColumnId column{};
    bool duration = false;
    std::optional<Matcher> matcher;
    std::span<const Zone> zones;      // none: cannot tell
    std::span<const Zone> protocols;  // of a port that ICMP does not have
    // What it let through so far: the most selective test of an "and" goes first.
    mutable std::atomic<std::uint64_t> seen{1};
    mutable std::atomic<std::uint64_t> passed{0};

    double rank() const;
  };

  static Result<std::unique_ptr<Node>> bind_node(const Predicate& predicate, const Segment& segment,
                                                 bool icmp_has_no_ports);
  static Result<std::unique_ptr<Node>> bind_test(const ColumnTest& test, const Segment& segment,
                                                 bool icmp_has_no_ports);
  static Verdict verdict(const Node& node, unsigned block);

  static Result<std::size_t> select(const Node& node, BlockColumns& columns, const Selection& from,
                                    SelectBuffers& buffers, std::size_t depth, std::uint16_t* out);
  static Result<std::size_t> select_test(const Node& node, BlockColumns& columns, const Selection& from,
                                         std::uint16_t* out);
  static Result<std::size_t> select_all_of(const Node& node, BlockColumns& columns, const Selection& from,
                                           SelectBuffers& buffers, std::size_t depth, std::uint16_t* out);
  static Result<std::size_t> select_any_of(const Node& node, BlockColumns& columns, const Selection& from,
                                           SelectBuffers& buffers, std::size_t depth, std::uint16_t* out);

  std::unique_ptr<Node> root_;
};

// end - start in ms; 0 where one is absent or they stand the wrong way round.
constexpr std::uint64_t duration_ms(std::uint64_t start, std::uint64_t end) {
  return start == 0 || end < start ? 0 : (end - start) / 1'000'000;
}

}  // namespace weir
