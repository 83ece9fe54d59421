#include "query/predicate.h"

#include <charconv>
#include <optional>
#include <utility>

#include "flow/sides.h"

namespace weir {
namespace {

Predicate all_of(std::vector<Predicate> children) { return {Predicate::Kind::kAnd, {}, std::move(children)}; }
Predicate any_of(std::vector<Predicate> children) { return {Predicate::Kind::kOr, {}, std::move(children)}; }
Predicate test_of(ColumnTest test) { return {Predicate::Kind::kTest, std::move(test), {}}; }

Predicate numbers_in(ColumnId column, IntervalSet numbers) {
  ColumnTest test;
  test.column = column;
  test.numbers = std::move(numbers);
  return test_of(std::move(test));
}

Predicate addresses_in(ColumnId column, std::vector<Prefix> prefixes) {
  ColumnTest test;
  test.kind = ColumnTest::Kind::kAddresses;
  test.column = column;
  test.prefixes = std::move(prefixes);
  return test_of(std::move(test));
}

Predicate no_address(ColumnId column) {
  ColumnTest test;
  test.kind = ColumnTest::Kind::kNoAddress;
  test.column = column;
  return test_of(std::move(test));
}

Predicate texts_in(ColumnId column, std::vector<std::string> texts) {
  ColumnTest test;
  test.kind = ColumnTest::Kind::kTexts;
  test.column = column;
  test.texts = std::move(texts);
  return test_of(std::move(test));
}

void negate(Predicate& p) {
  if (p.kind == Predicate::Kind::kTest) {
    const bool by_set = p.test.kind == ColumnTest::Kind::kNumbers || p.test.kind == ColumnTest::Kind::kDuration;
    if (by_set) {
      p.test.numbers = p.test.numbers.complement();
    } else {
      p.test.negated = !p.test.negated;
    }
    return;
  }
  p.kind = p.kind == Predicate::Kind::kAnd ? Predicate::Kind::kOr : Predicate::Kind::kAnd;
  for (Predicate& child : p.children) negate(child);
}

Predicate negated(Predicate p) {
  negate(p);
  return p;
}

// What a comparison of numbers accepts.
IntervalSet accepted(const Test& test) {
  const std::uint64_t n = test.numbers.empty() ? 0 : test.numbers.front();
  switch (test.comparison) {
    case Comparison::kEqual: return IntervalSet::of(test.numbers);
    case Comparison::kNotEqual: return IntervalSet::of(test.numbers).complement();
    case Comparison::kLess: return n == 0 ? IntervalSet() : IntervalSet({{0, n - 1}});
    case Comparison::kLessEqual: return IntervalSet({{0, n}});
    case Comparison::kGreater: return n == UINT64_MAX ? IntervalSet() : IntervalSet({{n + 1, UINT64_MAX}});
    case Comparison::kGreaterEqual: return IntervalSet({{n, UINT64_MAX}});
  }
  return {};
}

bool flags_match(Comparison comparison, std::uint64_t flags, std::uint64_t wanted) {
  const bool equal = flags == wanted, at_least = (flags & wanted) == wanted, at_most = (flags | wanted) == wanted;
  switch (comparison) {
    case Comparison::kEqual: return equal;
    case Comparison::kNotEqual: return !equal;
    case Comparison::kLess: return at_most && !equal;
    case Comparison::kLessEqual: return at_most;
    case Comparison::kGreater: return at_least && !equal;
    case Comparison::kGreaterEqual: return at_least;
  }
  return false;
}

// All values of the sixteen bits that pass.
IntervalSet accepted_flags(const Test& test) {
  if (test.comparison == Comparison::kEqual || test.comparison == Comparison::kNotEqual) return accepted(test);
  std::vector<Interval> passing;
  for (std::uint64_t flags = 0; flags <= UINT16_MAX; ++flags) {
    if (flags_match(test.comparison, flags, test.numbers.empty() ? 0 : test.numbers.front())) {
      passing.push_back({flags, flags});
    }
  }
  return IntervalSet(std::move(passing));
}

// The times whose block's label is in `labels`.
IntervalSet times_labelled(const IntervalSet& labels, std::uint64_t resolution) {
  std::vector<Interval> times;
  for (const Interval& i : labels.intervals()) {
    const std::uint64_t before = i.first == 0 ? 0 : (i.first - 1) / resolution;  // blocks with a label below
    const std::uint64_t up_to = i.last / resolution;
    if (before >= up_to) continue;
    times.push_back({before * resolution, i.last == UINT64_MAX ? UINT64_MAX : up_to * resolution - 1});
  }
  return IntervalSet(std::move(times));
}

// "if7" → 7; only as such a name is written.
std::optional<std::uint64_t> index_of(const std::string& interface) {
  if (!interface.starts_with("if")) return std::nullopt;
  std::uint32_t index = 0;
  const char* end = interface.data() + interface.size();
  const auto [stop, error] = std::from_chars(interface.data() + 2, end, index);
  if (error != std::errc() || stop != end || index == 0 || "if" + std::to_string(index) != interface) {
    return std::nullopt;
  }
  return index;
}

class Maker {
 public:
  Maker(Orientation orientation, std::uint64_t resolution) : orientation_(orientation), resolution_(resolution) {}

  Predicate make(const Condition& condition) const {
    switch (condition.kind) {
      case Condition::Kind::kTest: return make_test(condition.test);
      case Condition::Kind::kNot: return negated(make(condition.children.front()));
      case Condition::Kind::kAnd: return all_of(make_all(condition.children));
      case Condition::Kind::kOr: return any_of(make_all(condition.children));
    }
    return {};
  }

