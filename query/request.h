// A query, ready to run.
//
// Thread rules: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "query/condition.h"
#include "query/field.h"
#include "store/time_range.h"

namespace weir {

// Which interfaces a query looks at: "eth0,eth2", "any", "any,!eth2", "/eth[0-2]/" (ECMAScript, whole name), "!eth0"
// (like any,!eth0).
class InterfaceFilter {
 public:
  static Result<InterfaceFilter> parse(std::string_view text);
  // Any interface.
  InterfaceFilter() = default;

  // False for "any": flows count once, whatever interfaces they have.
  bool restricts() const { return !only_.empty() || !except_.empty(); }
  bool matches(std::string_view interface) const;
  const std::string& text() const { return text_; }  // as the user wrote it

 private:
  struct Pattern {
    struct Regex;  // compiled once, shared by copies
    std::string text;
    std::shared_ptr<const Regex> regex;  // none: `text` is the name itself
  };
  static Result<Pattern> parse_pattern(std::string_view item);
  static bool matches_any(const std::vector<Pattern>& patterns, std::string_view interface);

  std::string text_ = "any";
  std::vector<Pattern> only_;
  std::vector<Pattern> except_;
};

// Rows that are equal there follow the values of their columns, smallest first; so do all rows sorted by kTime where
// there is no `time` column. IPv4 addresses come before IPv6 ones.
enum class SortBy : std::uint8_t { kBytes, kPackets, kTime };
enum class Counters : std::uint8_t { kBoth, kIn, kOut, kSum };  // which are shown, and sorted by
enum class Sampling : std::uint8_t {
  kRaw,     // counters as they were exported
  kScaled,  // times the sampling rate (a rate of 0 is 1)
};

// `time` takes the block's size from the length of the window.
inline constexpr std::uint64_t kAutoResolution = 0;

struct QueryRequest {
  std::vector<QueryColumn> columns;  // at least one
  ParsedCondition condition;
  InterfaceFilter interfaces;
  TimeRange times;                                     // of the time column
  std::uint64_t time_resolution_ns = 300'000'000'000;  // of kTime, or kAutoResolution
  SortBy sort = SortBy::kBytes;
  bool ascending = false;
  Counters counters = Counters::kBoth;
  std::size_t limit = 1000;  // rows; 0: all
  Sampling sampling = Sampling::kRaw;
  // Flows back to the initiator (store/conversations.h) are looked at from the initiator's side: what flow/sides.h
  // pairs changes places for conditions and columns, in and out are exchanged. Counters, flags and times in conditions
  // and columns stay the flow's own. Ports of ICMP are 0.
  bool biflow = false;
};

// "-1d", "-15d:04h:05m", "1700000000", "2026-01-02 15:04 +0100", … (docs/query.md lists them all): ns since the epoch.
// Relative to `now_ns`; the local time zone where none is given. Errors show the forms.
Result<std::uint64_t> parse_time(std::string_view text, std::uint64_t now_ns);

// The same for the end of a window: a whole second is meant with all of it.
Result<std::uint64_t> parse_last_time(std::string_view text, std::uint64_t now_ns);

// "5m", "1h", "auto": of `time`. A multiple of five minutes.
Result<std::uint64_t> parse_time_resolution(std::string_view text);

}  // namespace weir
