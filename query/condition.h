// Conditions: what a flow has to be like.
//
// A condition is parsed once, against goQuery's grammar (docs/query.md), into a tree of tests on fields. What the
// grammar has only for convenience is gone then: `host`, `net` and host names have become tests on a list of prefixes,
// `in (…)` a list of values, units are multiplied out.
//
// Thread rules: value types. parse_condition() may block on name resolution.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/address.h"
#include "query/field.h"
#include "query/text_error.h"

namespace weir {

enum class Comparison : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// One comparison. An absent value is 0, the empty text, no address.
//
//   numbers   kStored numbers, protocols, times (ns), MACs (as a number, first byte highest), kDuration (ms), prefix
//             lengths. kEqual: equals any of `numbers`; kNotEqual: none of them; the orders have exactly one number.
//   prefixes  addresses: kEqual: lies in any of them; kNotEqual: in none. For kAnyAddress kEqual: either side lies in
//   any;
//             kNotEqual: neither does.
//   networks  src_net, dst_net: kEqual, kNotEqual: the masked address and its length equal any of `prefixes`. A length
//             of 0 is absent: it says nothing of a network.
//   texts     kEqual: equals any; kNotEqual: none. kInterface kEqual: either side's interface is any of them;
//   kNotEqual:
//             neither is. Lists (as_path, mpls_label, communities): has any of `numbers` (`prefixes` for mpls_ip)
//             among its elements, kNotEqual: none.
//   flags     tcp_flags compared with letters (`flags_as_set`): kEqual exactly these, kNotEqual not exactly these,
//             kGreaterEqual at least these, kLessEqual at most these, the strict forms without equality.
struct Test {
  QueryField field;
  Comparison comparison = Comparison::kEqual;
  bool flags_as_set = false;
  std::vector<std::uint64_t> numbers;
  std::vector<Prefix> prefixes;
  std::vector<std::string> texts;
};

struct Condition {
  enum class Kind : std::uint8_t { kTest, kNot, kAnd, kOr };
  Kind kind = Kind::kTest;
  Test test;                        // kTest
  std::vector<Condition> children;  // kNot: one; kAnd, kOr: at least two
};

// `dir`: filters the aggregated rows by their counters.
enum class DirectionFilter : std::uint8_t { kNone, kIn, kOut, kUni, kBi };

struct ParsedCondition {
  std::optional<Condition> flows;  // none: every flow
  DirectionFilter direction = DirectionFilter::kNone;
  std::string text;  // as goQuery would print it: operators and blanks made uniform, names as the user wrote them
};

// All addresses of a host name; an error when it has none.
using ResolveName = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;
// By the system's resolver.
ResolveName system_resolver();

// An empty text is no condition. Errors have three lines: what is wrong and what would be right (with the nearest known
// word), the condition, and a caret under the place, which is also there as a number. Bounded: at most 64 KiB of text,
// 1000 tests, brackets 200 deep.
TextResult<ParsedCondition> parse_condition(std::string_view text, const ResolveName& resolve);

}  // namespace weir
