#include "tests/query/naive_query.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace weir::test {
namespace {

std::uint64_t number_at(const std::uint8_t* at, std::size_t width) {
  std::uint64_t n = 0;
  std::memcpy(&n, at, width);  // little endian, as the machines that run this
  return n;
}

NaiveValue value_of(const FlowBatch& batch, const Flow& flow, const FieldInfo& info) {
  NaiveValue v;
  const Origin& origin = batch.origin(flow);
  v.present = info.home == FieldHome::kOrigin || flow.has(info.id);
  if (!v.present || (info.home == FieldHome::kFlowCold && flow.cold == 0)) return v;
  const auto place = [&](std::uint16_t number) { return reinterpret_cast<const std::uint8_t*>(&batch.place(number)); };
  const auto* home = info.home == FieldHome::kOrigin     ? reinterpret_cast<const std::uint8_t*>(&origin)
                     : info.home == FieldHome::kFlow     ? reinterpret_cast<const std::uint8_t*>(&flow)
                     : info.home == FieldHome::kSrcPlace ? place(flow.src_place)
                     : info.home == FieldHome::kDstPlace ? place(flow.dst_place)
                                                         : reinterpret_cast<const std::uint8_t*>(&batch.cold(flow));
  const std::uint8_t* at = home + info.offset;
  switch (info.type) {
    case FieldType::kAddress:
      std::memcpy(v.address.bytes.data(), at, 16);
      v.address.family = static_cast<Family>(home[info.family_offset]);
      break;
    case FieldType::kMac:
      for (std::size_t i = 0; i < 6; ++i) v.number = v.number << 8 | at[i];
      break;
    case FieldType::kText:
    case FieldType::kUnsignedList:
    case FieldType::kAddressList: {
      Slice slice;
      std::memcpy(&slice, at, sizeof slice);
      if (slice.offset != 0) v.bytes = std::string(batch.text(slice));
      break;
    }
    default: v.number = number_at(at, info.width);
  }
  return v;
}

constexpr std::pair<FieldId, FieldId> kPairs[] = {
    {FieldId::src_addr, FieldId::dst_addr},
    {FieldId::src_port, FieldId::dst_port},
    {FieldId::src_mac, FieldId::dst_mac},
    {FieldId::src_vlan, FieldId::dst_vlan},
    {FieldId::src_as, FieldId::dst_as},
    {FieldId::src_net, FieldId::dst_net},
    {FieldId::in_if, FieldId::out_if},
    {FieldId::in_if_name, FieldId::out_if_name},
    {FieldId::post_nat_src_addr, FieldId::post_nat_dst_addr},
    {FieldId::post_nat_src_port, FieldId::post_nat_dst_port},
    {FieldId::ingress_vrf_id, FieldId::egress_vrf_id},
    {FieldId::src_geo_country_name, FieldId::dst_geo_country_name},
    {FieldId::src_geo_country_code, FieldId::dst_geo_country_code},
    {FieldId::src_geo_region_name, FieldId::dst_geo_region_name},
    {FieldId::src_geo_city_name, FieldId::dst_geo_city_name},
    {FieldId::src_geo_latitude, FieldId::dst_geo_latitude},
    {FieldId::src_geo_longitude, FieldId::dst_geo_longitude},
    {FieldId::src_asn_autonomous_system_number, FieldId::dst_asn_autonomous_system_number},
    {FieldId::src_asn_autonomous_system_organization, FieldId::dst_asn_autonomous_system_organization},
    {FieldId::src_isp, FieldId::dst_isp},
    {FieldId::src_organization, FieldId::dst_organization},
    {FieldId::src_is_anonymous, FieldId::dst_is_anonymous},
    {FieldId::src_is_anonymous_vpn, FieldId::dst_is_anonymous_vpn},
    {FieldId::src_is_hosting_provider, FieldId::dst_is_hosting_provider},
    {FieldId::src_is_public_proxy, FieldId::dst_is_public_proxy},
    {FieldId::src_is_residential_proxy, FieldId::dst_is_residential_proxy},
    {FieldId::src_is_tor_exit_node, FieldId::dst_is_tor_exit_node},
    {FieldId::src_net_name, FieldId::dst_net_name},
    {FieldId::src_net_site, FieldId::dst_net_site},
    {FieldId::src_net_role, FieldId::dst_net_role},
    {FieldId::src_net_tenant, FieldId::dst_net_tenant},
};

std::string interface_of(const NaiveRow& row, bool out) {
  const std::string& name = row[out ? FieldId::out_if_name : FieldId::in_if_name].bytes;
  const std::uint64_t index = row[out ? FieldId::out_if : FieldId::in_if].number;
  return !name.empty() ? name : index != 0 ? "if" + std::to_string(index) : "";
}

std::string host_of(const NaiveRow& row) {
  const std::string& host = row[FieldId::host].bytes;
  return host.empty() ? row[FieldId::sampler_address].address.to_string() : host;
}

std::uint64_t duration_of(const NaiveRow& row) {
  const std::uint64_t start = row[FieldId::time_flow_start_ns].number, end = row[FieldId::time_flow_end_ns].number;
  if (start == 0 || end == 0 || end < start) return 0;
  return (end - start) / 1'000'000;
}

std::uint64_t label_of(std::uint64_t time, std::uint64_t resolution) { return (time / resolution + 1) * resolution; }

template <typename T>
std::vector<T> elements(const std::string& bytes) {
  std::vector<T> list;
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T item;
    std::memcpy(&item, bytes.data() + at, sizeof item);
    list.push_back(item);
  }
  return list;
}

