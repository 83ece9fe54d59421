// Conditions by recursive descent: `|` binds least, then `&`, then `!`.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "query/condition.h"
#include "query/condition_build.h"
#include "query/condition_operators.h"
#include "query/condition_values.h"
#include "query/scanner.h"
#include "query/words.h"

namespace weir {
namespace {

constexpr std::size_t kLongestText = 64 << 10;
constexpr std::size_t kMostTests = 1000;
constexpr unsigned kDeepest = 200;

// A part of a condition; none where it was only `dir`, which is no test of flows.
using Part = std::optional<Condition>;

struct Value {
  std::string text;
  std::size_t place;
};

// Where `dir` may stand: at the top, and as a side of an AND there.
enum class Level : bool { kTop, kInner };

char closing(char bracket) { return bracket == '(' ? ')' : bracket == '[' ? ']' : '}'; }
bool opens(char c) { return c == '(' || c == '[' || c == '{'; }

class Parser {
 public:
  Parser(std::string_view text, const ResolveName& resolve)
      : scanner_(text), resolve_([this, &resolve](const std::string& name) { return look_up(name, resolve); }) {}

  TextResult<ParsedCondition> parse() {
    auto parsed = parse_all();
    if (parsed) return std::move(*parsed);
    return std::unexpected(TextError{std::move(parsed.error()), "condition", std::move(reason_), wrong_place_});
  }

 private:
  Result<ParsedCondition> parse_all() {
    if (scanner_.at_end()) return ParsedCondition{};
    auto flows = parse_or(Level::kTop, 0);
    if (!flows) return std::unexpected(flows.error());
    if (!scanner_.at_end()) return unexpected("& or |");
    return ParsedCondition{std::move(*flows), direction_, std::move(shown_)};
  }

  Result<Part> parse_or(Level level, unsigned depth) {
    const bool had_direction = direction_ != DirectionFilter::kNone;
    auto first = parse_and(level, depth);
    if (!first) return first;
    if (!take_or(scanner_)) return first;
    if (!had_direction && direction_ != DirectionFilter::kNone) return misplaced_direction(direction_place_);
    std::vector<Condition> children;
    children.push_back(std::move(**first));
    do {
      shown_ += " | ";
      auto next = parse_and(Level::kInner, depth);
      if (!next) return next;
      children.push_back(std::move(**next));
    } while (take_or(scanner_));
    return join(Condition::Kind::kOr, std::move(children));
  }

  Result<Part> parse_and(Level level, unsigned depth) {
    std::vector<Condition> children;
    while (true) {
      auto next = parse_not(level, depth);
      if (!next) return next;
      if (*next) children.push_back(std::move(**next));
      if (!take_and(scanner_)) break;
      shown_ += " & ";
    }
    if (children.empty()) return Part{};
    return join(Condition::Kind::kAnd, std::move(children));
  }

  Result<Part> parse_not(Level level, unsigned depth) {
    const std::size_t place = scanner_.place();
    if (!take_not(scanner_)) return parse_operand(level, depth);
    if (depth == kDeepest) return fail_at(place, "the condition is nested too deeply");
    shown_ += "!";
    auto operand = parse_not(Level::kInner, depth + 1);
    if (!operand) return operand;
    std::vector<Condition> children;
    children.push_back(std::move(**operand));
    return join(Condition::Kind::kNot, std::move(children));
  }

  Result<Part> parse_operand(Level level, unsigned depth) {
    const char bracket = scanner_.peek();
    if (!opens(bracket)) return parse_comparison(level);
    const std::size_t place = scanner_.place();
    if (depth == kDeepest) return fail_at(place, "the condition is nested too deeply");
    scanner_.skip(1);
    shown_ += "(";
    auto inside = parse_or(level, depth + 1);
    if (!inside) return inside;
    if (auto closed = close(bracket, place, "& or | or "); !closed) return std::unexpected(closed.error());
    return inside;
  }

