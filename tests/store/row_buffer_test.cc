#include "store/row_buffer.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/segment_writer.h"
#include "tests/store/store_flows.h"

namespace weir {
namespace {

constexpr std::uint64_t kNow = store_test::kStart;
constexpr std::uint64_t kHour = 3600 * kNsPerSecond;

// Flows by hand.
class RowBufferTest : public testing::Test {
 protected:
  RowBufferTest() : writer_(BatchPool::create(), [this](BatchRef b) { batches_.push_back(std::move(b)); }) {
    from("192.0.2.1");
  }

  void from(std::string_view exporter, std::string_view host = {}, std::uint64_t received = kNow) {
    Origin origin{};
    origin.time_received_ns = received;
    const IpAddress address = *IpAddress::parse(exporter);
    origin.sampler_address = address.bytes;
    origin.sampler_address_family = address.family;
    writer_.set_origin(origin, host);
  }
  Flow& add(std::uint64_t end = kNow) {
    flow_ = writer_.add(256);
    if (end != 0) {
      flow_->time_flow_end_ns = end;
      flow_->mark(FieldId::time_flow_end_ns);
    }
    return *flow_;
  }
  void counters(std::uint64_t packets, std::uint64_t bytes) {
    flow_->packets = packets;
    flow_->bytes = bytes;
    flow_->mark(FieldId::packets);
    flow_->mark(FieldId::bytes);
  }
  void interfaces(std::optional<std::uint32_t> in, std::optional<std::uint32_t> out) {
    if (in) flow_->mark(FieldId::in_if);
    if (out) flow_->mark(FieldId::out_if);
    flow_->in_if = in.value_or(0);
    flow_->out_if = out.value_or(0);
  }
  RowBuffer buffer() {
    writer_.flush();
    return store_test::buffer_of(std::exchange(batches_, {}));
  }
  std::shared_ptr<const Segment> segment() {
    const RowBuffer rows = buffer();
    return store_test::open_image(encode_segment(rows, 0, rows.rows(), {.times = {}}));
  }

