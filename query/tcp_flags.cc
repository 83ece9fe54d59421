#include "query/tcp_flags.h"

#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::string_view kLetters = "FSRPAUECN";

}  // namespace

std::optional<std::uint64_t> parse_tcp_flags(std::string_view letters) {
  if (letters.size() > kLetters.size()) return std::nullopt;
  std::uint64_t flags = 0;
  for (const char c : letters) {
    const std::size_t bit = kLetters.find(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    if (bit == std::string_view::npos || (flags >> bit & 1) != 0) return std::nullopt;
    flags |= std::uint64_t{1} << bit;
  }
  return flags;
}

std::string tcp_flags_text(std::uint64_t flags) {
  if (flags >> kLetters.size() != 0) return fmt::format("{:#x}", flags);
  std::string letters;
  for (std::size_t bit = 0; bit < kLetters.size(); ++bit) {
    if ((flags >> bit & 1) != 0) letters += kLetters[bit];
  }
  return letters;
}

}  // namespace weir
