// Degrees of latitude and longitude as whole numbers: millionths of a degree above kDegreesZero. So 0 is no place, and
// the numbers compare as the degrees do.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

inline constexpr std::uint32_t kDegreesZero = 1'000'000'000;

// None beyond ±180, or where it is not a number.
std::optional<std::uint32_t> degrees_from(double degrees);

// "-10.5", "52.520008": at most six decimals, which is what is kept; none beyond ±180.
std::optional<std::uint32_t> parse_degrees(std::string_view text);

// The longest text that write_degrees() makes.
inline constexpr std::size_t kDegreesText = 12;

// Decimal, without zeros at the end: "52.52", "-0.1", "7". Needs the room that write_number() (base/text.h) does.
char* write_degrees(char* out, std::uint32_t degrees);

}  // namespace weir