std::optional<Prefix> network_of(const NaiveRow& row, FieldId field) {
  const IpAddress& address = row[field == FieldId::src_net ? FieldId::src_addr : FieldId::dst_addr].address;
  const std::uint64_t length = row[field].number;
  if (length == 0 || address.family == Family::kNone) return std::nullopt;
  return Prefix{{masked(address.bytes, static_cast<unsigned>(length)), address.family},
                static_cast<std::uint8_t>(length)};
}

class Evaluator {
 public:
  Evaluator(const NaiveRow& row, std::uint64_t resolution) : row_(row), resolution_(resolution) {}

  bool matches(const Condition& c) const {
    const auto child = [this](const Condition& part) { return matches(part); };
    switch (c.kind) {
      case Condition::Kind::kTest: return passes(c.test);
      case Condition::Kind::kNot: return !matches(c.children.at(0));
      case Condition::Kind::kAnd: return std::ranges::all_of(c.children, child);
      case Condition::Kind::kOr: return std::ranges::any_of(c.children, child);
    }
    return false;
  }

  QueryValue value(const QueryField& field) const {
    switch (field.kind) {
      case QueryField::Kind::kTime: return label_of(row_.time, resolution_);
      case QueryField::Kind::kHost: return host_of(row_);
      case QueryField::Kind::kDuration: return duration_of(row_);
      default: break;
    }
    const NaiveValue& v = row_[field.field];
    std::string text;
    switch (field_info(field.field).type) {
      case FieldType::kAddress: return v.address;
      case FieldType::kText: return v.bytes;
      case FieldType::kSrcPrefix:
      case FieldType::kDstPrefix: {
        const auto network = network_of(row_, field.field);
        return network ? network->address.to_string() + "/" + std::to_string(network->length) : std::string();
      }
      case FieldType::kUnsignedList:
        for (const auto n : elements<std::uint32_t>(v.bytes)) text += (text.empty() ? "" : " ") + std::to_string(n);
        return text;
      case FieldType::kAddressList:
        for (const auto& a : elements<IpAddress>(v.bytes)) text += (text.empty() ? "" : " ") + a.to_string();
        return text;
      default: return v.number;
    }
  }

 private:
  static bool lies_in(const IpAddress& address, const std::vector<Prefix>& prefixes) {
    if (address.family == Family::kNone) return false;
    return std::ranges::any_of(prefixes, [&](const Prefix& p) { return p.contains(address); });
  }

  static bool is_any(const std::string& text, const std::vector<std::string>& texts) {
    return std::ranges::find(texts, text) != texts.end();
  }

  static bool compares(std::uint64_t value, const Test& test) {
    const bool any = std::ranges::find(test.numbers, value) != test.numbers.end();
    switch (test.comparison) {
      case Comparison::kEqual: return any;
      case Comparison::kNotEqual: return !any;
      case Comparison::kLess: return value < test.numbers.at(0);
      case Comparison::kLessEqual: return value <= test.numbers.at(0);
      case Comparison::kGreater: return value > test.numbers.at(0);
      case Comparison::kGreaterEqual: return value >= test.numbers.at(0);
    }
    return false;
  }

  static bool compares_as_set(std::uint64_t flags, const Test& test) {
    const std::uint64_t wanted = test.numbers.at(0);
    const bool has_all = (flags & wanted) == wanted, has_no_other = (flags & ~wanted) == 0;
    switch (test.comparison) {
      case Comparison::kGreaterEqual: return has_all;
      case Comparison::kGreater: return has_all && flags != wanted;
      case Comparison::kLessEqual: return has_no_other;
      case Comparison::kLess: return has_no_other && flags != wanted;
      default: return compares(flags, test);
    }
  }

