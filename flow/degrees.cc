#include "flow/degrees.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace weir {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr double kLargest = 180;
constexpr std::size_t kDecimals = 6;

}  // namespace

std::optional<std::uint32_t> degrees_from(double degrees) {
  if (!(degrees >= -kLargest && degrees <= kLargest)) return std::nullopt;
  return static_cast<std::uint32_t>(std::llround(degrees * kMillion) + kDegreesZero);
}

std::optional<std::uint32_t> parse_degrees(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos && text.size() - dot - 1 > kDecimals) return std::nullopt;
  double degrees = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, degrees, std::chars_format::fixed);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return degrees_from(degrees);
}

char* write_degrees(char* out, std::uint32_t degrees) {
  const bool negative = degrees < kDegreesZero;
  const std::uint32_t millionths = negative ? kDegreesZero - degrees : degrees - kDegreesZero;
  if (negative) *out++ = '-';
  out = write_number(out, millionths / kMillion);
  std::uint32_t decimals = millionths % kMillion;
  if (decimals == 0) return out;
  *out++ = '.';
  for (std::uint32_t unit = kMillion / 10; decimals != 0; unit /= 10) {
    *out++ = static_cast<char>('0' + decimals / unit);
    decimals %= unit;
  }
  return out;
}

}  // namespace weir
