// The short path of metering, held against dissect() on every frame of ../shared/pcaps, whole and damaged.
#include "packet/packet_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>

#include "packet/packet_file.h"
#include "packet/tunnel.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::be16;
using test::Buffer;
using test::ethernet;
using test::hex;
using test::ipv4;
using test::ipv6;
using test::tcp;
using test::udp;
using test::operator+;

const std::filesystem::path kPcaps = WEIR_SOURCE_DIR "/../shared/pcaps";

// What both read, where both read the frame; says whether the short path did.
bool agree(LinkType type, Bytes frame, std::uint32_t wire_length) {
  PacketInfo quick, any;
  std::fill_n(reinterpret_cast<unsigned char*>(&quick), sizeof quick, static_cast<unsigned char>(0xa5));
  if (!read_plain_packet(type, frame, quick)) return false;
  read_any_packet(type, frame, wire_length, any);
  EXPECT_EQ(quick.problem, any.problem);
  EXPECT_EQ(quick.src, any.src);
  EXPECT_EQ(quick.dst, any.dst);
  EXPECT_EQ(quick.family, any.family);
  EXPECT_EQ(quick.proto, any.proto);
  EXPECT_EQ(quick.src_port, any.src_port);
  EXPECT_EQ(quick.dst_port, any.dst_port);
  EXPECT_EQ(quick.has_ports, any.has_ports);
  EXPECT_EQ(quick.vlan_id, any.vlan_id);
  EXPECT_EQ(quick.ip_length, any.ip_length);
  EXPECT_EQ(quick.flow_label, any.flow_label);
  EXPECT_EQ(quick.fragment_id, any.fragment_id);
  EXPECT_EQ(quick.fragment_offset, any.fragment_offset);
  EXPECT_EQ(quick.is_fragment, any.is_fragment);
  EXPECT_EQ(quick.tcp_flags, any.tcp_flags);
  EXPECT_EQ(quick.tos, any.tos);
  EXPECT_EQ(quick.ttl, any.ttl);
  EXPECT_EQ(quick.has_icmp, any.has_icmp);
  EXPECT_EQ(quick.icmp_type, any.icmp_type);
  EXPECT_EQ(quick.icmp_code, any.icmp_code);
  EXPECT_EQ(quick.transport_at, any.transport_at);
  EXPECT_EQ(quick.ip, any.ip);
  EXPECT_EQ(quick.ip_captured, any.ip_captured);
  EXPECT_EQ(quick.mac, any.mac);
  return true;
}

// A few bytes changed, mostly in the headers, and perhaps the end cut off.
Buffer damaged(Bytes frame, std::mt19937& random) {
  Buffer copy(frame.begin(), frame.end());
  for (unsigned i = 0; i <= random() % 3 && !copy.empty(); ++i)
    copy[random() % std::min<std::size_t>(copy.size(), 80)] = static_cast<std::uint8_t>(random());
  if (random() % 3 == 0 && !copy.empty()) copy.resize(random() % copy.size());
  copy.shrink_to_fit();
  return copy;
}

