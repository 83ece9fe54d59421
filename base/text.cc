#include "base/text.h"

#include <algorithm>

#include "base/utf8.h"

namespace weir {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Length of the well-formed UTF-8 sequence (Unicode, table 3-7) at `at`, a byte ≥ 0x80; 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0) == 0xe0        ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, at + i)) return 0;
  }
  if (length < 3) return length;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

char* write_json_control(char* out, unsigned char c) {
  *out++ = '\\';
  switch (c) {
    case '\b': *out++ = 'b'; return out;
    case '\f': *out++ = 'f'; return out;
    case '\n': *out++ = 'n'; return out;
    case '\r': *out++ = 'r'; return out;
    case '\t': *out++ = 't'; return out;
    default: break;
  }
  out = copy_text(out, "u00");
  *out++ = kHex[c >> 4];
  *out++ = kHex[c & 15];
  return out;
}

// Copies a well-formed sequence at `at` and moves past it; `replacement` and one byte where it is not.
char* write_utf8(char* out, std::string_view text, std::size_t& at, std::string_view replacement) {
  const std::size_t length = utf8_length(text, at);
  out = copy_text(out, length == 0 ? replacement : text.substr(at, length));
  at += std::max<std::size_t>(length, 1);
  return out;
}

}  // namespace

char* write_json_text(char* out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      out = write_utf8(out, text, i, "\\ufffd");
      continue;
    }
    if (c < 0x20 || c == 0x7f) {
      out = write_json_control(out, c);
    } else {
      if (c == '"' || c == '\\') *out++ = '\\';
      *out++ = static_cast<char>(c);
    }
    ++i;
  }
  return out;
}

char* write_csv_text(char* out, std::string_view text) {
  const bool quoted = text.find_first_of("\",") != std::string_view::npos;
  if (quoted) *out++ = '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      out = write_utf8(out, text, i, "\xef\xbf\xbd");
      continue;
    }
    if (c == '"') *out++ = '"';
    *out++ = c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
    ++i;
  }
  if (quoted) *out++ = '"';
  return out;
}

std::string_view as_utf8(std::string_view text, std::string& room) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  room.clear();
  std::size_t copied = 0;  // of `text`
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = static_cast<unsigned char>(text[i]) < 0x80 ? 1 : utf8_length(text, i);
    i += std::max<std::size_t>(length, 1);
    if (length != 0) continue;
    room.append(text.substr(copied, i - 1 - copied)).append(kReplacement);
    copied = i;
  }
  return copied == 0 ? text : room.append(text.substr(copied));
}

char* write_hex(char* out, Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
  return out;
}

}  // namespace weir