  bool passes(const Test& test) const {
    const auto is = [&](bool equal) { return (test.comparison == Comparison::kEqual) == equal; };
    switch (test.field.kind) {
      case QueryField::Kind::kTime: return compares(label_of(row_.time, resolution_), test);
      case QueryField::Kind::kDuration: return compares(duration_of(row_), test);
      case QueryField::Kind::kHost: return is(is_any(host_of(row_), test.texts));
      case QueryField::Kind::kInterface:
        return is(is_any(interface_of(row_, false), test.texts) || is_any(interface_of(row_, true), test.texts));
      case QueryField::Kind::kAnyAddress:
        return is(lies_in(row_[FieldId::src_addr].address, test.prefixes) ||
                  lies_in(row_[FieldId::dst_addr].address, test.prefixes));
      case QueryField::Kind::kStored: break;
    }
    const NaiveValue& v = row_[test.field.field];
    switch (field_info(test.field.field).type) {
      case FieldType::kAddress: return is(lies_in(v.address, test.prefixes));
      case FieldType::kText: return is(is_any(v.bytes, test.texts));
      case FieldType::kUnsignedList:
        return is(std::ranges::any_of(elements<std::uint32_t>(v.bytes), [&](std::uint32_t n) {
          return std::ranges::find(test.numbers, n) != test.numbers.end();
        }));
      case FieldType::kAddressList:
        return is(std::ranges::any_of(elements<IpAddress>(v.bytes),
                                      [&](const IpAddress& a) { return lies_in(a, test.prefixes); }));
      case FieldType::kSrcPrefix:
      case FieldType::kDstPrefix:
        if (!test.prefixes.empty()) {
          const auto network = network_of(row_, test.field.field);
          return is(network && std::ranges::find(test.prefixes, *network) != test.prefixes.end());
        }
        break;
      default: break;
    }
    return test.flags_as_set ? compares_as_set(v.number, test) : compares(v.number, test);
  }

  const NaiveRow& row_;
  std::uint64_t resolution_;
};

bool is_icmp(const NaiveRow& row) { return row[FieldId::proto].number == 1 || row[FieldId::proto].number == 58; }

bool is_multicast(const IpAddress& a) {
  if (a.family == Family::kV4) return (a.bytes[0] & 0xf0) == 0xe0 || a == IpAddress::v4(UINT32_MAX);
  return a.family == Family::kV6 && a.bytes[0] == 0xff;
}

struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

std::uint64_t times(std::uint64_t n, std::uint64_t rate) { return n > UINT64_MAX / rate ? UINT64_MAX : n * rate; }

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

FlowCounters counters(const Traffic& in, const Traffic& out) { return {in.packets, out.packets, in.bytes, out.bytes}; }

void add_to(FlowCounters& sum, const FlowCounters& more) {
  sum.in_packets = plus(sum.in_packets, more.in_packets);
  sum.out_packets = plus(sum.out_packets, more.out_packets);
  sum.in_bytes = plus(sum.in_bytes, more.in_bytes);
  sum.out_bytes = plus(sum.out_bytes, more.out_bytes);
}

struct Contribution {
  std::string interface;
  FlowCounters counters;
};

std::vector<Contribution> contributions(const QueryRequest& request, const NaiveRow& row, bool reversed,
                                        bool one_sided) {
  const std::uint64_t rate =
      request.sampling == Sampling::kScaled ? std::max<std::uint64_t>(1, row[FieldId::sampling_rate].number) : 1;
  Traffic there{times(row[FieldId::packets].number, rate), times(row[FieldId::bytes].number, rate)};
  Traffic back{times(row[FieldId::reverse_packets].number, rate), times(row[FieldId::reverse_bytes].number, rate)};
  if (reversed) std::swap(there, back);
  const bool egress = row[FieldId::flow_direction].number == 1;

  const bool has_column = std::ranges::any_of(
      request.columns, [](const QueryColumn& c) { return c.field.kind == QueryField::Kind::kInterface; });
  const Contribution plain{"", egress ? counters(back, there) : counters(there, back)};
  if (!has_column && !request.interfaces.restricts()) return {plain};

  // `row` has its sides exchanged already: what was metered at the out side is at the in side now.
  const bool metered_out = egress != reversed;
  const std::string in = interface_of(row, false), out = interface_of(row, true);
  std::vector<Contribution> result;
  const auto asked_for = [&](const std::string& interface) {
    return !interface.empty() && (!request.interfaces.restricts() || request.interfaces.matches(interface));
  };
  // The two directions of a roll-up's row, unless its exporter had paired them, were metered at different sides.
  const bool divided = row.rollup && one_sided && row[FieldId::reverse_time_flow_end_ns].number == 0;
  const auto counts_at = [&](const std::string& interface, bool is_out) {
    return asked_for(interface) && (!one_sided || is_out == metered_out) && !divided;
  };
  if (divided) {
    const bool any_there = there.packets != 0 || there.bytes != 0, any_back = back.packets != 0 || back.bytes != 0;
    const std::string &there_at = egress ? out : in, &back_at = egress ? in : out;
    if ((any_there || !any_back) && asked_for(there_at)) {
      result.push_back({there_at, egress ? counters({}, there) : counters(there, {})});
    }
    if (any_back && asked_for(back_at)) result.push_back({back_at, egress ? counters({}, back) : counters(back, {})});
  }
  if (counts_at(in, false)) result.push_back({in, counters(there, back)});
  if (counts_at(out, true)) result.push_back({out, counters(back, there)});
  if (in.empty() && out.empty() && !request.interfaces.restricts()) result.push_back(plain);
  return result;
}

