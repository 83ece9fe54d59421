// The ring's blocks, in user memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_arp.h>

#include <numeric>
#include <random>
#include <thread>

#include "exporter/capture/ring_source.h"
#include "tests/packet/frames.h"
#include "tests/support/mock_ring.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::MockPacket;
using test::MockRing;

constexpr std::size_t kBlock = 4096;

std::vector<std::uint8_t> frame_of(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

// A source with one ring that the test keeps its hands on.
struct OneRing {
  explicit OneRing(unsigned blocks = 4, bool has_vnet_header = true, std::size_t block_size = kBlock) {
    auto made = std::make_unique<MockRing>(block_size, blocks, has_vnet_header);
    ring = made.get();
    source = *RingSource::create();
    handle = source->add(std::move(made));
  }

  std::span<const Frame> next(std::chrono::milliseconds timeout = 0ms) { return *source->next(timeout); }
  std::size_t drain() {
    std::size_t all = 0;
    for (std::size_t n = 0; (n = next().size()) != 0; all += n) EXPECT_TRUE(source->stats().packets.balanced());
    return all;
  }

  MockRing* ring;
  std::unique_ptr<RingSource> source;
  RingSource::Handle handle;
};

TEST(CaptureRing, GivesAFrameAsItWas) {
  OneRing one;
  const auto bytes = frame_of(90);
  one.ring->put({.data = bytes,
                 .time_ns = 1'700'000'000'123'456'789,
                 .wire_length = 1514,
                 .interface = 7,
                 .has_vlan = true,
                 .vlan_tci = 0x2005});
  EXPECT_TRUE(one.next().empty()) << "the block is not handed over yet";
  one.ring->flush();
  const auto frames = one.next();
  ASSERT_EQ(frames.size(), 1U);
  const Frame& frame = frames[0];
  EXPECT_EQ(frame.time_ns, 1'700'000'000'123'456'789U);
  EXPECT_THAT(frame.bytes(), testing::ElementsAreArray(bytes));
  EXPECT_EQ(frame.wire_length, 1514U);
  EXPECT_EQ(frame.interface, 7U);
  EXPECT_EQ(frame.link_type, LinkType::kEthernet);
  EXPECT_EQ(frame.direction, PacketDirection::kIn);
  EXPECT_TRUE(frame.has_vlan);
  EXPECT_EQ(frame.vlan_tci, 0x2005U);
  EXPECT_EQ(frame.segment_size, 0U);
}

TEST(CaptureRing, TellsDirectionsApart) {
  OneRing one;
  const auto bytes = frame_of(60);
  for (const int type : {PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING})
    one.ring->put({.data = bytes, .packet_type = static_cast<std::uint8_t>(type)});
  one.ring->flush();
  std::vector<PacketDirection> seen;
  for (const Frame& frame : one.next()) seen.push_back(frame.direction);
  using enum PacketDirection;
  EXPECT_THAT(seen, testing::ElementsAre(kIn, kIn, kIn, kUnknown, kOut));
}

TEST(CaptureRing, TellsSegmentSizesOfTcpAndUdpOnly) {
  OneRing one;
  const auto bytes = frame_of(60);
  for (const int type : {0, 1, 3, 4, 5, 0x81})
    one.ring->put({.data = bytes, .gso_type = static_cast<std::uint8_t>(type), .gso_size = 1448});
  one.ring->flush();
  std::vector<unsigned> seen;
  for (const Frame& frame : one.next()) seen.push_back(frame.segment_size);
  EXPECT_THAT(seen, testing::ElementsAre(0, 1448, 0, 1448, 1448, 1448));
  EXPECT_EQ(one.source->stats().super_packets, 4U);
}

TEST(CaptureRing, DoesWithoutVnetHeader) {
  OneRing one(2, false);
  const auto bytes = frame_of(60);
  one.ring->put({.data = bytes});
  one.ring->flush();
  const auto frames = one.next();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].segment_size, 0U);
}

TEST(CaptureRing, RawInterfacesBeginWithTheIpHeader) {
  OneRing one;
  const auto bytes = frame_of(80);
  one.ring->put({.data = bytes, .hardware_type = ARPHRD_NONE});
  one.ring->put({.data = bytes, .wire_length = 1000, .hardware_type = ARPHRD_IPGRE, .tunnel_header = 24});
  one.ring->flush();
  const auto frames = one.next();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].link_type, LinkType::kRaw);
  EXPECT_EQ(frames[0].captured, 80U);
  EXPECT_EQ(frames[1].captured, 56U);
  EXPECT_EQ(frames[1].wire_length, 976U);
  EXPECT_EQ(frames[1].data[0], 25U);
}