  Result<void> close(char bracket, std::size_t place, const std::string& before) {
    const std::string right(1, closing(bracket));
    if (scanner_.at_end())
      return fail_at(place, std::string("'") + bracket + "' is not closed; " + right + " is missing");
    if (!scanner_.take(right)) return unexpected(before + right);
    shown_ += ")";
    return {};
  }

  Result<Part> parse_comparison(Level level) {
    const std::size_t place = scanner_.place();
    const std::string_view name = take_attribute();
    if (name.empty()) return unexpected("a comparison such as dport = 443");
    shown_ += name;
    if (const std::string word = lower(name); word == "dir" || word == "direction") {
      return parse_direction(level, place);
    }
    const auto attribute = make_attribute(name);
    if (!attribute) return fail_at(place, unknown_attribute(name));
    if (++tests_ > kMostTests) return fail_at(place, "the condition has more than 1000 comparisons");
    return parse_test(*attribute);
  }

  // An attribute's name, cut off from an operator glued to it ("dporteq443").
  std::string_view take_attribute() {
    std::string_view name = scanner_.identifier();
    if (!find_attribute(name)) {
      for (std::size_t length = name.size(); length-- > 1;) {
        const std::string_view rest = name.substr(length);
        const auto letters = std::min(rest.find_first_of("0123456789_"), rest.size());
        if (find_attribute(name.substr(0, length)) && is_operator_word(rest.substr(0, letters))) {
          name = name.substr(0, length);
          break;
        }
      }
    }
    scanner_.skip(name.size());
    return name;
  }

  static std::string unknown_attribute(std::string_view name) {
    if (lower(name) == "time") return "'time' is a column, not an attribute; -f and -l limit the time";
    return "unknown attribute " + in_quotes(name) + nearest(name, attribute_names());
  }

  Result<Part> parse_test(const Attribute& attribute) {
    const std::size_t place = scanner_.place();
    const auto op = take_operator(scanner_);
    if (!op) return unexpected("an operator such as = or != behind " + attribute.name);
    const bool equality = op->comparison == Comparison::kEqual || op->comparison == Comparison::kNotEqual;
    if (!equality && !has_order(attribute.kind)) {
      return fail_at(place, attribute.name + " has no order; it takes = and != only");
    }
    shown_ += " " + std::string(op->text) + " ";
    Test test;
    test.comparison = op->comparison;
    const auto done = op->list ? take_list(attribute, test) : take_value(attribute, test);
    if (!done) return std::unexpected(done.error());
    test.field = attribute.field;
    return condition_of(std::move(test));
  }

  Result<void> take_list(const Attribute& attribute, Test& test) {
    const char bracket = scanner_.peek();
    const std::size_t place = scanner_.place();
    if (!opens(bracket)) return unexpected("a list in brackets such as (80, 443)");
    scanner_.skip(1);
    shown_ += "(";
    while (true) {
      if (auto done = take_value(attribute, test); !done) return done;
      if (!scanner_.take(",")) break;
      shown_ += ", ";
    }
    return close(bracket, place, "a comma or ");
  }

  Result<void> take_value(const Attribute& attribute, Test& test) {
    const auto value = read_value(attribute);
    if (!value) return std::unexpected(value.error());
    const auto added = add_value(attribute, value->text, resolve_, test);
    if (!added) return fail_at(value->place, added.error().message);
    return {};
  }

  // The text of the value that stands here, without its quotes.
  Result<Value> read_value(const Attribute& attribute) {
    const std::size_t place = scanner_.place();
    const char quote = scanner_.peek();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = scanner_.text().find(quote, place + 1);
      if (end == std::string_view::npos) return fail_at(place, "the closing quote is missing");
      shown_ += scanner_.text().substr(place, end + 1 - place);
      scanner_.skip(end + 1 - place);
      return Value{std::string(scanner_.text().substr(place + 1, end - place - 1)), place};
    }
    std::string_view word = scanner_.word();
    if (word.empty()) return unexpected("a value for " + attribute.name);
    word = word.substr(0, length_without_glued_word(attribute, word));
    shown_ += word;
    scanner_.skip(word.size());
    return Value{std::string(word), place};
  }

