#include "tests/store/rollup_answers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "store/rollup.h"

namespace weir::test {
namespace {

bool is_multicast(const IpAddress& a) {
  if (a.family == Family::kV4) return (a.bytes[0] >= 224 && a.bytes[0] < 240) || a == IpAddress::v4(UINT32_MAX);
  return a.family == Family::kV6 && a.bytes[0] == 0xff;
}

bool is_icmp(std::uint8_t proto) { return proto == 1 || proto == 58; }

using Endpoint = std::pair<IpAddress, std::uint16_t>;
using Conversation = std::tuple<std::set<Endpoint>, std::uint8_t>;

Conversation conversation_of(const PlainFlow& f) {
  return {std::set<Endpoint>{{f.src, f.src_port}, {f.dst, f.dst_port}}, f.proto};
}

bool goes_by_conversation(const PlainFlow& f) { return !f.reverse && !is_icmp(f.proto) && !is_multicast(f.dst); }

// The earliest start of the flows from each endpoint.
using Starts = std::map<Conversation, std::map<Endpoint, std::uint64_t>>;

Starts starts_of(std::span<const PlainFlow> flows) {
  Starts starts;
  for (const PlainFlow& f : flows) {
    if (!goes_by_conversation(f)) continue;
    const std::uint64_t start = f.start != 0 ? f.start : f.end;
    auto& known = starts[conversation_of(f)];
    const auto [it, fresh] = known.try_emplace({f.src, f.src_port}, start);
    if (!fresh) it->second = std::min(it->second, start);
  }
  return starts;
}

bool is_answer(const PlainFlow& f, const Starts& starts) {
  if (f.reverse) return false;
  if (is_icmp(f.proto)) {
    static const std::set<int> kBack4{0, 3, 11, 12, 14}, kBack6{1, 3, 4, 129};
    const int type = f.icmp_type ? *f.icmp_type : f.dst_port >> 8;
    return (f.proto == 1 ? kBack4 : kBack6).contains(type);
  }
  if (is_multicast(f.dst)) return false;
  const auto& known = starts.at(conversation_of(f));
  if (known.size() == 2) {
    const std::uint64_t own = known.at({f.src, f.src_port}), other = known.at({f.dst, f.dst_port});
    if (own != other) return other < own;
  }
  const bool own_low = f.src_port < 32'768, other_low = f.dst_port < 32'768;
  if (own_low != other_low) return own_low;
  return f.src_port < f.dst_port;
}

// Seen from the interface that `in_*` belongs to: forward counters come in, reverse ones go out.
Traffic entering(const PlainFlow& f) {
  Traffic t{.in_bytes = f.bytes, .in_packets = f.packets};
  if (f.reverse) {
    t.out_bytes = f.reverse->bytes;
    t.out_packets = f.reverse->packets;
  }
  return t;
}

Traffic turned(const Traffic& t) {
  return {.in_bytes = t.out_bytes,
          .in_packets = t.out_packets,
          .out_bytes = t.in_bytes,
          .out_packets = t.in_packets,
          .flows = t.flows};
}

bool is_nothing(const Traffic& t) { return (t.in_bytes | t.in_packets | t.out_bytes | t.out_packets) == 0; }

void count(Answer& answer, Group group, View view, const std::string& interface, Traffic traffic) {
  group.view = view;
  group.interface = interface;
  if (view == View::kNoInterface || !is_nothing(traffic)) answer[group] += traffic;
}

}  // namespace

std::string Interface::label() const {
  if (!name.empty()) return name;
  return index ? "if" + std::to_string(*index) : "";
}

Traffic& Traffic::operator+=(const Traffic& other) {
  in_bytes += other.in_bytes;
  in_packets += other.in_packets;
  out_bytes += other.out_bytes;
  out_packets += other.out_packets;
  flows += other.flows;
  return *this;
}

Answer answer_of(std::span<const PlainFlow> flows) {
  const Starts starts = starts_of(flows);
  Answer answer;
  for (const PlainFlow& f : flows) {
    const bool back = is_answer(f, starts), egress = f.direction == 1;
    Group group{.block = f.end / 300'000'000'000,
                .exporter = f.exporter,
                .host = f.host,
                .direction = f.direction.value_or(0),
                .sampling = f.sampling,
                .src = back ? f.dst : f.src,
                .dst = back ? f.src : f.dst,
                .dst_port = is_icmp(f.proto) ? 0u
                            : back           ? f.src_port
                                             : f.dst_port,
                .proto = f.proto};
    Traffic whole = entering(f);
    whole.flows = 1;
    count(answer, group, View::kNoInterface, "", back != egress ? turned(whole) : whole);
    count(answer, group, View::kEachSide, f.in.label(), entering(f));
    count(answer, group, View::kEachSide, f.out.label(), turned(entering(f)));
    count(answer, group, View::kOneSide, egress ? f.out.label() : f.in.label(),
          egress ? turned(entering(f)) : entering(f));
  }
  return answer;
}

namespace {

// A block of a roll-up, column by column.
class RollupBlock {
 public:
  RollupBlock(const Segment& segment, unsigned block) : segment_(segment), block_(block) {}

