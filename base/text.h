// Writing values as text, without bounds checks: the caller has reserved the room that each function names.
//
// Thread rules: functions without shared state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.h"

namespace weir {

// Bytes that copy_short() may touch beyond the end of both its source and its target.
inline constexpr std::size_t kCopySlack = 32;

// Copies n bytes in whole blocks, which for the short pieces of a record beats a call of memcpy. Up to kCopySlack bytes
// beyond each end are read and overwritten.
inline char* copy_short(char* out, const char* from, std::size_t n) {
  for (std::size_t done = 0; done < n; done += kCopySlack) std::memcpy(out + done, from + done, kCopySlack);
  return out + n;
}

inline char* copy_text(char* out, std::string_view text) {
  return out + text.copy(out, text.size());  // memcpy may not be given the null pointer of an empty text
}

namespace internal {

// "00" to "99".
inline constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline void write_pair(char* out, std::uint32_t below_100) { std::memcpy(out, &kDigitPairs[2 * below_100], 2); }

inline void write_8_digits(char* out, std::uint32_t v) {
  const std::uint32_t high = v / 10'000, low = v % 10'000;
  write_pair(out, high / 100);
  write_pair(out + 2, high % 100);
  write_pair(out + 4, low / 100);
  write_pair(out + 6, low % 100);
}

// At most eight digits, without leading zeros.
inline char* write_small(char* out, std::uint32_t v) {
  char digits[8];
  write_8_digits(digits, v);
  const unsigned skip = v < 10           ? 7
                        : v < 100        ? 6
                        : v < 1'000      ? 5
                        : v < 10'000     ? 4
                        : v < 100'000    ? 3
                        : v < 1'000'000  ? 2
                        : v < 10'000'000 ? 1
                                         : 0;
  std::uint64_t eight;
  std::memcpy(&eight, digits, 8);
  eight >>= 8 * skip;
  std::memcpy(out, &eight, 8);
  return out + (8 - skip);
}

}  // namespace internal

// The longest decimal number, and the room that write_number() needs.
inline constexpr std::size_t kNumberText = 20;
inline constexpr std::size_t kNumberRoom = 24;

// Decimal digits of v.
inline char* write_number(char* out, std::uint64_t v) {
  constexpr std::uint64_t k1e8 = 100'000'000;
  if (v < 10) {
    *out = static_cast<char>('0' + v);
    return out + 1;
  }
  if (v < k1e8) return internal::write_small(out, static_cast<std::uint32_t>(v));
  std::uint64_t high = v / k1e8;
  if (high < k1e8) {
    out = internal::write_small(out, static_cast<std::uint32_t>(high));
  } else {
    out = internal::write_small(out, static_cast<std::uint32_t>(high / k1e8));
    internal::write_8_digits(out, static_cast<std::uint32_t>(high % k1e8));
    out += 8;
  }
  internal::write_8_digits(out, static_cast<std::uint32_t>(v % k1e8));
  return out + 8;
}

// The most that one byte of text can become in JSON ("\u0001") and in CSV (a replacement character, or a doubled
// quote).
inline constexpr std::size_t kEscapedByte = 6;

// The inside of a JSON string (RFC 8259 §7): quote, backslash and control characters escaped, every byte that is not
// part of well-formed UTF-8 replaced by \ufffd. Needs kEscapedByte for each byte.
char* write_json_text(char* out, std::string_view text);

// A CSV cell (RFC 4180): in quotes where its text needs them; control characters become blanks so that a record stays
// on one line, malformed UTF-8 becomes U+FFFD. Needs kEscapedByte for each byte and 2 for the quotes.
char* write_csv_text(char* out, std::string_view text);

// Two lower-case hex digits a byte.
char* write_hex(char* out, Bytes bytes);

}  // namespace weir
