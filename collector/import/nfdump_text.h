// How nfdump writes values.
//
// Thread rules: functions without shared state; a LocalTime belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// By nfdump's name or IANA's, or decimal number.
std::optional<std::uint8_t> nfdump_protocol(std::string_view name);

// Decimal digits and nothing else, at most `most`.
std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most);

// "0.181", ".250": a number with up to three decimals, times 1000.
std::optional<std::uint64_t> milliseconds(std::string_view text);

// "...AP.SF": a letter where the flag is set.
std::optional<std::uint64_t> nfdump_flags(std::string_view text);

// "2026-01-02 15:04:05", in the local time zone, as Unix seconds. Remembers the last minute: rows are mostly of one.
class LocalTime {
 public:
  std::optional<std::uint64_t> seconds(std::string_view text);

 private:
  static std::optional<std::uint64_t> parse_minute(std::string_view text);

  std::string minute_;
  std::uint64_t start_ = 0;
};

}  // namespace weir