 private:
  std::vector<Predicate> make_all(const std::vector<Condition>& conditions) const {
    std::vector<Predicate> result;
    result.reserve(conditions.size());
    for (const Condition& condition : conditions) result.push_back(make(condition));
    return result;
  }

  ColumnId column(FieldId field) const {
    return column_of(orientation_ == Orientation::kReversed ? other_side(field) : field);
  }

  Predicate make_test(const Test& test) const {
    const auto by_comparison = [&](Predicate equal) {
      return test.comparison == Comparison::kNotEqual ? negated(std::move(equal)) : equal;
    };
    switch (test.field.kind) {
      case QueryField::Kind::kStored: return make_stored(test);
      case QueryField::Kind::kTime: return numbers_in(kTimeColumn, times_labelled(accepted(test), resolution_));
      case QueryField::Kind::kInterface: {
        return by_comparison(any_of({interface_in(FieldId::in_if_name, FieldId::in_if, test.texts),
                                     interface_in(FieldId::out_if_name, FieldId::out_if, test.texts)}));
      }
      case QueryField::Kind::kHost: return by_comparison(host_in(test.texts));
      case QueryField::Kind::kDuration: {
        Predicate p = numbers_in(column_of(FieldId::time_flow_end_ns), accepted(test));
        p.test.kind = ColumnTest::Kind::kDuration;
        return p;
      }
      case QueryField::Kind::kAnyAddress: {
        return by_comparison(any_of({addresses_in(column(FieldId::src_addr), test.prefixes),
                                     addresses_in(column(FieldId::dst_addr), test.prefixes)}));
      }
    }
    return {};
  }

  Predicate make_stored(const Test& test) const {
    const ColumnId at = column(test.field.field);
    const bool not_equal = test.comparison == Comparison::kNotEqual;
    const auto by_comparison = [&](Predicate equal) { return not_equal ? negated(std::move(equal)) : equal; };
    switch (field_info(test.field.field).type) {
      case FieldType::kAddress: return by_comparison(addresses_in(at, test.prefixes));
      case FieldType::kText: return by_comparison(texts_in(at, test.texts));
      case FieldType::kUnsignedList:
      case FieldType::kAddressList: return by_comparison(list_has(at, test));
      case FieldType::kSrcPrefix:
      case FieldType::kDstPrefix:
        if (!test.prefixes.empty()) return by_comparison(networks_in(test));
        break;
      default: break;
    }
    return numbers_in(at, test.flags_as_set ? accepted_flags(test) : accepted(test));
  }

  static Predicate list_has(ColumnId column, const Test& test) {
    ColumnTest result;
    const bool addresses = field_info(test.field.field).type == FieldType::kAddressList;
    result.kind = addresses ? ColumnTest::Kind::kAddressList : ColumnTest::Kind::kNumberList;
    result.column = column;
    result.numbers = IntervalSet::of(test.numbers);
    result.prefixes = test.prefixes;
    return test_of(std::move(result));
  }

  // A flow with mask 0 names no network.
  Predicate networks_in(const Test& test) const {
    const bool src = test.field.field == FieldId::src_net;
    std::vector<Predicate> networks;
    for (const Prefix& prefix : test.prefixes) {
      if (prefix.length == 0) continue;
      networks.push_back(all_of({numbers_in(column(test.field.field), IntervalSet({{prefix.length, prefix.length}})),
                                 addresses_in(column(src ? FieldId::src_addr : FieldId::dst_addr), {prefix})}));
    }
    return any_of(std::move(networks));
  }

  // One side's interface: its name, else "if<index>", else nothing.
  Predicate interface_in(FieldId name, FieldId index, const std::vector<std::string>& texts) const {
    std::vector<std::string> names;
    std::vector<Interval> indexes;
    for (const std::string& text : texts) {
      if (!text.empty()) names.push_back(text);
      if (text.empty()) indexes.push_back({0, 0});
      if (const auto n = index_of(text)) indexes.push_back({*n, *n});
    }
    std::vector<Predicate> either;
    if (!names.empty()) either.push_back(texts_in(column(name), std::move(names)));
    if (!indexes.empty()) {
      either.push_back(
          all_of({texts_in(column(name), {""}), numbers_in(column(index), IntervalSet(std::move(indexes)))}));
    }
    return any_of(std::move(either));
  }

  // The exporter's name, else the text of its address.
  static Predicate host_in(const std::vector<std::string>& texts) {
    const ColumnId host = column_of(FieldId::host), exporter = column_of(FieldId::sampler_address);
    std::vector<std::string> names;
    std::vector<Predicate> unnamed;
    for (const std::string& text : texts) {
      if (text.empty()) {
        unnamed.push_back(no_address(exporter));
        continue;
      }
      names.push_back(text);
      const auto address = IpAddress::parse(text);
      if (!address || address->to_string() != text) continue;
      unnamed.push_back(addresses_in(exporter, {*Prefix::parse(text)}));
    }
    std::vector<Predicate> either;
    if (!names.empty()) either.push_back(texts_in(host, std::move(names)));
    if (!unnamed.empty()) either.push_back(all_of({texts_in(host, {""}), any_of(std::move(unnamed))}));
    return any_of(std::move(either));
  }

  Orientation orientation_;
  std::uint64_t resolution_;
};

}  // namespace

Predicate make_predicate(const Condition& condition, Orientation orientation, std::uint64_t time_resolution) {
  return Maker(orientation, time_resolution).make(condition);
}

}  // namespace weir