TEST(CaptureRing, BlocksGoBackWhenTheirFramesWereConsumed) {
  OneRing one(2);
  const auto bytes = frame_of(60);
  one.ring->put({.data = bytes});
  one.ring->flush();
  ASSERT_EQ(one.next().size(), 1U);
  EXPECT_TRUE(one.ring->is_with_reader(0)) << "its frames may be in use";
  EXPECT_TRUE(one.next().empty());
  EXPECT_FALSE(one.ring->is_with_reader(0));
}

TEST(CaptureRing, GoesRoundAndLosesNothing) {
  OneRing one(3);
  const auto bytes = frame_of(200);
  std::size_t got = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    one.ring->put({.data = bytes, .time_ns = i});
    if (i % 20 != 19) continue;
    one.ring->flush();
    for (auto frames = one.next(); !frames.empty(); frames = one.next())
      for (const Frame& frame : frames) EXPECT_EQ(frame.time_ns, got++);
  }
  EXPECT_EQ(got, 1000U);
}

TEST(CaptureRing, LargeBlocksComeInBatches) {
  OneRing one(2, true, 256 << 10);
  const auto bytes = frame_of(60);
  for (int i = 0; i < 600; ++i) one.ring->put({.data = bytes});
  one.ring->flush();
  EXPECT_EQ(one.next().size(), 256U);
  EXPECT_EQ(one.next().size(), 256U);
  EXPECT_TRUE(one.ring->is_with_reader(0));
  EXPECT_EQ(one.next().size(), 88U);
  EXPECT_TRUE(one.next().empty());
}

TEST(CaptureRing, OverloadIsCountedExactly) {
  OneRing one(2);
  const auto bytes = frame_of(100);
  for (int i = 0; i < 500; ++i) one.ring->put({.data = bytes});
  one.ring->flush();
  auto stats = one.source->stats();
  EXPECT_TRUE(stats.packets.balanced());
  EXPECT_EQ(stats.packets.in, 500U);
  EXPECT_GT(stats.packets.held, 0U);
  const auto got = one.drain();
  stats = one.source->stats();
  EXPECT_TRUE(stats.packets.balanced());
  EXPECT_EQ(stats.packets.out, got);
  EXPECT_EQ(stats.packets.held, 0U);
  EXPECT_EQ(got + stats.packets.dropped_for(CaptureDrop::kRingFull), 500U);
}

TEST(CaptureRing, WhatTheKernelCouldNotDescribeIsCountedApart) {
  OneRing one;
  const auto bytes = frame_of(60);
  one.ring->put({.data = bytes});
  one.ring->put_unwritten();
  one.ring->put({.data = bytes});
  one.ring->flush();
  EXPECT_EQ(one.next().size(), 2U);
  const auto stats = one.source->stats();
  EXPECT_TRUE(stats.packets.balanced());
  EXPECT_EQ(stats.packets.in, 3U);
  EXPECT_EQ(stats.packets.dropped_for(CaptureDrop::kUnknownOffload), 1U);
  EXPECT_EQ(stats.packets.dropped_for(CaptureDrop::kRingFull), 0U);
}

TEST(CaptureRing, DamagedBlocksAreCountedAndLeft) {
  const auto bytes = frame_of(60);
  using Damage = void (*)(MockRing&, tpacket3_hdr& second);
  const Damage damages[] = {
      [](MockRing&, tpacket3_hdr& second) { second.tp_mac = 0xfff0; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_mac = 10; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_snaplen = 0xfffffff0; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_snaplen = kBlock; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_next_offset = 0; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_next_offset = 0xffffffff; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_next_offset = kBlock - 1; },
      [](MockRing&, tpacket3_hdr& second) { second.tp_next_offset = 3; },
  };
  for (const Damage damage : damages) {
    OneRing one;
    for (int i = 0; i < 3; ++i) one.ring->put({.data = bytes});
    auto& first = one.ring->frame_at(0, one.ring->block(0).hdr.bh1.offset_to_first_pkt);
    damage(*one.ring, one.ring->frame_at(0, one.ring->block(0).hdr.bh1.offset_to_first_pkt + first.tp_next_offset));
    one.ring->flush();
    one.ring->put({.data = bytes});
    one.ring->flush();
    const auto got = one.drain();
    const auto stats = one.source->stats();
    EXPECT_TRUE(stats.packets.balanced());
    EXPECT_GE(got, 2U) << "the first frame, and the next block";
    EXPECT_EQ(got + stats.packets.dropped_for(CaptureDrop::kBadBlock), 4U);
    EXPECT_FALSE(one.ring->is_with_reader(0));
  }
}

