#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "exporter/capture/file_capture.h"
#include "tests/packet/frames.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::Buffer;
using test::operator+;
using test::hex;

class FileCaptureTest : public testing::Test {
 protected:
  std::string file(const Buffer& bytes) {
    const auto path = dir_ / "capture.pcap";
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    return path;
  }
  test::TempDir dir_;
};

TEST_F(FileCaptureTest, GivesFramesInBatchesToTheEnd) {
  test::PcapBuilder builder(1);
  for (unsigned i = 0; i < 600; ++i) builder.add(Buffer(60 + i, static_cast<std::uint8_t>(i)), 1'700'000'000, i, 2000);
  auto source = open_file_capture(file(builder.bytes));
  ASSERT_TRUE(source) << source.error().message;
  unsigned n = 0;
  for (;;) {
    const auto frames = *(*source)->next(0ms);
    if (frames.empty()) break;
    for (const Frame& frame : frames) {
      EXPECT_EQ(frame.time_ns, 1'700'000'000'000'000'000U + n * 1000);
      ASSERT_EQ(frame.captured, 60 + n);
      EXPECT_EQ(frame.wire_length, 2000U);
      EXPECT_EQ(frame.data[0], static_cast<std::uint8_t>(n));
      EXPECT_EQ(frame.data[frame.captured - 1], static_cast<std::uint8_t>(n));
      EXPECT_EQ(frame.interface, 1U);
      EXPECT_EQ(frame.direction, PacketDirection::kUnknown);
      ++n;
    }
  }
  EXPECT_EQ(n, 600U);
  EXPECT_TRUE((*source)->ended());
  EXPECT_EQ((*source)->stats().packets.out, 600U);
  EXPECT_TRUE((*source)->stats().packets.balanced());
}

TEST_F(FileCaptureTest, ACookedHeaderTellsTheDirection) {
  test::PcapBuilder builder(113);
  builder.add(hex("0004 0001 0006 0a0000000001 0000 0800") + Buffer(20));
  builder.add(hex("0000 0001 0006 0a0000000001 0000 0800") + Buffer(20));
  builder.add(hex("0003 0001 0006 0a0000000001 0000 0800") + Buffer(20));
  auto source = open_file_capture(file(builder.bytes));
  const auto frames = *(*source)->next(0ms);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].direction, PacketDirection::kOut);
  EXPECT_EQ(frames[1].direction, PacketDirection::kIn);
  EXPECT_EQ(frames[2].direction, PacketDirection::kUnknown);

  test::PcapBuilder builder2(276);
  builder2.add(hex("0800 0000 00000002 0001 04 06 0a00000000010000") + Buffer(20));
  auto source2 = open_file_capture(file(builder2.bytes));
  const auto frames2 = *(*source2)->next(0ms);
  ASSERT_EQ(frames2.size(), 1U);
  EXPECT_EQ(frames2[0].direction, PacketDirection::kOut);
}

TEST_F(FileCaptureTest, DamageIsAnErrorAfterTheFramesBeforeIt) {
  test::PcapBuilder builder(1);
  builder.add(Buffer(60)).add(Buffer(60));
  auto source = open_file_capture(file(Buffer(builder.bytes.begin(), builder.bytes.end() - 10)));
  EXPECT_EQ((*source)->next(0ms)->size(), 1U);
  const auto after = (*source)->next(0ms);
  ASSERT_FALSE(after);
  EXPECT_THAT(after.error().message, testing::HasSubstr("after packet 1"));
  EXPECT_FALSE((*source)->ended());
  EXPECT_EQ((*source)->stats().packets.out, 1U);
}

TEST_F(FileCaptureTest, NumbersInterfacesOfPcapngFromOne) {
  const Buffer section = hex("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000");
  const Buffer interface = hex("01000000 14000000 0100 0000 00000000 14000000");
  const auto packet = [](const char* number) {
    return hex("06000000 24000000") + hex(number) + hex("00000000 00000000 04000000 3c000000 01020304 24000000");
  };
  auto source = open_file_capture(file(section + interface + interface + packet("00000000") + packet("01000000")));
  ASSERT_TRUE(source) << source.error().message;
  for (const std::uint32_t number : {1U, 2U}) {
    const auto frames = *(*source)->next(0ms);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].interface, number);
    EXPECT_EQ(frames[0].wire_length, 60U);
  }
}

TEST_F(FileCaptureTest, AWakeInterruptsOnce) {
  auto source = open_file_capture(file(test::PcapBuilder(1).add(Buffer(60)).bytes));
  (*source)->wake();
  EXPECT_TRUE((*source)->next(0ms)->empty());
  EXPECT_FALSE((*source)->ended());
  EXPECT_EQ((*source)->next(0ms)->size(), 1U);
}

}  // namespace
}  // namespace weir
