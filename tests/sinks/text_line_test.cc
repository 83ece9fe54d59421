#include "sinks/text_line.h"

#include <gtest/gtest.h>

#include "sinks/record_writer.h"

namespace weir {
namespace {

class TextLine : public testing::Test {
 protected:
  TextLine() : writer_(BatchPool::create(), [this](BatchRef batch) { batch_ = std::move(batch); }) {
    writer_.set_origin(Origin{});
  }

  Flow& add_tcp() {
    Flow& flow = *writer_.add();
    flow.src_addr = IpAddress::parse("10.0.0.1")->bytes;
    flow.dst_addr = IpAddress::parse("10.0.1.2")->bytes;
    flow.src_addr_family = flow.dst_addr_family = Family::kV4;
    flow.src_port = 40000;
    flow.dst_port = 443;
    flow.proto = 6;
    flow.tcp_flags = 0x1b;
    flow.packets = 10;
    flow.bytes = 1000;
    flow.time_flow_start_ns = 1'767'366'245'678'000'000;
    flow.time_flow_end_ns = flow.time_flow_start_ns + 1'500'000'000;
    for (const FieldId id :
         {FieldId::src_port, FieldId::proto, FieldId::time_flow_start_ns, FieldId::time_flow_end_ns}) {
      flow.mark(id);
    }
    return flow;
  }

  std::string text() {
    writer_.flush();
    std::string out;
    RecordWriter(RecordFormat::kText, FieldSelection::kFull).append(*batch_, out);
    return out;
  }

  BatchRef batch_;
  BatchWriter writer_;
};

TEST_F(TextLine, ShowsAFlowInTheHeadingsColumns) {
  add_tcp();
  EXPECT_EQ(
      text_line_header() + text(),
      "Start (UTC)              Duration/s  Protocol   Source                    Destination             Flags     "
      "   Packets           Bytes\n"
      "2026-01-02 15:04:05.678       1.500  TCP        10.0.0.1:40000         -> 10.0.1.2:443            ...AP.SF  "
      "        10            1000\n");
}

TEST_F(TextLine, ShowsWhatIsUnknownAsADash) {
  Flow& flow = *writer_.add();
  flow.src_addr = IpAddress::parse("2001:db8::1")->bytes;
  flow.src_addr_family = Family::kV6;
  EXPECT_EQ(
      text(),
      "-                                 -  -          2001:db8::1            ->                                   "
      "         0               0\n");
}

TEST_F(TextLine, BracketsIpv6AndTellsTheReverseDirection) {
  Flow& flow = add_tcp();
  flow.src_addr = IpAddress::parse("2001:db8::1")->bytes;
  flow.src_addr_family = Family::kV6;
  flow.mark(FieldId::reverse_packets);
  writer_.cold().reverse_packets = 20;
  writer_.cold().reverse_bytes = 2000;
  const std::string line = text();
  EXPECT_NE(line.find("[2001:db8::1]:40000"), std::string::npos);
  EXPECT_TRUE(line.ends_with("1000  <- 20 packets, 2000 bytes\n")) << line;
}

}  // namespace
}  // namespace weir
