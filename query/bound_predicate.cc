#include "query/bound_predicate.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "query/list_values.h"

namespace weir {
namespace {

// The codes of a dictionary that pass a test.
Result<IntervalSet> address_codes(const ColumnTest& test, const Segment& segment) {
  const auto addresses = segment.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  std::vector<Interval> codes;
  for (const Prefix& prefix : test.prefixes) {
    const AddressDictionary::Codes found = (*addresses)->find(prefix);
    if (!found.empty()) codes.push_back({found.first, found.last});
  }
  return IntervalSet(std::move(codes));
}

IntervalSet text_codes(const ColumnTest& test, const BytesDictionary& dictionary) {
  std::vector<std::uint64_t> codes;
  for (const std::string& text : test.texts) {
    if (const std::uint32_t code = dictionary.find(text); code != 0) codes.push_back(code);
    if (text.empty()) codes.push_back(0);
  }
  return IntervalSet::of(codes);
}

bool list_passes(const ColumnTest& test, std::string_view bytes) {
  if (test.kind == ColumnTest::Kind::kNumberList) {
    return std::ranges::any_of(list_numbers(bytes), [&](std::uint32_t n) { return test.numbers.contains(n); });
  }
  return std::ranges::any_of(list_addresses(bytes), [&](const IpAddress& address) {
    return std::ranges::any_of(test.prefixes, [&](const Prefix& p) { return p.contains(address); });
  });
}

IntervalSet list_codes(const ColumnTest& test, const BytesDictionary& dictionary) {
  std::vector<std::uint64_t> codes;
  for (std::uint32_t code = 1; code <= dictionary.size(); ++code) {
    if (list_passes(test, dictionary.bytes(code))) codes.push_back(code);
  }
  return IntervalSet::of(codes);
}

// What values of the column as it is read pass.
Result<IntervalSet> passing_values(const ColumnTest& test, const Segment& segment) {
  const auto with_sign = [&](IntervalSet set) { return test.negated ? set.complement() : set; };
  switch (test.kind) {
    case ColumnTest::Kind::kNumbers:
    case ColumnTest::Kind::kDuration: return test.numbers;
    case ColumnTest::Kind::kNoAddress: return with_sign(IntervalSet({{0, 0}}));
    case ColumnTest::Kind::kAddresses: {
      auto codes = address_codes(test, segment);
      return codes ? with_sign(std::move(*codes)) : codes;
    }
    case ColumnTest::Kind::kTexts:
    case ColumnTest::Kind::kNumberList:
    case ColumnTest::Kind::kAddressList: break;
  }
  const auto dictionary = segment.dictionary(test.column);
  if (!dictionary) return std::unexpected(dictionary.error());
  return with_sign(test.kind == ColumnTest::Kind::kTexts ? text_codes(test, **dictionary)
                                                         : list_codes(test, **dictionary));
}

// Whether rows without a value pass.
bool passes_absent(const ColumnTest& test) {
  switch (test.kind) {
    case ColumnTest::Kind::kNumbers:
    case ColumnTest::Kind::kDuration: return test.numbers.contains(0);
    case ColumnTest::Kind::kNoAddress: return !test.negated;
    case ColumnTest::Kind::kTexts: return (std::ranges::find(test.texts, "") != test.texts.end()) != test.negated;
    case ColumnTest::Kind::kAddresses:
    case ColumnTest::Kind::kNumberList:
    case ColumnTest::Kind::kAddressList: break;
  }
  return test.negated;
}

// Between which values those of the column can be in this segment.
Result<Zone> possible_values(ColumnId column, const Segment& segment) {
  switch (column_info(column).kind) {
    case ColumnKind::kNarrow: return Zone{0, UINT32_MAX};
    case ColumnKind::kWide:
    case ColumnKind::kExtras: break;
    case ColumnKind::kAddress: {
      const auto addresses = segment.addresses();
      if (!addresses) return std::unexpected(addresses.error());
      return Zone{0, (*addresses)->size()};
    }
    case ColumnKind::kBytes: {
      const auto dictionary = segment.dictionary(column);
      if (!dictionary) return std::unexpected(dictionary.error());
      return Zone{0, (*dictionary)->size()};
    }
  }
  return Zone{0, UINT64_MAX};
}

}  // namespace

SelectBuffers::Level& SelectBuffers::level(std::size_t depth) {
  while (levels_.size() <= depth) levels_.push_back(std::make_unique_for_overwrite<Level>());
  return *levels_[depth];
}

double BoundPredicate::Node::rank() const {
  const double passing = static_cast<double>(passed.load(std::memory_order_relaxed)) /
                         static_cast<double>(seen.load(std::memory_order_relaxed));
  const double cost = kind != Predicate::Kind::kTest ? 3.0 * static_cast<double>(children.size())
                      : duration                     ? 4.0
                                                     : (column_info(column).kind == ColumnKind::kWide ? 2.0 : 1.0);
  return cost / (1.01 - passing);
}

Result<BoundPredicate> BoundPredicate::bind(const Predicate& predicate, const Segment& segment,
                                            bool icmp_has_no_ports) {
  auto root = bind_node(predicate, segment, icmp_has_no_ports);
  if (!root) return std::unexpected(root.error());
  BoundPredicate bound;
  bound.root_ = std::move(*root);
  return bound;
}

Result<std::unique_ptr<BoundPredicate::Node>> BoundPredicate::bind_node(const Predicate& predicate,
                                                                        const Segment& segment,
                                                                        bool icmp_has_no_ports) {
  if (predicate.kind == Predicate::Kind::kTest) return bind_test(predicate.test, segment, icmp_has_no_ports);
  auto node = std::make_unique<Node>();
  node->kind = predicate.kind;
  for (const Predicate& part : predicate.children) {
    auto child = bind_node(part, segment, icmp_has_no_ports);
    if (!child) return child;
    const bool constant = (*child)->kind != Predicate::Kind::kTest && (*child)->children.empty();
    if (!constant) {
      node->children.push_back(std::move(*child));
    } else if ((*child)->kind != predicate.kind) {  // never, in an "and"; always, in an "or"
      return child;
    }
  }
  if (node->children.size() == 1) return std::move(node->children.front());
  return node;
}

Result<std::unique_ptr<BoundPredicate::Node>> BoundPredicate::bind_test(const ColumnTest& test, const Segment& segment,
                                                                        bool icmp_has_no_ports) {
  auto node = std::make_unique<Node>();
  const auto constant = [&](bool always) {
    node->kind = always ? Predicate::Kind::kAnd : Predicate::Kind::kOr;
    return std::move(node);
  };
  if (!segment.has(test.column)) return constant(passes_absent(test));
  const auto passing = passing_values(test, segment);
  if (!passing) return std::unexpected(passing.error());
  const auto possible = possible_values(test.column, segment);
  if (!possible) return std::unexpected(possible.error());
  const Matcher matcher(*passing);
  if (const Verdict v = matcher.verdict(*possible); v != Verdict::kSome) return constant(v == Verdict::kAll);

  node->kind = Predicate::Kind::kTest;
  node->column = test.column;
  node->duration = test.kind == ColumnTest::Kind::kDuration;
  node->matcher = matcher;
  if (node->duration) return node;
  const auto zones = segment.zones(test.column);
  if (!zones) return std::unexpected(zones.error());
  node->zones = *zones;
  if (icmp_has_no_ports && is_port(test.column)) {
    const auto protocols = segment.zones(column_of(FieldId::proto));
    if (!protocols) return std::unexpected(protocols.error());
    node->protocols = *protocols;
  }
  return node;
}

Verdict BoundPredicate::verdict(const Node& node, unsigned block) {
  if (node.kind == Predicate::Kind::kTest) {
    if (node.zones.empty()) return Verdict::kSome;
    Zone zone = node.zones[block];
    if (!node.protocols.empty() && may_be_icmp(node.protocols[block])) zone.min = 0;
    return node.matcher->verdict(zone);
  }
  const bool all_of = node.kind == Predicate::Kind::kAnd;
  const Verdict decisive = all_of ? Verdict::kNone : Verdict::kAll;
  bool some = false;
  for (const auto& child : node.children) {
    const Verdict v = verdict(*child, block);
    if (v == decisive) return decisive;
    some |= v == Verdict::kSome;
  }
  if (some) return Verdict::kSome;
  return all_of ? Verdict::kAll : Verdict::kNone;
}

Result<std::size_t> BoundPredicate::select(const Node& node, BlockColumns& columns, const Selection& from,
                                           SelectBuffers& buffers, std::size_t depth, std::uint16_t* out) {
  if (from.count == 0) return 0;
  const auto count = node.kind == Predicate::Kind::kTest  ? select_test(node, columns, from, out)
                     : node.kind == Predicate::Kind::kAnd ? select_all_of(node, columns, from, buffers, depth, out)
                                                          : select_any_of(node, columns, from, buffers, depth, out);
  if (count) {
    node.seen.fetch_add(from.count, std::memory_order_relaxed);
    node.passed.fetch_add(*count, std::memory_order_relaxed);
  }
  return count;
}

Result<std::size_t> BoundPredicate::select_test(const Node& node, BlockColumns& columns, const Selection& from,
                                                std::uint16_t* out) {
  if (!node.duration && column_info(node.column).kind != ColumnKind::kWide) {
    const auto values = columns.narrow(node.column, from);
    if (!values) return std::unexpected(values.error());
    return node.matcher->select(*values, from, out);
  }
  const auto values = columns.wide(node.column, from);
  if (!values) return std::unexpected(values.error());
  if (!node.duration) return node.matcher->select(*values, from, out);
  const auto starts = columns.wide(column_of(FieldId::time_flow_start_ns), from);
  if (!starts) return std::unexpected(starts.error());
  std::size_t n = 0;
  for (std::size_t i = 0; i < from.count; ++i) {
    if (node.matcher->matches(duration_ms((*starts)[i], (*values)[i]))) out[n++] = from.row(i);
  }
  return n;
}

Result<std::size_t> BoundPredicate::select_all_of(const Node& node, BlockColumns& columns, const Selection& from,
                                                  SelectBuffers& buffers, std::size_t depth, std::uint16_t* out) {
  std::vector<std::pair<double, const Node*>> order;
  for (const auto& child : node.children) {
    const Verdict v = verdict(*child, columns.block());
    if (v == Verdict::kNone) return 0;
    if (v == Verdict::kSome) order.emplace_back(child->rank(), child.get());
  }
  std::ranges::sort(order, {}, [](const auto& entry) { return entry.first; });
  Selection left = from;
  for (const auto& [rank, child] : order) {
    const auto count = select(*child, columns, left, buffers, depth + 1, out);
    if (!count || *count == 0) return count;
    left = {out, *count};
  }
  if (order.empty()) {
    for (std::size_t i = 0; i < from.count; ++i) out[i] = from.row(i);
  }
  return left.count;
}

Result<std::size_t> BoundPredicate::select_any_of(const Node& node, BlockColumns& columns, const Selection& from,
                                                  SelectBuffers& buffers, std::size_t depth, std::uint16_t* out) {
  SelectBuffers::Level& own = buffers.level(depth);
  std::memset(own.hit, 0, columns.rows());
  Selection left{own.remaining, from.count};
  for (std::size_t i = 0; i < from.count; ++i) own.remaining[i] = from.row(i);
  for (const auto& child : node.children) {
    if (verdict(*child, columns.block()) == Verdict::kNone) continue;
    const auto count = select(*child, columns, left, buffers, depth + 1, own.selected);
    if (!count) return count;
    for (std::size_t i = 0; i < *count; ++i) own.hit[own.selected[i]] = 1;
    std::size_t n = 0;
    for (std::size_t i = 0; i < left.count; ++i) {
      own.remaining[n] = own.remaining[i];
      n += own.hit[own.remaining[i]] ^ 1;
    }
    left.count = n;
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < from.count; ++i) {
    const std::uint16_t row = from.row(i);
    out[n] = row;
    n += own.hit[row];
  }
  return n;
}

}  // namespace weir
