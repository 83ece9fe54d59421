#include "query/units.h"

#include <array>
#include <charconv>
#include <string>

#include "query/words.h"

namespace weir {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The whole text as a number of `base`.
std::optional<std::uint64_t> whole(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

std::optional<std::uint64_t> factor_of(std::string_view unit) {
  if (unit.empty()) return 1;
  const std::size_t power = std::string_view("kmgt").find(unit.front());
  const std::string_view rest = unit.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "i" && rest != "ib")) return std::nullopt;
  std::uint64_t factor = 1;
  for (std::size_t i = 0; i <= power; ++i) factor *= rest.empty() ? 1000 : 1024;
  return factor;
}

std::size_t count_digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

// `digits` behind the decimal point, of units of `factor`.
std::optional<std::uint64_t> fraction_of(std::string_view digits, std::uint64_t factor) {
  while (digits.ends_with('0')) digits.remove_suffix(1);
  if (digits.empty()) return 0;
  const auto value = whole(digits);
  std::uint64_t divisor = 1;
  if (!value || digits.size() > 6) return std::nullopt;  // so that no product below overflows
  for (std::size_t i = 0; i < digits.size(); ++i) divisor *= 10;
  const auto scaled = *value * factor;
  if (scaled % divisor != 0) return std::nullopt;
  return scaled / divisor;
}

struct TimeUnit {
  std::string_view name;
  std::uint64_t ns;
};

constexpr std::array kTimeUnits = std::to_array<TimeUnit>({
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
});

}  // namespace

std::optional<std::uint64_t> parse_magnitude(std::string_view text) {
  const std::string small = lower(text);
  std::string_view rest = small;
  if (rest.starts_with("0x")) return whole(rest.substr(2), 16);
  const std::string_view digits = rest.substr(0, count_digits(rest));
  rest.remove_prefix(digits.size());
  std::string_view fraction;
  if (rest.starts_with('.')) {
    fraction = rest.substr(1, count_digits(rest.substr(1)));
    rest.remove_prefix(1 + fraction.size());
    if (fraction.empty()) return std::nullopt;
  }
  const auto number = whole(digits);
  const auto factor = factor_of(rest);
  if (!number || !factor) return std::nullopt;
  const auto major = product(*number, *factor);
  const auto minor = fraction_of(fraction, *factor);
  std::uint64_t sum;
  if (!major || !minor || __builtin_add_overflow(*major, *minor, &sum)) return std::nullopt;
  return sum;
}

std::optional<std::uint64_t> parse_timespan(std::string_view text) {
  const std::string small = lower(text);
  std::string_view rest = small;
  std::uint64_t sum = 0;
  std::size_t next_unit = 0;  // in kTimeUnits
  do {
    const auto number = whole(rest.substr(0, count_digits(rest)));
    if (!number) return std::nullopt;
    rest.remove_prefix(count_digits(rest));
    std::size_t length = 0;
    while (length < rest.size() && rest[length] >= 'a' && rest[length] <= 'z') ++length;
    while (next_unit < kTimeUnits.size() && kTimeUnits[next_unit].name != rest.substr(0, length)) ++next_unit;
    if (next_unit == kTimeUnits.size()) return std::nullopt;
    const auto part = product(*number, kTimeUnits[next_unit++].ns);
    if (!part || __builtin_add_overflow(sum, *part, &sum)) return std::nullopt;
    rest.remove_prefix(length);
    if (rest.size() > 1 && rest.front() == ':') rest.remove_prefix(1);
  } while (!rest.empty());
  return sum;
}

}  // namespace weir
