// Which interfaces a query looks at.
#include <algorithm>

// States of an expression. Matching recurses through all of them, and takes them once for each character: the default,
// a hundred thousand, is megabytes of stack and seconds for one name.
#define _GLIBCXX_REGEX_STATE_LIMIT 1000

// g++ 12 takes a member of libstdc++'s automaton for uninitialised when it is built with sanitizers.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

#include "query/request.h"
#include "query/words.h"

namespace weir {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kMostPatterns = 16;       // regular expressions
constexpr std::size_t kLongestInterface = 256;  // std::regex recurses with the length of what it looks at

// Where the item at the front of `text` ends: at a comma, for "/eth[0,1]/" one behind the closing slash.
std::size_t item_end(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t!");
  if (first == std::string_view::npos || text[first] != '/') return text.find(',');
  for (std::size_t slash = text.find('/', first + 1); slash != text.npos; slash = text.find('/', slash + 1)) {
    const std::size_t next = text.find_first_not_of(" \t", slash + 1);
    if (next == text.npos || text[next] == ',') return next;
  }
  return text.npos;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> items;
  while (true) {
    const std::size_t end = item_end(text);
    items.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return items;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

struct InterfaceFilter::Pattern::Regex {
  std::regex regex;
};

Result<InterfaceFilter::Pattern> InterfaceFilter::parse_pattern(std::string_view item) {
  if (item.empty()) return fail("an interface's name is missing");
  if (item.front() != '/') return Pattern{std::string(item), nullptr};
  if (item.size() < 3 || item.back() != '/')
    return fail("the pattern " + in_quotes(item) + " is not closed by a slash");
  const std::string_view expression = item.substr(1, item.size() - 2);
  try {
    // Polynomial: no pattern takes exponential time.
    constexpr auto kSyntax = std::regex::ECMAScript | std::regex_constants::__polynomial;
    return Pattern{std::string(item),
                   std::make_shared<Pattern::Regex>(std::regex(expression.data(), expression.size(), kSyntax))};
  } catch (const std::regex_error& error) {
    if (error.code() == std::regex_constants::error_space)
      return fail("the pattern " + in_quotes(item) + " is too large");
    return fail("the pattern " + in_quotes(item) + " is no regular expression: " + error.what());
  }
}

Result<InterfaceFilter> InterfaceFilter::parse(std::string_view text) {
  InterfaceFilter filter;
  filter.text_ = trimmed(text);
  if (text.size() > kLongestText) return fail("the list of interfaces is too long");
  if (filter.text_.empty()) return fail("no interface is named; 'any' means all");
  bool any = false;
  std::size_t patterns = 0;
  for (std::string_view item : split(text)) {
    const bool except = item.starts_with('!');
    if (except) item = trimmed(item.substr(1));
    if (lower(item) == "any" && !except) {
      any = true;
      continue;
    }
    if (item.starts_with('/') && ++patterns > kMostPatterns) return fail("the list has too many patterns");
    auto pattern = parse_pattern(item);
    if (!pattern) return std::unexpected(pattern.error());
    (except ? filter.except_ : filter.only_).push_back(std::move(*pattern));
  }
  if (any) filter.only_.clear();
  return filter;
}

bool InterfaceFilter::matches_any(const std::vector<Pattern>& patterns, std::string_view interface) {
  return std::ranges::any_of(patterns, [&](const Pattern& pattern) {
    if (!pattern.regex) return pattern.text == interface;
    return interface.size() <= kLongestInterface &&
           std::regex_match(interface.begin(), interface.end(), pattern.regex->regex);
  });
}

bool InterfaceFilter::matches(std::string_view interface) const {
  return (only_.empty() || matches_any(only_, interface)) && !matches_any(except_, interface);
}

}  // namespace weir
