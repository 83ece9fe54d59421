#include "query/condition_operators.h"

#include <algorithm>
#include <array>

#include "query/field.h"
#include "query/words.h"

namespace weir {
namespace {

struct Spelling {
  std::string_view text;
  Comparison comparison;
};

// Longest first: the first that fits is it.
constexpr std::array kSymbols = std::to_array<Spelling>({
    {"===", Comparison::kEqual},
    {"==", Comparison::kEqual},
    {"!=", Comparison::kNotEqual},
    {"<=", Comparison::kLessEqual},
    {">=", Comparison::kGreaterEqual},
    {"=", Comparison::kEqual},
    {"<", Comparison::kLess},
    {">", Comparison::kGreater},
});

// Each may have a '-' in front.
constexpr std::array kWords = std::to_array<Spelling>({
    {"eq", Comparison::kEqual},
    {"equals", Comparison::kEqual},
    {"neq", Comparison::kNotEqual},
    {"ne", Comparison::kNotEqual},
    {"le", Comparison::kLessEqual},
    {"leq", Comparison::kLessEqual},
    {"ge", Comparison::kGreaterEqual},
    {"geq", Comparison::kGreaterEqual},
    {"l", Comparison::kLess},
    {"lt", Comparison::kLess},
    {"less", Comparison::kLess},
    {"g", Comparison::kGreater},
    {"gt", Comparison::kGreater},
    {"greater", Comparison::kGreater},
});

constexpr std::string_view text_of(Comparison comparison) {
  constexpr std::array<std::string_view, 6> kTexts = {"=", "!=", "<", "<=", ">", ">="};
  return kTexts[static_cast<std::size_t>(comparison)];
}

std::optional<Comparison> find_word(std::string_view word) {
  const auto at = std::ranges::find(kWords, lower(word), &Spelling::text);
  if (at == kWords.end()) return std::nullopt;
  return at->comparison;
}

bool is_attribute(std::string_view name) {
  const std::string key = lower(name);
  return key == "dir" || key == "direction" || find_attribute(key).has_value();
}

// `word`, alone or in front of an attribute's name.
bool take_word(Scanner& scanner, std::string_view word) {
  const std::string here = lower(scanner.identifier());
  if (!here.starts_with(word)) return false;
  if (here.size() != word.size() && (is_attribute(here) || !is_attribute(here.substr(word.size())))) return false;
  scanner.skip(word.size());
  return true;
}

std::optional<Operator> take_list_operator(Scanner& scanner) {
  const Scanner before = scanner;
  const bool negated = lower(scanner.letters()) == "not";
  if (negated) scanner.skip(3);
  if (lower(scanner.letters()) == "in") {
    scanner.skip(2);
    return Operator{negated ? Comparison::kNotEqual : Comparison::kEqual, true, negated ? "not in" : "in"};
  }
  scanner = before;
  return std::nullopt;
}

}  // namespace

std::optional<Operator> take_operator(Scanner& scanner) {
  for (const Spelling& symbol : kSymbols) {
    if (scanner.take(symbol.text)) return Operator{symbol.comparison, false, text_of(symbol.comparison)};
  }
  if (const auto list = take_list_operator(scanner)) return list;
  const Scanner before = scanner;
  scanner.take("-");
  const std::string_view word = scanner.letters();
  if (const auto comparison = find_word(word)) {
    scanner.skip(word.size());
    return Operator{*comparison, false, text_of(*comparison)};
  }
  scanner = before;
  return std::nullopt;
}

bool is_operator_word(std::string_view word) { return find_word(word).has_value(); }

bool take_and(Scanner& scanner) {
  return scanner.take("&&") || scanner.take("&") || scanner.take("*") || take_word(scanner, "and");
}

bool take_or(Scanner& scanner) {
  return scanner.take("||") || scanner.take("|") || scanner.take("+") || take_word(scanner, "or");
}

bool take_not(Scanner& scanner) { return scanner.take("!") || take_word(scanner, "not"); }

}  // namespace weir