TEST(CaptureRing, ImpossibleBlockHeadersEndTheBlock) {
  for (const std::uint32_t first : {0U, 8U, 4095U, 4096U, 0x80000000U, 0xffffffffU}) {
    OneRing one;
    const auto bytes = frame_of(60);
    one.ring->put({.data = bytes});
    one.ring->block(0).hdr.bh1.offset_to_first_pkt = first;
    one.ring->block(0).hdr.bh1.num_pkts = 0xffffffff;
    one.ring->flush();
    EXPECT_EQ(one.drain(), 0U) << first;
    EXPECT_TRUE(one.source->stats().packets.balanced());
    EXPECT_EQ(one.source->stats().packets.dropped_for(CaptureDrop::kBadBlock), 1U);
  }
}

// Nothing is read outside the ring, whatever stands in it: sanitizers watch.
TEST(CaptureRing, AnyBytesAtAll) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    OneRing one;
    const auto bytes = frame_of(60);
    for (int i = 0; i < 30; ++i) one.ring->put({.data = bytes});
    one.ring->flush();
    const RingMemory memory = one.ring->memory();
    for (int i = 0; i < 40; ++i) memory.bytes[48 + random() % (kBlock - 48)] = static_cast<std::uint8_t>(random());
    std::uint64_t sum = 0;
    for (auto frames = one.next(); !frames.empty(); frames = one.next())
      for (const Frame& frame : frames)
        for (const std::uint8_t byte : frame.bytes()) sum += byte;
    EXPECT_FALSE(one.ring->is_with_reader(0)) << sum;
    EXPECT_TRUE(one.source->stats().packets.balanced());
  }
}

TEST(CaptureRing, SeveralRingsTakeTurns) {
  auto source = *RingSource::create();
  std::vector<MockRing*> rings;
  std::vector<RingSource::Handle> handles;
  const auto bytes = frame_of(60);
  for (int i = 0; i < 3; ++i) {
    auto ring = std::make_unique<MockRing>(kBlock, 2);
    rings.push_back(ring.get());
    handles.push_back(source->add(std::move(ring)));
    for (int block = 0; block < 2; ++block) {
      rings[static_cast<std::size_t>(i)]->put({.data = bytes, .interface = i});
      rings[static_cast<std::size_t>(i)]->flush();
    }
  }
  std::vector<unsigned> seen;
  for (auto frames = *source->next(0ms); !frames.empty(); frames = *source->next(0ms))
    seen.push_back(frames[0].interface);
  EXPECT_THAT(seen, testing::UnorderedElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_EQ(source->stats().packets.out, 6U);
  EXPECT_EQ(source->stats(handles[1]).packets.out, 2U);
}

TEST(CaptureRing, ARemovedRingIsReadToItsEnd) {
  OneRing one;
  const auto bytes = frame_of(60);
  one.ring->put({.data = bytes});
  one.source->remove(one.handle);
  EXPECT_TRUE(one.next().empty());
  one.ring->flush();
  EXPECT_EQ(one.next().size(), 1U);
  EXPECT_TRUE(one.next().empty());
  // The ring is gone; its numbers stay.
  EXPECT_EQ(one.source->stats(one.handle).packets.out, 1U);
  EXPECT_EQ(one.source->stats().packets.out, 1U);
}

TEST(CaptureRing, StatsCanStartAnewForAnotherInterface) {
  OneRing one;
  const auto bytes = frame_of(60);
  one.ring->put({.data = bytes});
  CaptureStats stats;
  EXPECT_FALSE(one.source->take_stats(one.handle, stats)) << "a packet is held";
  one.ring->flush();
  one.drain();
  EXPECT_TRUE(one.source->take_stats(one.handle, stats));
  EXPECT_EQ(stats.packets.out, 1U);
  EXPECT_EQ(one.source->stats(one.handle).packets.in, 0U);
  EXPECT_EQ(one.source->stats().packets.out, 1U);
}

TEST(CaptureRing, WakeEndsTheWait) {
  OneRing one;
  std::thread waker([&] { one.source->wake(); });
  EXPECT_TRUE(one.next(60s).empty());
  waker.join();
}

TEST(CaptureRing, PacketsEndTheWait) {
  OneRing one;
  const auto bytes = frame_of(60);
  std::thread sender([&] {
    one.ring->put({.data = bytes});
    one.ring->flush();
  });
  EXPECT_EQ(one.next(60s).size(), 1U);
  sender.join();
}

}  // namespace
}  // namespace weir
