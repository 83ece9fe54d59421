#include "web/request_head.h"

#include <algorithm>
#include <utility>

#include "query/words.h"

namespace weir {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kHidden[] = {"range", "accept-encoding"};

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kOthers.contains(c);
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

// Takes the line at the front; nothing ends a line but CR LF.
std::string_view take_line(std::string_view& text) {
  const std::size_t size = std::min(text.find(kEnd), text.size());
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(std::min(size + kEnd.size(), text.size()));
  return line;
}

// "GET /path?query HTTP/1.1". Bytes beyond ASCII, which programs forget to encode, do no harm in a path.
bool is_request_line(std::string_view line) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || last <= first + 1) return false;
  const std::string_view target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  return is_token(line.substr(0, first)) &&
         std::ranges::none_of(target, [](char c) { return c == ' ' || c == '\t' || is_control(c); }) &&
         (version == "HTTP/1.1" || version == "HTTP/1.0");
}

struct Header {
  std::string name;  // in lower case
  std::string_view value;
};

Header header_of(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  return {lower(line.substr(0, colon)), trimmed(line.substr(std::min(colon + 1, line.size())))};
}

// Headers of which a second one is a contradiction.
struct Seen {
  bool host = false, length = false, encoding = false;

  std::string_view add(const Header& header) {
    const auto again = [](bool& flag) { return std::exchange(flag, true); };
    if (header.name == "host" && again(host)) return "more than one Host header";
    if (header.name == "content-length") {
      if (again(length)) return "more than one Content-Length header";
      if (!is_number(header.value)) return "Content-Length is no number";
    }
    if (header.name == "transfer-encoding") {
      if (again(encoding)) return "more than one Transfer-Encoding header";
      if (lower(header.value) != "chunked") return "a Transfer-Encoding other than chunked";
    }
    return length && encoding ? "both Content-Length and Transfer-Encoding" : "";
  }
};

}  // namespace

std::string_view fault_of_head(std::string_view head) {
  if (!head.ends_with("\r\n\r\n")) return "no empty line at its end";
  if (!is_request_line(take_line(head))) return "no request line as HTTP/1.1 has it";
  Seen seen;
  for (std::string_view line; !(line = take_line(head)).empty();) {
    if (std::ranges::any_of(line, is_control)) return "a control character in a header";
    if (!is_token(line.substr(0, line.find(':'))) || !line.contains(':')) return "a line that is no header";
    if (const std::string_view fault = seen.add(header_of(line)); !fault.empty()) return fault;
  }
  return head.empty() ? "" : "more than one head";
}

bool is_plain_get(std::string_view head) {
  const std::string_view line = take_line(head);
  if (!line.starts_with("GET ") && !line.starts_with("HEAD ")) return false;
  for (std::string_view one; !(one = take_line(head)).empty();) {
    const std::string name = header_of(one).name;
    if (name == "content-length" || name == "transfer-encoding") return false;
  }
  return true;
}

void hide_headers(std::string& head) {
  for (std::size_t at = head.find(kEnd); at != std::string::npos; at = head.find(kEnd, at + 1)) {
    const std::size_t begin = at + kEnd.size(), colon = head.find(':', begin);
    if (colon == std::string::npos) return;
    if (std::ranges::count(kHidden, lower(std::string_view(head).substr(begin, colon - begin))) != 0) head[begin] = 'x';
  }
}

}  // namespace weir