  Flow* flow_ = nullptr;
  std::vector<BatchRef> batches_;
  BatchWriter writer_;
};

TEST_F(RowBufferTest, FilesRowsUnderTheirEnd) {
  add(kNow - 5);
  add(kNow - kHour);
  add(kNow - kHour - 1);  // too far off
  add(kNow + kHour + 1);  // likewise
  add(0);                 // has none
  from("192.0.2.1", {}, 0);
  add(17);  // imported: there is no time of receipt to compare with
  const RowBuffer rows = buffer();
  EXPECT_EQ(rows.rows(), 6U);
  EXPECT_EQ(rows.clamped(), 2U);
  EXPECT_EQ(rows.times(), (TimeRange{17, kNow}));
  const auto segment = store_test::open_image(encode_segment(rows, 0, rows.rows(), {.times = {}}));
  EXPECT_EQ(store_test::read_all(*segment, kTimeColumn),
            (std::vector<std::uint64_t>{kNow - 5, kNow - kHour, kNow, kNow, kNow, 17}));
  EXPECT_EQ(segment->summary().times, (TimeRange{17, kNow}));
}

TEST_F(RowBufferTest, IsAsNewWhenCleared) {
  writer_.flush();
  const auto first = store_test::make_flows(300, store_test::Mix::kEverything, 1);
  const auto second = store_test::make_flows(200, store_test::Mix::kRouter, 2);
  RowBuffer used = store_test::buffer_of(first);
  EXPECT_GT(used.memory(), 10'000U);
  used.clear();
  EXPECT_EQ(used.rows(), 0U);
  EXPECT_TRUE(used.times().empty());
  EXPECT_EQ(used.clamped(), 0U);
  for (const BatchRef& batch : second) used.append(*batch);
  const RowBuffer fresh = store_test::buffer_of(second);
  EXPECT_TRUE(encode_segment(used, 0, 200, {.times = {}}) == encode_segment(fresh, 0, 200, {.times = {}}));
}

TEST_F(RowBufferTest, CountsWhatARowStandsFor) {
  for (int i = 0; i < 3; ++i) add(), counters(2, 100);
  writer_.flush();
  RowBuffer rows;
  rows.append(*batches_[0]);
  const std::uint64_t flows[] = {5, 1, 7};
  rows.append(*batches_[0], flows);
  rows.append(*batches_[0]);
  const auto segment = store_test::open_image(encode_segment(rows, 0, 9, {.tier = Tier::kRollup, .times = {}}));
  EXPECT_EQ(store_test::read_all(*segment, kFlowsColumn), (std::vector<std::uint64_t>{0, 0, 0, 5, 1, 7, 0, 0, 0}));
  EXPECT_EQ(segment->summary().flows, 19U);
  EXPECT_EQ(segment->summary().bytes, 900U);
  EXPECT_EQ(segment->summary().tier, Tier::kRollup);
  EXPECT_EQ(segment->summary().exporters.at(0).flows, 19U);
}

TEST_F(RowBufferTest, SumsUpInterfaces) {
  from("192.0.2.1", "edge1");
  add(kNow - 9), counters(10, 1000), interfaces(1, 2);
  add(kNow - 7), counters(1, 50), interfaces(2, 1);
  add(), counters(1, 40), interfaces(3, 3);
  add(), counters(3, 30), interfaces(0, {});
  add(), counters(4, 20), interfaces({}, {});
  // A merged biflow whose entrance has a name.
  add(), counters(7, 700), interfaces(1, 2);
  flow_->in_if_name = writer_.store(as_bytes("eth0"));
  writer_.cold().reverse_bytes = 90;
  writer_.cold().reverse_packets = 9;
  for (const FieldId id : {FieldId::in_if_name, FieldId::reverse_bytes, FieldId::reverse_packets}) flow_->mark(id);
  from("192.0.2.2");
  flow_ = &add();
  counters(1, 1), interfaces({}, 5);
  flow_->mark(FieldId::flow_direction);
  flow_->flow_direction = 1;

  const auto segment = this->segment();
  const SegmentSummary& s = segment->summary();
  EXPECT_EQ(s.flows, 7U);
  EXPECT_EQ(s.packets, 36U);
  EXPECT_EQ(s.bytes, 1931U);
  const auto totals = [&](std::string_view exporter, std::string_view name) -> InterfaceTotals {
    for (const InterfaceTotals& t : s.interfaces) {
      if (t.exporter == *IpAddress::parse(exporter) && t.interface == name) return t;
    }
    ADD_FAILURE() << "no interface " << name;
    return {};
  };
  const auto expect = [&](const InterfaceTotals& t, std::uint64_t flows, std::uint64_t in_packets,
                          std::uint64_t out_packets, std::uint64_t in_bytes, std::uint64_t out_bytes) {
    EXPECT_EQ(t.flows, flows) << t.interface;
    EXPECT_EQ(t.in_packets, in_packets) << t.interface;
    EXPECT_EQ(t.out_packets, out_packets) << t.interface;
    EXPECT_EQ(t.in_bytes, in_bytes) << t.interface;
    EXPECT_EQ(t.out_bytes, out_bytes) << t.interface;
  };
  ASSERT_EQ(s.interfaces.size(), 7U);
  expect(totals("192.0.2.1", "if1"), 2, 10, 1, 1000, 50);
  expect(totals("192.0.2.1", "if2"), 3, 1 + 9, 10 + 7, 50 + 90, 1000 + 700);
  expect(totals("192.0.2.1", "if3"), 1, 1, 1, 40, 40);
  expect(totals("192.0.2.1", "if0"), 1, 3, 0, 30, 0);
  expect(totals("192.0.2.1", ""), 1, 4, 0, 20, 0);
  expect(totals("192.0.2.1", "eth0"), 1, 7, 9, 700, 90);
  expect(totals("192.0.2.2", "if5"), 1, 0, 1, 0, 1);
  EXPECT_EQ(totals("192.0.2.1", "if1").times, (TimeRange{kNow - 9, kNow - 7}));
  EXPECT_EQ(totals("192.0.2.1", "if1").host, "edge1");
  ASSERT_EQ(s.exporters.size(), 2U);
  EXPECT_EQ(s.exporters[0].flows, 6U);
  EXPECT_EQ(s.exporters[0].bytes, 1930U);
  EXPECT_FALSE(s.exporters[0].ingress || s.exporters[0].egress);
  EXPECT_TRUE(s.exporters[1].egress && !s.exporters[1].ingress);
}

// Ten thousand interfaces: a bounded list, and nothing lost from the sums.
TEST_F(RowBufferTest, BoundsTheSummary) {
  for (std::uint32_t i = 0; i < 10'000; ++i) add(), counters(1, 10), interfaces(i, {});
  const auto segment = this->segment();
  const auto& all = segment->summary().interfaces;
  ASSERT_EQ(all.size(), SegmentSummary::kMaxTotals);
  EXPECT_EQ(all.back().interface, "(others)");
  EXPECT_EQ(all.back().exporter, IpAddress{});
  std::uint64_t flows = 0, bytes = 0;
  for (const InterfaceTotals& t : all) flows += t.flows, bytes += t.in_bytes;
  EXPECT_EQ(flows, 10'000U);
  EXPECT_EQ(bytes, 100'000U);
  const auto merged = merge_segments(std::vector{segment, segment}, {.times = {}});
  ASSERT_TRUE(merged);
  const auto twice = store_test::open_image(*merged);
  ASSERT_EQ(twice->summary().interfaces.size(), SegmentSummary::kMaxTotals);
  EXPECT_EQ(twice->summary().interfaces.back().flows, 2 * all.back().flows);
}

TEST_F(RowBufferTest, AbsentColumnsTakeNoSpace) {
  for (int i = 0; i < 10; ++i) add(), counters(1, 10);
  const auto segment = this->segment();
  for (const FieldId id : {FieldId::src_port, FieldId::host, FieldId::in_if_name, FieldId::reverse_bytes}) {
    EXPECT_FALSE(segment->has(column_of(id)));
    EXPECT_EQ(segment->column_size(column_of(id)), 0U);
    EXPECT_EQ(store_test::read_all(*segment, column_of(id)), std::vector<std::uint64_t>(10, 0));
  }
  EXPECT_TRUE(segment->has(kTimeColumn));
  EXPECT_LT(segment->size_on_disk(), 500U);
}

}  // namespace
}  // namespace weir
