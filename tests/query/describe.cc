#include "tests/query/describe.h"

#include <array>

namespace weir::test {
namespace {

std::string_view field_name(const QueryField& field) {
  switch (field.kind) {
    case QueryField::Kind::kStored: return field_info(field.field).name;
    case QueryField::Kind::kTime: return "TIME";
    case QueryField::Kind::kInterface: return "INTERFACE";
    case QueryField::Kind::kHost: return "HOST";
    case QueryField::Kind::kDuration: return "DURATION";
    case QueryField::Kind::kAnyAddress: return "ANY_ADDRESS";
  }
  return "?";
}

std::string describe_test(const Test& test) {
  constexpr std::array<std::string_view, 6> kOperators = {" = ", " != ", " < ", " <= ", " > ", " >= "};
  std::string text(field_name(test.field));
  text += kOperators.at(static_cast<std::size_t>(test.comparison));
  text += test.flags_as_set ? "set{" : "{";
  const std::size_t before = text.size();
  const auto add = [&](const std::string& value) { text += (text.size() == before ? "" : " ") + value; };
  for (const std::uint64_t number : test.numbers) add(std::to_string(number));
  for (const Prefix& prefix : test.prefixes) add(prefix.address.to_string() + "/" + std::to_string(prefix.length));
  for (const std::string& value : test.texts) add("'" + value + "'");
  return text + "}";
}

}  // namespace

std::string describe(const Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::kTest: return describe_test(condition.test);
    case Condition::Kind::kNot: return "!(" + describe(condition.children.at(0)) + ")";
    default: break;
  }
  std::string text;
  for (const Condition& child : condition.children) {
    if (!text.empty()) text += condition.kind == Condition::Kind::kAnd ? " & " : " | ";
    text += describe(child);
  }
  return "(" + text + ")";
}

Result<std::vector<IpAddress>> resolve_known(const std::string& name) {
  if (name == "web") return std::vector{*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")};
  if (name == "db-1.example") return std::vector{*IpAddress::parse("192.0.2.2")};
  return fail("no such host '" + name + "'");
}

std::string parsed(std::string_view text) {
  const auto condition = parse_condition(text, resolve_known);
  if (!condition) return "error: " + condition.error().message;
  return condition->flows ? describe(*condition->flows) : "every flow";
}

}  // namespace weir::test
