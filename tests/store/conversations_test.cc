#include "store/conversations.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "store/segment_writer.h"

namespace weir {
namespace {

constexpr std::uint64_t kStart = 1'790'000'000'000'000'000;

struct Row {
  std::string src, dst;
  std::uint16_t src_port, dst_port;
  std::uint8_t proto = 6;
  std::uint64_t start_ms = 0;
  std::optional<std::uint8_t> icmp_type = std::nullopt;
  bool has_reverse = false;
  bool has_start = true;
};

std::shared_ptr<const Segment> segment_of(const std::vector<Row>& rows, Tier tier = Tier::kRaw) {
  RowBuffer buffer;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { buffer.append(*batch); });
  for (const Row& row : rows) {
    Origin origin{};
    origin.time_received_ns = kStart + row.start_ms * 1'000'000;
    writer.set_origin(origin);
    Flow& flow = *writer.add();
    const auto set_address = [&](FieldId id, AddressBytes& bytes, Family& family, const std::string& text) {
      const IpAddress address = IpAddress::parse(text).value();
      bytes = address.bytes;
      family = address.family;
      flow.mark(id);
    };
    set_address(FieldId::src_addr, flow.src_addr, flow.src_addr_family, row.src);
    set_address(FieldId::dst_addr, flow.dst_addr, flow.dst_addr_family, row.dst);
    const auto set = [&](FieldId id, auto& member, auto value) {
      member = value;
      flow.mark(id);
    };
    set(FieldId::src_port, flow.src_port, row.src_port);
    set(FieldId::dst_port, flow.dst_port, row.dst_port);
    set(FieldId::proto, flow.proto, row.proto);
    if (row.has_start) set(FieldId::time_flow_start_ns, flow.time_flow_start_ns, origin.time_received_ns);
    if (row.icmp_type) set(FieldId::icmp_type, flow.icmp_type, *row.icmp_type);
    if (row.has_reverse) set(FieldId::reverse_packets, writer.cold().reverse_packets, std::uint64_t{0});
  }
  writer.flush();
  SegmentOptions options;
  options.tier = tier;
  return Segment::from_image(encode_segment(buffer, 0, buffer.rows(), options), "test").value();
}

// One digit a row: 1 where it goes back to the initiator.
std::string reversed(const std::vector<Row>& rows, Tier tier = Tier::kRaw) {
  const auto segment = segment_of(rows, tier);
  MemoryBudget budget(std::size_t{1} << 30);
  Conversations conversations(budget);
  Scratch scratch;
  EXPECT_TRUE(conversations.add(*segment, 0, scratch, {}));
  std::vector<std::uint8_t> out(kBlockRows);
  EXPECT_TRUE(conversations.reversed(*segment, 0, scratch, out.data()));
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) text += out[i] != 0 ? '1' : '0';
  return text;
}

constexpr const char* kA = "10.0.0.1";
constexpr const char* kB = "10.0.0.2";

TEST(Conversations, OneDirectionGoesByThePorts) {
  EXPECT_EQ(reversed({{kA, kB, 40000, 443},
                      {kA, kB, 443, 40001},
                      {kA, kB, 22, 8080},
                      {kA, kB, 8081, 21},
                      {kA, kB, 50000, 60000},
                      {kA, kB, 60001, 50001},
                      {kA, kB, 123, 123},
                      {kA, kB, 32767, 32768}}),
            "01101001");
}

TEST(Conversations, TheFirstPacketBeatsThePorts) {
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 1}, {kB, kA, 40000, 443, 6, 2}}), "01");
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 2}, {kB, kA, 40000, 443, 6, 1}}), "10");
  // The earliest of each direction counts, in whatever order they come.
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 5}, {kB, kA, 40000, 443, 6, 3}, {kA, kB, 443, 40000, 6, 1}}), "010");
  // Of two that start together neither is first.
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 1}, {kB, kA, 40000, 443, 6, 1}}), "10");
  // Another protocol is another conversation.
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 1}, {kB, kA, 40000, 443, 17, 2}}), "10");
}

