#include "query/scanner.h"

#include "query/text_width.h"

namespace weir {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kNotInWords = " \t\r\n\v\f()[]{},\"'&|*+=!<>";

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool in_identifier(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

constexpr std::size_t kShownBefore = 60;
constexpr std::size_t kShownAfter = 40;

bool within_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Without what would move a terminal's cursor; tabs stay, since the caret's line repeats them.
std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const auto c = static_cast<unsigned char>(text[at]);
    const bool plain = length > 1 || (c >= 0x20 && c < 0x7f) || c == '\t';
    out += plain ? text.substr(at, length) : c < 0x80 ? " " : "?";
    at += length;
  }
  return out;
}

// As wide as `text`, with its tabs.
std::string padding(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    out += text[at] == '\t' ? "\t" : std::string(display_width(text.substr(at, length)), ' ');
    at += length;
  }
  return out;
}

}  // namespace

std::unexpected<Error> fail_at(std::string_view text, std::size_t at, const std::string& message) {
  std::size_t first = at > kShownBefore ? at - kShownBefore : 0;
  while (within_character(text, first)) ++first;
  std::size_t last = text.size() - at > kShownAfter ? at + kShownAfter : text.size();
  while (within_character(text, last)) ++last;
  const std::string before = (first == 0 ? "" : "…") + shown(text.substr(first, at - first));
  const std::string after = shown(text.substr(at, last - at)) + (last == text.size() ? "" : "…");
  return fail(message + "\n" + before + after + "\n" + padding(before) + "^");
}

template <typename Belongs>
std::string_view Scanner::run(Belongs belongs) {
  skip_blanks();
  std::size_t end = at_;
  while (end < text_.size() && belongs(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

void Scanner::skip_blanks() {
  while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
}

bool Scanner::take(std::string_view symbol) {
  skip_blanks();
  if (!text_.substr(at_).starts_with(symbol)) return false;
  at_ += symbol.size();
  return true;
}

std::string_view Scanner::identifier() { return run(in_identifier); }
std::string_view Scanner::letters() { return run(is_letter); }
std::string_view Scanner::word() {
  return run([](char c) { return kNotInWords.find(c) == std::string_view::npos; });
}

std::string_view Scanner::seen() {
  const std::string_view here = word();
  if (!here.empty() || at_end()) return here;
  return text_.substr(at_, character_length(text_, at_));
}

}  // namespace weir