  std::uint64_t number(FieldId field, std::size_t row) { return column(column_of(field))[row]; }
  std::uint64_t number(ColumnId id, std::size_t row) { return column(id)[row]; }
  IpAddress address(FieldId field, std::size_t row) {
    return (*segment_.addresses())->address(static_cast<std::uint32_t>(number(field, row)));
  }
  std::string text(FieldId field, std::size_t row) {
    const auto code = static_cast<std::uint32_t>(number(field, row));
    return std::string((*segment_.dictionary(column_of(field)))->bytes(code));
  }
  bool has(FieldId field, std::size_t row) {
    auto& bits = presence_[field];
    if (bits.empty()) {
      bits.resize(kBlockRows);
      check(segment_.read_presence(column_of(field), block_, scratch_, bits.data()));
    }
    return bits[row] != 0;
  }
  Interface interface(FieldId index, FieldId name, std::size_t row) {
    Interface result{{}, text(name, row)};
    if (has(index, row)) result.index = static_cast<std::uint32_t>(number(index, row));
    return result;
  }

 private:
  static void check(const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().message);
  }
  const std::vector<std::uint64_t>& column(ColumnId id) {
    auto& values = columns_[id];
    if (values.empty()) {
      values.resize(kBlockRows);
      check(segment_.read(id, block_, scratch_, values.data()));
    }
    return values;
  }

  const Segment& segment_;
  unsigned block_;
  Scratch scratch_;
  std::map<ColumnId, std::vector<std::uint64_t>> columns_;
  std::map<FieldId, std::vector<std::uint8_t>> presence_;
};

void count_row(RollupBlock& block, std::size_t row, Answer& answer) {
  const std::uint64_t end = block.number(FieldId::time_flow_end_ns, row);
  EXPECT_EQ(end, block.number(kTimeColumn, row));
  EXPECT_EQ(end, rollup_block_end(end));
  EXPECT_EQ(end, block.number(FieldId::time_flow_start_ns, row) + kRollupBlockNs - 1);
  const bool egress = block.number(FieldId::flow_direction, row) == 1;
  const bool own_pairs = block.has(FieldId::reverse_time_flow_end_ns, row);
  if (own_pairs) {
    EXPECT_EQ(block.number(FieldId::reverse_time_flow_end_ns, row), end);
  }
  const Group group{.block = end / kRollupBlockNs,
                    .exporter = block.address(FieldId::sampler_address, row),
                    .host = block.text(FieldId::host, row),
                    .direction = static_cast<std::uint32_t>(block.number(FieldId::flow_direction, row)),
                    .sampling = static_cast<std::uint32_t>(block.number(FieldId::sampling_rate, row)),
                    .src = block.address(FieldId::src_addr, row),
                    .dst = block.address(FieldId::dst_addr, row),
                    .dst_port = static_cast<std::uint32_t>(block.number(FieldId::dst_port, row)),
                    .proto = static_cast<std::uint32_t>(block.number(FieldId::proto, row))};
  const std::string in = block.interface(FieldId::in_if, FieldId::in_if_name, row).label();
  const std::string out = block.interface(FieldId::out_if, FieldId::out_if_name, row).label();
  const Traffic forward{.in_bytes = block.number(FieldId::bytes, row),
                        .in_packets = block.number(FieldId::packets, row)};
  const Traffic back{.out_bytes = block.number(FieldId::reverse_bytes, row),
                     .out_packets = block.number(FieldId::reverse_packets, row)};
  Traffic whole = forward;
  whole += back;
  whole.flows = block.number(kFlowsColumn, row);
  count(answer, group, View::kNoInterface, "", egress ? turned(whole) : whole);
  whole.flows = 0;
  count(answer, group, View::kEachSide, in, whole);
  count(answer, group, View::kEachSide, out, turned(whole));
  count(answer, group, View::kOneSide, egress ? out : in, egress ? turned(forward) : forward);
  const bool back_at_out = own_pairs == egress;
  count(answer, group, View::kOneSide, back_at_out ? out : in, back_at_out ? turned(back) : back);
}

}  // namespace

Answer answer_of(std::span<const std::shared_ptr<const Segment>> rollups) {
  Answer answer;
  for (const auto& segment : rollups) {
    EXPECT_EQ(segment->summary().tier, Tier::kRollup);
    for (unsigned b = 0; b < segment->blocks(); ++b) {
      RollupBlock block(*segment, b);
      for (std::size_t row = 0; row < segment->rows_in(b); ++row) count_row(block, row, answer);
    }
  }
  return answer;
}

void add(Answer& to, const Answer& from) {
  for (const auto& [group, traffic] : from) to[group] += traffic;
}

}  // namespace weir::test
