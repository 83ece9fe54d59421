// A condition in terms of the store's columns: tests of single columns under "and" and "or", nothing else.
//
// Fields that the store does not keep as such (iface, host, either address, networks) have become tests of the columns
// that they are made of, negations have moved into the tests.
//
// Thread rules: value types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/condition.h"
#include "query/interval_set.h"
#include "store/column.h"

namespace weir {

// How a flow is looked at: as it was stored, or with its two sides exchanged (flow/sides.h).
enum class Orientation : std::uint8_t { kAsStored, kReversed };

// One column. `negated` turns all but kNumbers and kDuration, whose sets have the negation in them.
struct ColumnTest {
  enum class Kind : std::uint8_t {
    kNumbers,      // the value is in `numbers`
    kAddresses,    // lies in one of `prefixes`; no address lies in none
    kNoAddress,    // there is no address
    kTexts,        // is one of `texts`, "" where absent
    kNumberList,   // has an element in `numbers`
    kAddressList,  // has an element in one of `prefixes`
    kDuration,     // end - start in ms is in `numbers`; needs time_flow_start_ns too
  };
  Kind kind = Kind::kNumbers;
  bool negated = false;
  ColumnId column{};
  IntervalSet numbers;
  std::vector<Prefix> prefixes;
  std::vector<std::string> texts;
};

struct Predicate {
  enum class Kind : std::uint8_t { kTest, kAnd, kOr };  // kAnd of nothing: always; kOr of nothing: never
  Kind kind = Kind::kAnd;
  ColumnTest test;
  std::vector<Predicate> children;
};

// REQUIRES a condition as parse_condition() makes it. `time_resolution` is of `time`.
Predicate make_predicate(const Condition& condition, Orientation orientation, std::uint64_t time_resolution);

}  // namespace weir
