#include "app/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace weir {
namespace {

template <typename Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// The check's verdict is its message; none means that all is well.
template <typename Number>
CLI::Validator in_range(Number least, Number most, const char* what) {
  return {[=](const std::string& text) {
            const auto value = parse<Number>(text);
            if (value && *value >= least && *value <= most) return std::string();
            if (most == std::numeric_limits<Number>::max()) {
              return fmt::format("'{}' must be {}, {} or more", text, what, least);
            }
            return fmt::format("'{}' must be {} from {} to {}", text, what, least, most);
          },
          ""};
}

}  // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) { return in_range(least, most, "a whole number"); }

CLI::Validator number(double least, double most) { return in_range(least, most, "a number"); }

CLI::Validator one_of(std::vector<std::string> choices) {
  return {[choices = std::move(choices)](std::string& text) {
            const std::string lower = CLI::detail::to_lower(text);
            if (std::ranges::find(choices, lower) == choices.end()) {
              return fmt::format("'{}' must be one of {}", text, fmt::join(choices, ", "));
            }
            text = lower;
            return std::string();
          },
          ""};
}

CLI::Validator not_empty() {
  return {[](const std::string& text) { return std::string(text.empty() ? "the value is empty" : ""); }, ""};
}

void add_record_options(CLI::App& command, std::string& fields, std::string& biflow) {
  command
      .add_option("--fields", fields,
                  "full: every common field; compact: only those present; all: also every other element")
      ->type_name("WHICH")
      ->transform(one_of({"full", "compact", "all"}))
      ->capture_default_str();
  command.add_option("--biflow", biflow, "merge: one record with reverse counters; split: two records")
      ->type_name("HOW")
      ->transform(one_of({"merge", "split"}))
      ->capture_default_str();
}

}  // namespace weir
