#include "flow/biflow.h"

#include <gtest/gtest.h>

#include <cstring>

#include "flow/field_table.h"
#include "flow/sides.h"

namespace weir {
namespace {

class Biflow : public testing::Test {
 protected:
  // A flow with every field of two sides at the source, none at the destination, and a reverse direction.
  Biflow() {
    out_.set_origin(Origin{});
    Flow& flow = *out_.add();
    FlowCold& cold = out_.cold();
    std::uint8_t value = 1;
    for (const auto& [source, destination] : kSides) {
      const FieldInfo& field = field_info(source);
      flow.mark(source);
      if (in_place(field.home)) continue;
      std::memset(home(flow, cold, field) + field.offset, value++, field.width);
      if (field.family_offset != 0) home(flow, cold, field)[field.family_offset] = 4;
    }
    flow.src_place = 3;
    cold.reverse_bytes = 900;
    cold.reverse_packets = 9;
    cold.reverse_tcp_flags = 0x12;
    cold.reverse_time_flow_start_ns = 77;
    flow.bytes = 100;
    flow.time_flow_start_ns = 66;
    flow.time_flow_end_ns = 88;
    flow.next_hop_family = Family::kV4;
    for (const FieldId id : {FieldId::reverse_bytes, FieldId::reverse_packets, FieldId::reverse_tcp_flags,
                             FieldId::reverse_time_flow_start_ns, FieldId::bytes, FieldId::time_flow_start_ns,
                             FieldId::time_flow_end_ns, FieldId::next_hop, FieldId::flow_direction}) {
      flow.mark(id);
    }
    out_.flush();
  }

  static std::uint8_t* home(Flow& flow, FlowCold& cold, const FieldInfo& field) {
    return field.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(&flow)
                                          : reinterpret_cast<std::uint8_t*>(&cold);
  }

  BatchRef batch_;
  BatchWriter out_{BatchPool::create(), [this](BatchRef batch) { batch_ = std::move(batch); }};
};

TEST_F(Biflow, EveryFieldOfASideChangesSides) {
  const Flow& flow = batch_->flows()[0];
  ASSERT_TRUE(has_reverse_traffic(*batch_, flow));
  ReverseFlow reverse = reverse_of(*batch_, flow);
  std::uint8_t value = 1;
  for (const auto& [source, destination] : kSides) {
    const FieldInfo& field = field_info(destination);
    EXPECT_FALSE(reverse.flow.has(source)) << field.name;
    EXPECT_TRUE(reverse.flow.has(destination)) << field.name;
    if (in_place(field.home)) continue;
    const std::uint8_t* const base = home(reverse.flow, reverse.cold, field);
    for (std::size_t i = 0; i < field.width; ++i) ASSERT_EQ(base[field.offset + i], value) << field.name;
    if (field.family_offset != 0) {
      EXPECT_EQ(base[field.family_offset], 4) << field.name;
    }
    ++value;
  }
  EXPECT_EQ(reverse.flow.src_place, 0);
  EXPECT_EQ(reverse.flow.dst_place, 3);
}

TEST_F(Biflow, ReverseValuesBecomeItsOwn) {
  const ReverseFlow reverse = reverse_of(*batch_, batch_->flows()[0]);
  EXPECT_EQ(reverse.flow.bytes, 900U);
  EXPECT_EQ(reverse.flow.packets, 9U);
  EXPECT_EQ(reverse.flow.tcp_flags, 0x12);
  EXPECT_TRUE(reverse.flow.has(FieldId::packets)) << "though the forward direction said none";
  EXPECT_EQ(reverse.flow.time_flow_start_ns, 77U);
  EXPECT_EQ(reverse.flow.time_flow_end_ns, 88U) << "no reverse end";
  EXPECT_EQ(reverse.flow.flow_direction, 1);
  EXPECT_FALSE(reverse.flow.has(FieldId::next_hop));
  for (const FieldInfo& field : kFields) {
    if (field.group == FieldGroup::kReverse) {
      EXPECT_FALSE(reverse.flow.has(field.id)) << field.name;
    }
  }
}

TEST_F(Biflow, CountersOfZeroAreNoTraffic) {
  Flow flow = batch_->flows()[0];
  clear_reverse_fields(flow);
  EXPECT_FALSE(has_reverse_traffic(*batch_, flow));
  EXPECT_TRUE(flow.has(FieldId::bytes));
}

}  // namespace
}  // namespace weir