bool goes(DirectionFilter direction, const FlowCounters& c) {
  const bool packets = c.in_packets != 0 || c.out_packets != 0;
  const bool in = packets ? c.in_packets != 0 : c.in_bytes != 0, out = packets ? c.out_packets != 0 : c.out_bytes != 0;
  switch (direction) {
    case DirectionFilter::kNone: return true;
    case DirectionFilter::kIn: return in && !out;
    case DirectionFilter::kOut: return !in && out;
    case DirectionFilter::kUni: return in != out;
    case DirectionFilter::kBi: return in && out;
  }
  return false;
}

bool less(const QueryValue& a, const QueryValue& b) {
  const auto* x = std::get_if<IpAddress>(&a);
  if (x == nullptr) return a < b;
  const auto& y = std::get<IpAddress>(b);
  return std::tuple(x->family, x->bytes) < std::tuple(y.family, y.bytes);
}

std::uint64_t rank(const QueryRequest& request, const QueryRow& row) {
  if (request.sort == SortBy::kTime) {
    for (std::size_t i = 0; i < request.columns.size(); ++i) {
      if (request.columns[i].field.kind == QueryField::Kind::kTime) return std::get<std::uint64_t>(row.values[i]);
    }
    return 0;
  }
  const bool packets = request.sort == SortBy::kPackets;
  const std::uint64_t in = packets ? row.counters.in_packets : row.counters.in_bytes;
  const std::uint64_t out = packets ? row.counters.out_packets : row.counters.out_bytes;
  return request.counters == Counters::kIn ? in : request.counters == Counters::kOut ? out : plus(in, out);
}

std::uint64_t resolution_of(const QueryRequest& request, TimeRange data) {
  if (request.time_resolution_ns != kAutoResolution) return request.time_resolution_ns;
  data.first = std::max(data.first, request.times.first);
  data.last = std::min(data.last, request.times.last);
  std::uint64_t resolution = 300'000'000'000;
  while (!data.empty() && (data.last - data.first) / 100 >= resolution) resolution += 300'000'000'000;
  return resolution;
}

// As it looks from the initiator, without what ICMP keeps in the ports.
NaiveRow as_biflow(NaiveRow row, bool reversed) {
  if (is_icmp(row)) row[FieldId::src_port].number = row[FieldId::dst_port].number = 0;
  if (!reversed) return row;
  for (const auto& [one, other] : kPairs) std::swap(row[one], row[other]);
  return row;
}

}  // namespace

NaiveRow naive_row(const FlowBatch& batch, const Flow& flow, Tier tier) {
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  NaiveRow row;
  for (const FieldInfo& info : kFields) row[info.id] = value_of(batch, flow, info);
  const std::uint64_t received = row[FieldId::time_received_ns].number, end = row[FieldId::time_flow_end_ns].number;
  const bool near = (end > received ? end - received : received - end) <= kHour;
  row.time = row[FieldId::time_flow_end_ns].present && near ? end : received;
  row.rollup = tier == Tier::kRollup;
  return row;
}