TEST(Conversations, WithoutAStartTheEndCounts) {
  Row late{kB, kA, 443, 40000, 6, 9};
  late.has_start = false;
  EXPECT_EQ(reversed({late, {kA, kB, 40000, 443, 6, 8}}), "10");
  late.start_ms = 7;
  EXPECT_EQ(reversed({late, {kA, kB, 40000, 443, 6, 8}}), "01");
}

TEST(Conversations, Ipv6AndMixedFamilies) {
  const std::string v6 = "2001:db8::1";
  EXPECT_EQ(reversed({{v6, "2001:db8::2", 443, 40000, 6, 1}, {"2001:db8::2", v6, 40000, 443, 6, 2}}), "01");
  EXPECT_EQ(reversed({{v6, kA, 443, 40000, 6, 1}, {kA, v6, 40000, 443, 6, 2}}), "01");
  EXPECT_EQ(reversed({{v6, "2001:db8::2", 443, 40000}}), "1");
}

TEST(Conversations, OneEndpointTalkingToItself) {
  EXPECT_EQ(reversed({{kA, kA, 5000, 5000, 17, 1}, {kA, kA, 5000, 5000, 17, 2}}), "00");
}

TEST(Conversations, IcmpGoesByItsType) {
  std::vector<Row> rows;
  for (const int type : {0, 3, 8, 11, 12, 13, 14, 5}) {
    rows.push_back({kA, kB, 0, 0, 1, 0, static_cast<std::uint8_t>(type)});
  }
  EXPECT_EQ(reversed(rows), "11011010");
  rows.clear();
  for (const int type : {1, 3, 4, 128, 129, 135}) {
    rows.push_back({kA, kB, 0, 0, 58, 0, static_cast<std::uint8_t>(type)});
  }
  EXPECT_EQ(reversed(rows), "111010");
  // Without a type of its own, by the destination port's upper byte.
  EXPECT_EQ(reversed({{kA, kB, 0, 0x0800, 1}, {kA, kB, 0, 0x0000, 1}, {kA, kB, 0, 0x0301, 1}}), "011");
}

TEST(Conversations, MulticastStaysAsItIs) {
  EXPECT_EQ(reversed({{kA, "224.0.0.251", 53, 5353, 17},
                      {kA, "255.255.255.255", 67, 68, 17},
                      {kA, "223.255.255.255", 67, 68, 17},
                      {"fe80::1", "ff02::fb", 53, 5353, 17}}),
            "0010");
}

TEST(Conversations, BiflowsAreOrientedAlready) {
  EXPECT_EQ(reversed({{kA, kB, 443, 40000, 6, 1, {}, true}, {kA, kB, 443, 40000, 6, 2}}), "01");
  EXPECT_EQ(reversed({{kA, kB, 443, 40000}}, Tier::kRollup), "0");
}

TEST(Conversations, RowsThatWereNotKeptDoNotCount) {
  const auto segment = segment_of({{kA, kB, 443, 40000, 6, 1}, {kB, kA, 40000, 443, 6, 2}});
  MemoryBudget budget(std::size_t{1} << 30);
  Conversations conversations(budget);
  Scratch scratch;
  const std::vector<std::uint8_t> keep = {0, 1};
  ASSERT_TRUE(conversations.add(*segment, 0, scratch, keep));
  std::vector<std::uint8_t> out(kBlockRows);
  ASSERT_TRUE(conversations.reversed(*segment, 0, scratch, out.data()));
  EXPECT_EQ(out[1], 0);
}

TEST(Conversations, StaysWithinTheBudget) {
  std::vector<Row> rows;
  for (std::uint16_t port = 0; port < 5000; ++port) rows.push_back({kA, kB, port, 40000});
  const auto segment = segment_of(rows);
  MemoryBudget budget(100'000);
  {
    Conversations conversations(budget);
    Scratch scratch;
    EXPECT_FALSE(conversations.add(*segment, 0, scratch, {}));
    EXPECT_TRUE(budget.refused());
    EXPECT_LE(budget.used(), 100'000U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace weir