  // "10.0.0.1or" and "443anddip" end before their `or` and `and` where that alone makes a value of them.
  static std::size_t length_without_glued_word(const Attribute& attribute, std::string_view word) {
    Test ignored;
    if (attribute.kind == ValueKind::kText || word.size() > 64 || add_literal(attribute, word, ignored)) {
      return word.size();
    }
    const std::string small = lower(word);
    for (std::size_t at = 1; at < small.size(); ++at) {
      const std::string_view rest = std::string_view(small).substr(at);
      if ((rest.starts_with("or") || rest.starts_with("and")) && add_literal(attribute, word.substr(0, at), ignored)) {
        return at;
      }
    }
    return word.size();
  }

  Result<Part> parse_direction(Level level, std::size_t place) {
    static constexpr auto kWords = std::to_array<std::pair<std::string_view, DirectionFilter>>({
        {"in", DirectionFilter::kIn},
        {"inbound", DirectionFilter::kIn},
        {"out", DirectionFilter::kOut},
        {"outbound", DirectionFilter::kOut},
        {"uni", DirectionFilter::kUni},
        {"unidirectional", DirectionFilter::kUni},
        {"bi", DirectionFilter::kBi},
        {"bidirectional", DirectionFilter::kBi},
    });
    if (level == Level::kInner) return misplaced_direction(place);
    if (direction_ != DirectionFilter::kNone) return fail_at(place, "dir can stand only once");
    const std::size_t operator_place = scanner_.place();
    const auto op = take_operator(scanner_);
    if (!op || op->list || op->comparison != Comparison::kEqual) return fail_at(operator_place, "dir takes = only");
    const std::size_t word_place = scanner_.place();
    const std::string_view word = scanner_.word();
    const auto found = std::ranges::find(kWords, lower(word), [](const auto& w) { return w.first; });
    if (found == kWords.end()) {
      constexpr std::array<std::string_view, 8> kNames = {"in",  "inbound",        "out", "outbound",
                                                          "uni", "unidirectional", "bi",  "bidirectional"};
      return fail_at(word_place, "dir is in, out, uni or bi" + (word.empty() ? "" : ", not " + in_quotes(word)) +
                                     nearest(word, kNames));
    }
    scanner_.skip(word.size());
    shown_ += " = " + std::string(word);
    direction_ = found->second;
    direction_place_ = place;
    return Part{};
  }

  std::unexpected<Error> misplaced_direction(std::size_t place) {
    return fail_at(place, "dir filters whole rows: it stands alone or as one side of an outermost &");
  }

  std::unexpected<Error> fail_at(std::size_t place, const std::string& message) {
    reason_ = message;
    wrong_place_ = place;
    return weir::fail_at(scanner_.text(), place, message);
  }

  std::unexpected<Error> unexpected(const std::string& expected) {
    const std::size_t place = scanner_.place();
    if (scanner_.at_end()) return fail_at(place, "the condition ends where " + expected + " should stand");
    return fail_at(place, "expected " + expected + ", not " + in_quotes(scanner_.seen()));
  }

  // Each name once, however often it stands in the condition.
  Result<std::vector<IpAddress>> look_up(const std::string& name, const ResolveName& resolve) {
    if (const auto known = names_.find(name); known != names_.end()) return known->second;
    auto addresses = resolve(name);
    if (addresses) names_.emplace(name, *addresses);
    return addresses;
  }

  Scanner scanner_;
  ResolveName resolve_;
  std::map<std::string, std::vector<IpAddress>> names_;
  DirectionFilter direction_ = DirectionFilter::kNone;
  std::size_t direction_place_ = 0;
  std::size_t tests_ = 0;
  std::string shown_;
  std::string reason_;  // of the error, where there is one, and where it is
  std::size_t wrong_place_ = 0;
};

}  // namespace

TextResult<ParsedCondition> parse_condition(std::string_view text, const ResolveName& resolve) {
  if (text.size() > kLongestText) {
    const std::string reason = "the condition is longer than 64 KiB";
    return std::unexpected(TextError{{reason}, "condition", reason, {}});
  }
  return Parser(text, resolve).parse();
}

}  // namespace weir