TEST(PacketInfo, ShortPathAgreesWithDissect) {
  if (!std::filesystem::exists(kPcaps)) GTEST_SKIP() << "needs " << kPcaps;
  std::mt19937 random(7);
  std::size_t frames = 0, plain = 0, plain_damaged = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kPcaps)) {
    auto file = PacketFile::open(entry.path().string());
    if (!file) continue;
    SCOPED_TRACE(entry.path().string());
    for (unsigned i = 0; i < 3000; ++i) {
      const auto next = file->next();
      if (!next || !*next) break;
      const CapturedPacket& packet = **next;
      ++frames;
      plain += agree(packet.link_type, packet.frame, packet.original_length) ? 1 : 0;
      plain_damaged += agree(packet.link_type, damaged(packet.frame, random), packet.original_length) ? 1 : 0;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(frames, 20'000U);
  EXPECT_GT(plain, frames / 2);
  EXPECT_GT(plain_damaged, frames / 5);
}

TEST(PacketInfo, ShortPathTakesWhatIsCommon) {
  const Buffer v4 = ipv4(6, tcp(1, 2, 0x10, hex("aa")));
  for (const Buffer& frame :
       {ethernet(0x0800, v4), ethernet(0x8100, hex("0064 0800") + v4),
        ethernet(0x88a8, hex("00c8 8100 0064 0800") + v4), ethernet(0x86dd, ipv6(17, udp(1, 2, {}))),
        ethernet(0x86dd, ipv6(58, hex("8000 0000"))), ethernet(0x0800, ipv4(1, hex("0800 0000")))})
    EXPECT_TRUE(agree(LinkType::kEthernet, frame, 0));
  EXPECT_TRUE(agree(LinkType::kRaw, v4, 0));
}

TEST(PacketInfo, HeaderLength) {
  const auto headers = [](const Buffer& frame) {
    PacketInfo info;
    read_packet(LinkType::kEthernet, frame, 0, false, info);
    return header_length(info);
  };
  EXPECT_EQ(headers(ethernet(0x0800, ipv4(6, tcp(1, 2, 0x3010, Buffer(100, 0))))), 20U + 28U);  // 8 bytes of options
  EXPECT_EQ(headers(ethernet(0x0800, ipv4(17, udp(1, 2, Buffer(100, 0))))), 28U);
  EXPECT_EQ(headers(ethernet(0x86dd, ipv6(60, hex("1100010400000000") + udp(1, 2, Buffer(100, 0))))), 56U);
}

const Buffer kInner = ipv4(6, tcp(50000, 443, 0x18, hex("01020304")));
const Buffer kInnerFrame = hex("0b0000000002 0b0000000001 8100 0007 0800") + kInner;

PacketInfo inside(const Buffer& frame) {
  PacketInfo info;
  read_packet(LinkType::kEthernet, frame, 0, true, info);
  return info;
}

void expect_inner(const Buffer& packet, unsigned vlan) {
  const PacketInfo info = inside(packet);
  EXPECT_EQ(info.family, Family::kV4);
  EXPECT_EQ(info.proto, 6);
  EXPECT_EQ(info.dst_port, 443);
  EXPECT_EQ(info.ip_length, kInner.size());
  EXPECT_EQ(info.vlan_id, vlan);
  ASSERT_NE(info.mac, nullptr);
  EXPECT_EQ(info.mac[0], vlan == 7 ? 0x0b : 0x0a);
}

TEST(Tunnel, EveryKindIsOpened) {
  const auto over_udp = [](unsigned port, const Buffer& payload) {
    return ethernet(0x0800, ipv4(17, udp(5555, port, payload)));
  };
  expect_inner(over_udp(4789, hex("08000000 00002a00") + kInnerFrame), 7);
  expect_inner(over_udp(8472, hex("08000000 00002a00") + kInnerFrame), 7);
  expect_inner(over_udp(6081, hex("0100 6558 00002a00 0102 0300") + kInnerFrame), 7);
  expect_inner(over_udp(6081, hex("0000 0800 00002a00") + kInner), 0);
  expect_inner(ethernet(0x0800, ipv4(47, hex("0000 0800") + kInner)), 0);
  expect_inner(ethernet(0x0800, ipv4(47, hex("b000 0800 00000000 00000001 00000002") + kInner)), 0);
  expect_inner(ethernet(0x86dd, ipv6(47, hex("2000 6558 00000001") + kInnerFrame)), 7);
  expect_inner(ethernet(0x0800, ipv4(4, kInner)), 0);
  expect_inner(ethernet(0x86dd, ipv6(4, kInner)), 0);
  expect_inner(ethernet(0x0800, ipv4(41, ipv6(4, kInner))), 0);  // one in the other
}

TEST(Tunnel, WhatCannotBeReadIsMeteredAsTheTunnel) {
  for (const Buffer& payload :
       {hex("0000 0806") + kInner, hex("0000 0800"), hex("0000 0800 00"), hex("0001 0800") + kInner})
    EXPECT_EQ(inside(ethernet(0x0800, ipv4(47, payload))).proto, 47);
  EXPECT_EQ(inside(ethernet(0x0800, ipv4(47, hex("0000 0800") + kInner, 0x2000))).proto, 47);  // a fragment
  EXPECT_EQ(inside(ethernet(0x0800, ipv4(17, udp(1, 4789, hex("00000000 00002a00") + kInnerFrame)))).proto, 17);
  EXPECT_EQ(inside(ethernet(0x0800, ipv4(17, udp(1, 4790, hex("08000000 00002a00") + kInnerFrame)))).proto, 17);
}

TEST(Tunnel, NestingEnds) {
  Buffer packet = kInner;
  for (unsigned i = 0; i < 6; ++i) packet = ipv4(4, packet);
  EXPECT_EQ(inside(ethernet(0x0800, packet)).proto, 4);
  EXPECT_EQ(inside(ethernet(0x0800, packet)).ip_length, packet.size() - 4 * 20);
}

TEST(Tunnel, CutAnywhere) {
  const Buffer whole = ethernet(0x0800, ipv4(17, udp(5555, 6081, hex("0100 6558 00002a00 0102 0300") + kInnerFrame)));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    PacketInfo info;
    read_packet(LinkType::kEthernet, cut, static_cast<std::uint32_t>(whole.size()), true, info);
    EXPECT_EQ(info.family != Family::kNone, size >= 34) << size;
  }
}

}  // namespace
}  // namespace weir