std::vector<bool> naive_reversed(const std::vector<NaiveRow>& rows) {
  using Endpoint = std::tuple<Family, AddressBytes, std::uint64_t>;
  using Key = std::tuple<Endpoint, Endpoint, std::uint64_t>;
  const auto endpoint = [](const NaiveRow& row, FieldId address, FieldId port) {
    return Endpoint(row[address].address.family, row[address].address.bytes, row[port].number);
  };
  std::map<Key, std::uint64_t> first;  // by direction: from the first endpoint to the second
  const auto key = [&](const NaiveRow& row) {
    return Key(endpoint(row, FieldId::src_addr, FieldId::src_port), endpoint(row, FieldId::dst_addr, FieldId::dst_port),
               row[FieldId::proto].number);
  };
  const auto is_biflow = [](const NaiveRow& row) {
    return row.rollup || row[FieldId::reverse_packets].present || row[FieldId::reverse_bytes].present;
  };
  for (const NaiveRow& row : rows) {
    if (is_biflow(row) || is_icmp(row) || is_multicast(row[FieldId::dst_addr].address)) continue;
    const std::uint64_t start = row[FieldId::time_flow_start_ns].number;
    const auto [at, fresh] = first.try_emplace(key(row), UINT64_MAX);
    at->second = std::min(at->second, start == 0 ? row.time : start);
  }
  std::vector<bool> result;
  for (const NaiveRow& row : rows) {
    const auto reversed = [&] {
      if (is_biflow(row)) return false;
      const std::uint64_t proto = row[FieldId::proto].number;
      if (is_icmp(row)) {
        const NaiveValue& type = row[FieldId::icmp_type];
        const std::uint64_t t = type.present ? type.number : row[FieldId::dst_port].number >> 8;
        const std::set<std::uint64_t> answers =
            proto == 1 ? std::set<std::uint64_t>{0, 3, 11, 12, 14} : std::set<std::uint64_t>{1, 3, 4, 129};
        return answers.contains(t);
      }
      if (is_multicast(row[FieldId::dst_addr].address)) return false;
      const Key own = key(row);
      const Key other(std::get<1>(own), std::get<0>(own), proto);
      const auto back = first.find(other);
      if (back != first.end() && back->second != first.at(own)) return back->second < first.at(own);
      const std::uint64_t src = row[FieldId::src_port].number, dst = row[FieldId::dst_port].number;
      const bool src_low = src < 32768, dst_low = dst < 32768;
      return src_low != dst_low ? src_low : src < dst;
    };
    result.push_back(reversed());
  }
  return result;
}

QueryResult naive_query(const QueryRequest& request, const std::vector<NaiveRow>& rows,
                        const std::vector<IpAddress>& both_sides, const TimeRange& data) {
  std::vector<NaiveRow> window;
  for (const NaiveRow& row : rows) {
    if (request.times.contains(row.time)) window.push_back(row);
  }
  const std::vector<bool> reversed = request.biflow ? naive_reversed(window) : std::vector<bool>(window.size(), false);
  const std::uint64_t resolution = resolution_of(request, data);

  QueryResult result;
  std::map<std::vector<QueryValue>, FlowCounters> groups;
  std::set<std::string> interfaces;
  for (std::size_t i = 0; i < window.size(); ++i) {
    const NaiveRow row = request.biflow ? as_biflow(window[i], reversed[i]) : window[i];
    const Evaluator evaluator(row, resolution);
    if (request.condition.flows && !evaluator.matches(*request.condition.flows)) continue;
    const bool one_sided = std::ranges::find(both_sides, row[FieldId::sampler_address].address) != both_sides.end();
    const auto shares = contributions(request, row, reversed[i], one_sided);
    for (const Contribution& share : shares) {
      std::vector<QueryValue> key;
      for (const QueryColumn& column : request.columns) {
        key.push_back(column.field.kind == QueryField::Kind::kInterface ? QueryValue(share.interface)
                                                                        : evaluator.value(column.field));
      }
      add_to(groups[key], share.counters);
      if (!share.interface.empty()) interfaces.insert(share.interface);
    }
    result.stats.rows_matched += shares.empty() ? 0 : 1;
    if (!shares.empty()) result.found.add({row.time, row.time});
  }
  for (const auto& [values, sums] : groups) {
    if (!goes(request.condition.direction, sums)) continue;
    result.rows.push_back({values, sums});
    add_to(result.totals, sums);
  }
  result.hits = result.rows.size();
  result.stats.groups = groups.size();
  result.interfaces.assign(interfaces.begin(), interfaces.end());
  std::ranges::sort(result.rows, [&](const QueryRow& a, const QueryRow& b) {
    const std::uint64_t x = rank(request, a), y = rank(request, b);
    if (x != y) return request.ascending ? x < y : x > y;
    return std::ranges::lexicographical_compare(a.values, b.values, less);
  });
  if (request.limit != 0 && result.rows.size() > request.limit) result.rows.resize(request.limit);
  return result;
}

}  // namespace weir::test
