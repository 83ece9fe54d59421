#include "query/condition_build.h"

#include <optional>
#include <string>
#include <utility>

#include "query/units.h"

namespace weir {
namespace {

// The field of the name, and the one it is made of where there is no name.
struct Label {
  FieldId name, other;
};

std::optional<Label> label_of(const QueryField& field) {
  if (field.kind == QueryField::Kind::kHost) return Label{FieldId::host, FieldId::sampler_address};
  if (field.kind != QueryField::Kind::kStored) return std::nullopt;
  if (field.field == FieldId::in_if_name) return Label{FieldId::in_if_name, FieldId::in_if};
  if (field.field == FieldId::out_if_name) return Label{FieldId::out_if_name, FieldId::out_if};
  return std::nullopt;
}

Condition leaf(Test test) {
  Condition condition;
  condition.test = std::move(test);
  return condition;
}

Test equality(FieldId field) {
  Test test;
  test.field = {QueryField::Kind::kStored, field};
  return test;
}

// "if7" is 7; the index 0 stands for no interface.
std::optional<std::uint64_t> index_in(const std::string& label) {
  if (!label.starts_with("if")) return std::nullopt;
  const auto index = parse_magnitude(label.substr(2));
  return index && *index != 0 && "if" + std::to_string(*index) == label ? index : std::nullopt;
}

// The test of a label by the fields it is made of.
Condition lowered(const Label& label, const Test& test) {
  Test name = equality(label.name), nameless = equality(label.name), other = equality(label.other);
  name.texts = test.texts;
  nameless.texts = {""};
  for (const std::string& text : test.texts) {
    if (label.name != FieldId::host) {
      if (const auto index = index_in(text)) other.numbers.push_back(*index);
    } else if (IpAddress::parse(text)) {
      other.prefixes.push_back(*Prefix::parse(text));
    }
  }
  Condition condition = leaf(std::move(name));
  if (!other.numbers.empty() || !other.prefixes.empty()) {
    Condition by_other = join(Condition::Kind::kAnd, {leaf(std::move(nameless)), leaf(std::move(other))});
    condition = join(Condition::Kind::kOr, {std::move(condition), std::move(by_other)});
  }
  return test.comparison == Comparison::kEqual ? condition : join(Condition::Kind::kNot, {std::move(condition)});
}

}  // namespace

Condition join(Condition::Kind kind, std::vector<Condition> children) {
  if (children.size() == 1 && kind != Condition::Kind::kNot) return std::move(children.front());
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

Condition condition_of(Test test) {
  if (const auto label = label_of(test.field)) return lowered(*label, test);
  return leaf(std::move(test));
}

}  // namespace weir
