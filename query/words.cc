#include "query/words.h"

#include <algorithm>

#include "base/suggest.h"

namespace weir {
namespace {

constexpr std::size_t kLongestShown = 60;
constexpr std::size_t kLongestGuessed = 40;

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto c = static_cast<unsigned char>(shown[i]);
    if (c < 0x20 || c == 0x7f) shown[i] = '?';
    // U+0080 to U+009F control terminals as well.
    const auto next = static_cast<unsigned char>(i + 1 < shown.size() ? shown[i + 1] : 0);
    if (c == 0xc2 && next >= 0x80 && next < 0xa0) shown[i] = shown[i + 1] = '?';
  }
  return shown;
}

std::string in_quotes(std::string_view word) {
  if (word.size() <= kLongestShown) return "'" + printable(word) + "'";
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xc0) == 0x80) --end;  // not in the middle of a character
  return "'" + printable(word.substr(0, end)) + "…'";
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  return word.size() > kLongestGuessed ? "" : did_you_mean(lower(word), candidates);
}

}  // namespace weir
