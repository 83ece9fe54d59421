#include "app/reference/roff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace weir {
namespace {

// What roff would set as something else: hyphens, curly quotes, accents.
std::string_view escaped(char c) {
  switch (c) {
    case '\\': return "\\e";
    case '-': return "\\-";
    case '\'': return "\\(aq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    default: return {};
  }
}

// Takes one character of UTF-8 off the front; weir's own texts are well-formed.
std::uint32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length && i < text.size(); ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return code;
}

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  // A request begins with one of these at the beginning of a line; \& is nothing that stands in front of it.
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out = "\\&";
  while (!text.empty()) {
    const char c = text.front();
    const std::uint32_t code = take_character(text);
    if (code >= 0x80) {
      out += fmt::format("\\[u{:04X}]", code);
    } else if (const std::string_view special = escaped(c); !special.empty()) {
      out += special;
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_lines(std::string_view text) {
  std::string out = ".nf\n";
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string line = roff_text(text.substr(0, end));
    out += (line.empty() ? "\\&" : line) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out + ".fi\n";
}

std::string roff_section(std::string_view title) { return fmt::format(".SH {}\n", title); }

std::string roff_entry(std::string_view term, std::string_view value, std::string_view description) {
  const std::string italics = value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff_text(value));
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff_text(term), italics, roff_text(description));
}

}  // namespace weir
