#include "tests/query/random_queries.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/query/describe.h"

namespace weir::test {
namespace {

Prefix random_prefix(Random& random) {
  IpAddress address;
  while (address.family == Family::kNone) address = any_of(random, known_addresses());
  const unsigned longest = address.family == Family::kV4 ? 32 : 128;
  const auto length = static_cast<unsigned>(below(random, 3) == 0 ? longest : below(random, longest + 1));
  return {{masked(address.bytes, length), address.family}, static_cast<std::uint8_t>(length)};
}

Comparison random_comparison(Random& random, bool ordered) {
  return static_cast<Comparison>(below(random, ordered ? 6 : 2));
}

bool is_equality(Comparison c) { return c == Comparison::kEqual || c == Comparison::kNotEqual; }

std::size_t list_size(Random& random, Comparison c) {
  return is_equality(c) && below(random, 3) == 0 ? 1 + below(random, 7) : 1;
}

void add_numbers(Random& random, Test& test, const std::vector<std::uint64_t>& pool) {
  for (std::size_t i = list_size(random, test.comparison); i > 0; --i) {
    const std::uint64_t n = any_of(random, pool);
    test.numbers.push_back(below(random, 6) == 0 ? n + below(random, 3) - 1 : n);
  }
}

void add_prefixes(Random& random, Test& test) {
  for (std::size_t i = list_size(random, test.comparison); i > 0; --i) test.prefixes.push_back(random_prefix(random));
}

void add_texts(Random& random, Test& test, const std::vector<std::string>& pool) {
  for (std::size_t i = list_size(random, test.comparison); i > 0; --i) test.texts.push_back(any_of(random, pool));
}

void add_network(Random& random, Test& test) {
  IpAddress address = any_of(random, known_addresses());
  if (address.family == Family::kNone) address = known_addresses().front();
  const std::vector<unsigned> lengths = {0, 8, 12, 24, 32, 64, 128};
  const unsigned length = std::min(any_of(random, lengths), address.family == Family::kV4 ? 32U : 128U);
  test.prefixes.push_back({{masked(address.bytes, length), address.family}, static_cast<std::uint8_t>(length)});
}

const std::vector<std::string>& hosts() {
  static const std::vector<std::string> hosts = {"r1", "r2",    "192.0.2.1", "192.0.2.2", "2001:db8:ffff::1",
                                                 "",   "nobody"};
  return hosts;
}

Test stored_test(Random& random, FieldId field) {
  Test test;
  test.field = {QueryField::Kind::kStored, field};
  const FieldType type = field_info(field).type;
  switch (type) {
    case FieldType::kAddress:
    case FieldType::kAddressList:
      test.comparison = random_comparison(random, false);
      add_prefixes(random, test);
      return test;
    case FieldType::kText:
      test.comparison = random_comparison(random, false);
      add_texts(random, test, field == FieldId::host ? hosts() : known_interfaces());
      return test;
    case FieldType::kUnsignedList:
      test.comparison = random_comparison(random, false);
      add_numbers(random, test, {1, 2, 10, 64500, UINT32_MAX});
      return test;
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix:
      if (below(random, 3) == 0) break;  // by its length
      test.comparison = random_comparison(random, false);
      add_network(random, test);
      return test;
    default: break;
  }
  test.comparison = random_comparison(random, true);
  if ((field == FieldId::tcp_flags || field == FieldId::reverse_tcp_flags) && below(random, 2) == 0) {
    test.flags_as_set = true;
    test.numbers = {any_of(random, known_numbers(field))};
  } else {
    add_numbers(random, test,
                type == FieldType::kMac ? std::vector<std::uint64_t>{0, 1, 5, 0x0100000000} : known_numbers(field));
  }
  return test;
}

Test random_test(Random& random) {
  Test test;
  switch (below(random, 12)) {
    case 0:
      test.field.kind = QueryField::Kind::kTime;
      test.comparison = random_comparison(random, true);
      add_numbers(random, test, {kFlowsBegin / (5 * kMinute) * 5 * kMinute, kFlowsBegin + 20 * kMinute, 0});
      return test;
    case 1:
      test.field.kind = QueryField::Kind::kInterface;
      test.comparison = random_comparison(random, false);
      add_texts(random, test, known_interfaces());
      return test;
    case 2:
      test.field.kind = QueryField::Kind::kHost;
      test.comparison = random_comparison(random, false);
      add_texts(random, test, hosts());
      return test;
    case 3:
      test.field.kind = QueryField::Kind::kDuration;
      test.comparison = random_comparison(random, true);
      add_numbers(random, test, {0, 700, 1400, 10'000, 30'000, 100'000});
      return test;
    case 4:
      test.field.kind = QueryField::Kind::kAnyAddress;
      test.comparison = random_comparison(random, false);
      add_prefixes(random, test);
      return test;
    case 5:
    case 6:
    case 7: {
      const std::vector<FieldId> common = {FieldId::src_addr, FieldId::dst_addr, FieldId::src_port, FieldId::dst_port,
                                           FieldId::proto,    FieldId::bytes,    FieldId::in_if};
      return stored_test(random, any_of(random, common));
    }
    default: return stored_test(random, static_cast<FieldId>(below(random, kFieldCount)));
  }
}

InterfaceFilter random_interfaces(Random& random) {
  const std::vector<std::string> texts = {"eth0",     "eth0,eth2", "any,!eth1", "/eth[0-2]/",
                                          "if3,eth1", "!eth0",     "/.*/",      "nosuch"};
  if (below(random, 2) == 0) return {};
  return InterfaceFilter::parse(any_of(random, texts)).value();
}

TimeRange random_window(Random& random, const TimeRange& data) {
  const auto somewhere = [&] { return data.first - kMinute + below(random, data.last - data.first + 2 * kMinute); };
  switch (below(random, 4)) {
    case 0: return {};
    case 1: return {somewhere(), UINT64_MAX};
    default: {
      const std::uint64_t a = somewhere(), b = somewhere();
      return {std::min(a, b), std::max(a, b)};
    }
  }
}

std::string literal(Random& random, const std::vector<std::string>& values) { return any_of(random, values); }

}  // namespace

const std::vector<QueryField>& all_columns() {
  static const std::vector<QueryField> columns = [] {
    std::vector<QueryField> all;
    for (const FieldInfo& info : kFields) all.push_back({QueryField::Kind::kStored, info.id});
    for (const auto kind : {QueryField::Kind::kTime, QueryField::Kind::kInterface, QueryField::Kind::kHost,
                            QueryField::Kind::kDuration}) {
      all.push_back({kind, FieldId::kCount});
    }
    return all;
  }();
  return columns;
}

Condition random_condition(Random& random, unsigned depth) {
  Condition c;
  const std::uint64_t kind = depth == 0 ? 0 : below(random, 5);
  if (kind <= 1) {
    c.test = random_test(random);
    return c;
  }
  c.kind = kind == 2 ? Condition::Kind::kNot : kind == 3 ? Condition::Kind::kAnd : Condition::Kind::kOr;
  const std::size_t children = c.kind == Condition::Kind::kNot ? 1 : 2 + below(random, 3);
  for (std::size_t i = 0; i < children; ++i) c.children.push_back(random_condition(random, depth - 1));
  return c;
}

std::string random_condition_text(Random& random, unsigned depth) {
  const auto word = [&](const std::vector<std::string>& words) { return literal(random, words); };
  if (depth > 0 && below(random, 3) != 0) {
    const std::string a = random_condition_text(random, depth - 1), b = random_condition_text(random, depth - 1);
    switch (below(random, 4)) {
      case 0: return word({"!(", "not (", "! {"}).append(a).append(a.empty() ? "" : " ") + ")";
      case 1: return "(" + a + ") " + word({"&", "and", "&&", "*", "AND"}) + " (" + b + ")";
      case 2: return a + " " + word({"|", "or", "||", "+"}) + " " + b;
      default: return a + " & " + b;
    }
  }
  const std::string equal = word({"=", "!=", "eq", "-neq", "==", "==="}),
                    order = word({"=", "!=", "<", "<=", ">", "-geq"});
  switch (below(random, 14)) {
    case 0:
      return word({"sip", "src", "dip", "dst", "host"}) + " " + equal + " " +
             word({"10.0.0.1", "192.168.1.34", "2001:db8::1", "web"});
    case 1:
      return word({"snet", "dnet", "net"}) + equal +
             word({"10.0.0.0/8", "10.0.0.0/12", "2a04:4e42::/29", "fe80::/10", "0.0.0.0/0", "::/0"});
    case 2: return word({"dport", "port", "sport"}) + " " + order + " " + word({"443", "1024", "53", "0", "65535"});
    case 3:
      return word({"proto", "protocol", "ipproto"}) + " " + word({"=", "!="}) + " " +
             word({"TCP", "udp", "icmp", "17", "58"});
    case 4: return word({"bytes", "packets"}) + order + word({"0", "1", "1500", "1k", "64000"});
    case 5: return "tcp_flags " + order + " " + word({"S", "SA", "18"});
    case 6: return "iface " + word({"=", "!="}) + " " + word({"eth0", "eth1", "if3"});
    case 7: return "src_as in (1, 2, 5)";
    case 8: return "dst_port in (53, 443, 8080)";
    case 9: return "sip in (10.0.0.1, 10.0.0.0/24, 2001:db8::/64)";
    case 10: return "duration " + order + " 10s";
    case 11: return "src_net = " + word({"10.0.0.0/8", "10.0.0.0/24"});
    case 12: return "as_path = 64500";
    default: return "exporter " + word({"=", "!="}) + " 192.0.2.1";
  }
}

QueryRequest random_request(Random& random, const TimeRange& data) {
  QueryRequest request;
  const std::vector<std::size_t> counts = {1, 1, 2, 2, 3, 4, 5, 12, all_columns().size()};
  std::vector<QueryField> columns = all_columns();
  std::ranges::shuffle(columns, random);
  columns.resize(any_of(random, counts));
  const std::vector<QueryField> common = {{QueryField::Kind::kStored, FieldId::src_addr},
                                          {QueryField::Kind::kStored, FieldId::dst_addr},
                                          {QueryField::Kind::kStored, FieldId::dst_port},
                                          {QueryField::Kind::kStored, FieldId::proto},
                                          {QueryField::Kind::kTime},
                                          {QueryField::Kind::kInterface}};
  for (std::uint64_t i = below(random, 4); i > 0; --i) {
    const QueryField& field = any_of(random, common);
    if (std::ranges::find(columns, field) == columns.end()) columns.push_back(field);
  }
  for (const QueryField& field : columns) request.columns.push_back({field, "c"});

  if (below(random, 4) != 0) request.condition.flows = random_condition(random, 3);
  if (below(random, 3) == 0) request.condition.direction = static_cast<DirectionFilter>(below(random, 5));
  request.interfaces = random_interfaces(random);
  request.times = random_window(random, data);
  const std::vector<std::uint64_t> resolutions = {5 * kMinute, 5 * kMinute, 15 * kMinute, kAutoResolution};
  request.time_resolution_ns = any_of(random, resolutions);
  request.sort = static_cast<SortBy>(below(random, 3));
  request.ascending = below(random, 2) == 0;
  request.counters = static_cast<Counters>(below(random, 4));
  const std::vector<std::size_t> limits = {0, 1, 3, 10, 1000};
  request.limit = any_of(random, limits);
  request.sampling = static_cast<Sampling>(below(random, 2));
  request.biflow = below(random, 2) == 0;
  return request;
}

std::string describe(const QueryRequest& request) {
  std::ostringstream out;
  for (const QueryColumn& c : request.columns) {
    if (c.field.kind == QueryField::Kind::kStored) {
      out << field_info(c.field.field).name << ',';
    } else {
      out << "kind " << static_cast<int>(c.field.kind) << ',';
    }
  }
  out << " where " << (request.condition.flows ? describe(*request.condition.flows) : "every flow") << " dir "
      << static_cast<int>(request.condition.direction) << " on " << request.interfaces.text() << " from "
      << request.times.first << " to " << request.times.last << " by " << request.time_resolution_ns << " sort "
      << static_cast<int>(request.sort) << (request.ascending ? " up" : " down") << " counters "
      << static_cast<int>(request.counters) << " limit " << request.limit
      << (request.sampling == Sampling::kScaled ? " scaled" : "") << (request.biflow ? " biflow" : "");
  return out.str();
}

std::string describe(const QueryResult& result) {
  std::ostringstream out;
  const auto sums = [&](const FlowCounters& c) {
    out << c.in_packets << '/' << c.out_packets << ' ' << c.in_bytes << '/' << c.out_bytes;
  };
  out << "hits " << result.hits << " groups " << result.stats.groups << " matched " << result.stats.rows_matched
      << " totals ";
  sums(result.totals);
  out << " found " << result.found.first << '-' << result.found.last << " interfaces";
  for (const std::string& name : result.interfaces) out << ' ' << name;
  for (const QueryRow& row : result.rows) {
    out << "\n ";
    for (const QueryValue& value : row.values) {
      if (const auto* n = std::get_if<std::uint64_t>(&value)) out << ' ' << *n;
      if (const auto* a = std::get_if<IpAddress>(&value))
        out << ' ' << (a->family == Family::kNone ? "none" : a->to_string());
      if (const auto* s = std::get_if<std::string>(&value)) out << " \"" << *s << '"';
    }
    out << ": ";
    sums(row.counters);
  }
  return out.str();
}

}  // namespace weir::test
