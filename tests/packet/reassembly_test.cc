#include "packet/reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/clock.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::Buffer;
using test::ipv4;
using test::ipv6;
using test::udp;
using test::operator+;
using Drop = Reassembler::Drop;

Buffer counting(std::size_t size) {
  Buffer bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

Buffer slice(const Buffer& bytes, std::size_t offset, std::size_t size) {
  const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return {start, start + static_cast<std::ptrdiff_t>(std::min(size, bytes.size() - offset))};
}

// A reassembler, and the fragments of UDP packets to feed it with.
class ReassemblyTest : public testing::TestWithParam<Family> {
 protected:
  Buffer fragment(const Buffer& payload, std::size_t offset, std::size_t size, unsigned id = 1) const {
    const bool more = offset + size < payload.size();
    return piece(slice(payload, offset, size), offset, more, id);
  }
  Buffer piece(const Buffer& bytes, std::size_t offset, bool more, unsigned id = 1) const {
    const auto at = static_cast<unsigned>(offset);
    if (GetParam() == Family::kV6) return ipv6(44, test::fragment_header(17, at, more, id) + bytes);
    return ipv4(17, bytes, at / 8 | (more ? 0x2000U : 0U), id);
  }
  std::optional<Buffer> add(const Buffer& packet, std::uint64_t time_ns = 0) {
    DissectedPacket dissected = dissect_ip(packet);
    EXPECT_TRUE(dissected.is_fragment);
    const auto whole = reassembler_.add(dissected, time_ns);
    EXPECT_TRUE(reassembler_.account().balanced());
    if (!whole) return std::nullopt;
    EXPECT_EQ(whole->proto, 17);
    return Buffer(whole->payload.begin(), whole->payload.end());
  }
  const Account<Drop>& account() const { return reassembler_.account(); }

  const Buffer payload_ = udp(1000, 2055, counting(92));  // 100 bytes
  Reassembler reassembler_;
};

INSTANTIATE_TEST_SUITE_P(Families, ReassemblyTest, testing::Values(Family::kV4, Family::kV6),
                         [](const auto& info) { return info.param == Family::kV4 ? "V4" : "V6"; });

TEST_P(ReassemblyTest, AnyOrderGivesThePacket) {
  std::vector<std::size_t> order = {0, 32, 64, 96};
  unsigned id = 0;
  do {
    ++id;
    for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(add(fragment(payload_, order[i], 32, id)));
    EXPECT_EQ(add(fragment(payload_, order[3], 32, id)), payload_);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(account().in, 24U * 4);
  EXPECT_EQ(account().out, 24U * 4);
  EXPECT_EQ(account().held, 0U);
}

TEST_P(ReassemblyTest, PacketsInterleave) {
  const Buffer other = udp(7, 8, counting(60));
  EXPECT_FALSE(add(fragment(payload_, 0, 64, 1)));
  EXPECT_FALSE(add(fragment(other, 0, 64, 2)));
  EXPECT_EQ(add(fragment(payload_, 64, 64, 1)), payload_);
  EXPECT_EQ(add(fragment(other, 64, 64, 2)), other);
}

TEST_P(ReassemblyTest, ADuplicateCostsOnlyItself) {
  EXPECT_FALSE(add(fragment(payload_, 64, 64)));
  EXPECT_FALSE(add(fragment(payload_, 64, 64)));
  EXPECT_EQ(add(fragment(payload_, 0, 64)), payload_);
  EXPECT_EQ(account().dropped_for(Drop::kDuplicate), 1U);
  EXPECT_EQ(account().out, 2U);
}

TEST_P(ReassemblyTest, OverlapsDropThePacketAndWhatStillComesOfIt) {
  const Buffer changed(64, 0xee);
  const Buffer overlaps[] = {
      piece(changed, 0, true),                 // other bytes in the same place
      piece(slice(changed, 0, 16), 8, true),   // inside
      piece(slice(changed, 0, 64), 56, true),  // over the end
      piece(slice(changed, 0, 8), 24, false),  // an end before what is there
  };
  unsigned rounds = 0;
  for (const Buffer& overlap : overlaps) {
    reassembler_ = Reassembler();
    EXPECT_FALSE(add(fragment(payload_, 0, 64)));
    EXPECT_FALSE(add(overlap));
    EXPECT_FALSE(add(fragment(payload_, 64, 64))) << "RFC 5722: fragments not yet received are refused too";
    EXPECT_FALSE(add(fragment(payload_, 0, 64)));
    EXPECT_EQ(account().dropped_for(Drop::kOverlap), 4U) << rounds++;
    EXPECT_EQ(account().held, 0U);
  }
}

TEST_P(ReassemblyTest, TwoEndsContradict) {
  EXPECT_FALSE(add(piece(counting(16), 64, false)));
  EXPECT_FALSE(add(piece(counting(16), 80, false)));
  EXPECT_EQ(account().dropped_for(Drop::kOverlap), 2U);
}

TEST_P(ReassemblyTest, TimesOutByCaptureTime) {
  const std::uint64_t start = 1'700'000'000 * kNsPerSecond;
  EXPECT_FALSE(add(fragment(payload_, 0, 64), start));
  EXPECT_FALSE(add(fragment(payload_, 64, 64), start + 31 * kNsPerSecond));
  EXPECT_EQ(account().dropped_for(Drop::kTimeout), 1U);
  EXPECT_EQ(account().held, 1U);
  EXPECT_FALSE(add(fragment(udp(1, 2, counting(92)), 0, 64, 9), start)) << "a clock that steps back drops nothing";
  EXPECT_EQ(account().held, 2U);
}

TEST_P(ReassemblyTest, RefusesFragmentsThatCannotBe) {
  EXPECT_FALSE(add(piece(counting(13), 0, true)));       // more follow, but not a multiple of 8
  EXPECT_FALSE(add(piece(counting(64), 65528, false)));  // beyond 65535
  Buffer cut = fragment(payload_, 0, 64);
  cut.pop_back();
  EXPECT_FALSE(add(cut));
  EXPECT_EQ(account().dropped_for(Drop::kInvalid), 3U);
}

TEST_P(ReassemblyTest, MemoryIsBounded) {
  reassembler_ = Reassembler({.bytes = 10'000});
  for (unsigned id = 0; id < 1000; ++id) EXPECT_FALSE(add(fragment(payload_, 0, 64, id)));
  EXPECT_LT(account().held, 60U);
  EXPECT_EQ(account().dropped_for(Drop::kMemory), 1000 - account().held);
  EXPECT_EQ(add(fragment(payload_, 64, 64, 999)), payload_) << "the oldest went first";

  const Buffer large = counting(20'000);
  for (std::size_t at = 0; at < large.size(); at += 1000) EXPECT_FALSE(add(fragment(large, at, 1000, 7777)));
  EXPECT_LE(account().held, 9U);
}

TEST_P(ReassemblyTest, FinishGivesUpTheRest) {
  EXPECT_FALSE(add(fragment(payload_, 0, 64)));
  reassembler_.finish();
  EXPECT_EQ(account().dropped_for(Drop::kUnfinished), 1U);
  EXPECT_EQ(account().held, 0U);
  EXPECT_TRUE(account().balanced());
}

TEST(Reassembly, Ipv6ExtensionsBehindTheFragmentHeader) {
  const Buffer whole = test::hex("11 00 010400000000") + udp(3, 4, counting(40));
  Reassembler reassembler;
  const Buffer first = ipv6(44, test::fragment_header(60, 0, true, 1) + slice(whole, 0, 24));
  const Buffer last = ipv6(44, test::fragment_header(60, 24, false, 1) + slice(whole, 24, 100));
  EXPECT_FALSE(reassembler.add(dissect_ip(last), 0));
  DissectedPacket packet = dissect_ip(first);
  const auto complete = reassembler.add(packet, 0);
  ASSERT_TRUE(complete);
  dissect_reassembled(packet, complete->proto, complete->payload);
  EXPECT_FALSE(packet.is_fragment);
  EXPECT_EQ(packet.proto, 17);
  EXPECT_EQ(packet.src_port, 3);
  EXPECT_EQ(packet.dst_port, 4);
  EXPECT_EQ(packet.l4_payload.size(), 40U);
}

TEST(Reassembly, Ipv4TellsProtocolsApart) {
  Reassembler reassembler;
  const Buffer payload = udp(1, 2, counting(8));
  EXPECT_FALSE(reassembler.add(dissect_ip(ipv4(17, slice(payload, 0, 8), 0x2000)), 0));
  EXPECT_FALSE(reassembler.add(dissect_ip(ipv4(6, slice(payload, 8, 8), 1)), 0));
  EXPECT_TRUE(reassembler.add(dissect_ip(ipv4(17, slice(payload, 8, 8), 1)), 0));
}

}  // namespace
}  // namespace weir
