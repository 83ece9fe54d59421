// pcapng files made by hand, in either byte order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "packet/packet_file.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::Buffer;
using test::operator+;
using testing::HasSubstr;

class Pcapng {
 public:
  explicit Pcapng(bool big_endian) : big_endian_(big_endian) { section(); }

  Buffer u16(std::uint16_t v) const { return test::be16(big_endian_ ? v : __builtin_bswap16(v)); }
  Buffer u32(std::uint32_t v) const { return test::be32(big_endian_ ? v : __builtin_bswap32(v)); }

  Pcapng& block(std::uint32_t type, Buffer body) {
    while (body.size() % 4 != 0) body.push_back(0);
    const Buffer length = u32(static_cast<std::uint32_t>(body.size() + 12));
    bytes = bytes + u32(type) + length + body + length;
    return *this;
  }
  Pcapng& section() { return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + Buffer(8, 0xff)); }
  Pcapng& interface(std::uint16_t link_type, std::uint32_t snapshot_length = 0, const Buffer& options = {}) {
    return block(1, u16(link_type) + u16(0) + u32(snapshot_length) + options);
  }
  Buffer option(std::uint16_t code, Buffer value) const {
    const auto length = static_cast<std::uint16_t>(value.size());
    while (value.size() % 4 != 0) value.push_back(0);
    return u16(code) + u16(length) + value;
  }
  Pcapng& packet(std::uint32_t interface, std::uint64_t ticks, const Buffer& frame, std::uint32_t original = 0) {
    return block(6, u32(interface) + times_and_lengths(ticks, frame, original) + frame);
  }
  Buffer times_and_lengths(std::uint64_t ticks, const Buffer& frame, std::uint32_t original) const {
    const auto size = static_cast<std::uint32_t>(frame.size());
    return u32(static_cast<std::uint32_t>(ticks >> 32)) + u32(static_cast<std::uint32_t>(ticks)) + u32(size) +
           u32(original != 0 ? original : size);
  }

  Buffer bytes;

 private:
  bool big_endian_;
};

class PcapngTest : public testing::TestWithParam<bool> {
 protected:
  // All packets of `file`, and the error it ends with.
  struct Content {
    std::vector<CapturedPacket> packets;
    std::vector<Buffer> frames;
    std::string error;
  };
  static Content read(const Buffer& bytes) {
    Content content;
    auto file = PacketFile::open(Bytes(bytes));
    if (!file) return {{}, {}, file.error().message};
    for (;;) {
      const auto packet = file->next();
      if (!packet) content.error = packet.error().message;
      if (!packet || !*packet) return content;
      content.packets.push_back(**packet);
      content.frames.emplace_back((*packet)->frame.begin(), (*packet)->frame.end());
    }
  }
  Pcapng file_{GetParam()};
  const Buffer frame_ = Buffer(21, 7);
};

INSTANTIATE_TEST_SUITE_P(ByteOrders, PcapngTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Big" : "Little"; });

TEST_P(PcapngTest, InterfacesOfSeveralLinkTypesAndLengths) {
  const Content content = read(file_.interface(1, 65535)
                                   .interface(101, 128)
                                   .block(4, Buffer(9, 1))
                                   .packet(0, 1'700'000'000'000'001, frame_, 1500)
                                   .interface(113)
                                   .packet(2, 2, frame_)
                                   .packet(1, 3, Buffer(8, 1))
                                   .bytes);
  EXPECT_EQ(content.error, "");
  ASSERT_EQ(content.packets.size(), 3U);
  EXPECT_EQ(content.packets[0].link_type, LinkType::kEthernet);
  EXPECT_EQ(content.packets[0].time_ns, 1'700'000'000'000'001'000U);
  EXPECT_EQ(content.packets[0].original_length, 1500U);
  EXPECT_EQ(content.frames[0], frame_);
  EXPECT_EQ(content.packets[1].link_type, LinkType::kLinuxSll);
  EXPECT_EQ(content.packets[2].link_type, LinkType::kRaw);
  EXPECT_EQ(content.frames[2], Buffer(8, 1));
}

TEST_P(PcapngTest, EveryClock) {
  const auto with = [&](std::uint8_t resolution) { return file_.option(9, {resolution}); };
  const Buffer offset = file_.option(14, GetParam() ? test::hex("0000000000000064") : test::hex("6400000000000000"));
  const Content content = read(file_.interface(1, 0, with(9))
                                   .interface(1, 0, with(3) + file_.option(0, {}))
                                   .interface(1, 0, with(0x80 | 10))
                                   .interface(1, 0, with(12))
                                   .interface(1, 0, with(0) + offset)
                                   .interface(1, 0, with(127))
                                   .interface(1, 0, with(0xff))
                                   .packet(0, 1'700'000'000'123'456'789, frame_)
                                   .packet(1, 1'700'000'000'123, frame_)
                                   .packet(2, 1024 * 5 + 512, frame_)
                                   .packet(3, 5'000'000'001'999, frame_)
                                   .packet(4, 7, frame_)
                                   .packet(4, UINT64_MAX, frame_)
                                   .packet(5, UINT64_MAX, frame_)
                                   .packet(6, UINT64_MAX, frame_)
                                   .bytes);
  std::vector<std::uint64_t> times;
  for (const auto& packet : content.packets) times.push_back(packet.time_ns);
  EXPECT_THAT(times, testing::ElementsAre(1'700'000'000'123'456'789, 1'700'000'000'123'000'000, 5'500'000'000,
                                          5'000'000'001, 107'000'000'000, UINT64_MAX, 0, 0));
}

TEST_P(PcapngTest, OldAndSimplePackets) {
  const Content content =
      read(file_.interface(1, 16)
               .block(2, file_.u16(0) + file_.u16(9) + file_.times_and_lengths(5, frame_, 0) + frame_)
               .block(3, file_.u32(1000) + Buffer(16, 3))
               .block(3, file_.u32(9) + Buffer(9, 4))
               .bytes);
  EXPECT_EQ(content.error, "");
  ASSERT_EQ(content.packets.size(), 3U);
  EXPECT_EQ(content.packets[0].time_ns, 5000U);
  EXPECT_EQ(content.frames[0], frame_);
  EXPECT_EQ(content.packets[1].original_length, 1000U);
  EXPECT_EQ(content.frames[1], Buffer(16, 3));
  EXPECT_EQ(content.frames[2], Buffer(9, 4));
}

TEST_P(PcapngTest, ANewSectionHasItsOwnInterfacesAndByteOrder) {
  Pcapng other(!GetParam());
  other.interface(101).packet(0, 2, frame_);
  const Content content = read(file_.interface(1).packet(0, 1, frame_).bytes + other.bytes);
  EXPECT_EQ(content.error, "");
  ASSERT_EQ(content.packets.size(), 2U);
  EXPECT_EQ(content.packets[1].link_type, LinkType::kRaw);
  EXPECT_EQ(content.packets[1].time_ns, 2000U);
}

TEST_P(PcapngTest, DamageIsAnErrorAfterWhatStandsBefore) {
  const Buffer good = file_.interface(1).packet(0, 1, frame_).bytes;
  const auto after_good = [&](const Buffer& tail) {
    const Content content = read(good + tail);
    EXPECT_EQ(content.packets.size(), 1U);
    return content.error;
  };
  Pcapng tail(GetParam());
  const auto block = [&](std::uint32_t type, const Buffer& body) {
    tail.bytes.clear();
    return tail.block(type, body).bytes;
  };
  EXPECT_EQ(after_good({}), "");
  EXPECT_THAT(after_good(block(6, file_.u32(5) + Buffer(16, 0))), HasSubstr("not described"));
  EXPECT_THAT(after_good(block(6, file_.u32(0) + file_.u32(0) + file_.u32(0) + file_.u32(400) + file_.u32(400))),
              HasSubstr("longer than its block"));
  EXPECT_THAT(after_good(block(6, Buffer(16, 0))), HasSubstr("too short"));
  EXPECT_THAT(after_good(file_.u32(6) + file_.u32(0xfffffffc)), HasSubstr("impossible length"));
  EXPECT_THAT(after_good(file_.u32(6) + file_.u32(8)), HasSubstr("impossible length"));
  EXPECT_THAT(after_good(file_.u32(6) + file_.u32(1 << 20) + Buffer(100, 0)), HasSubstr("ends inside a block"));
  EXPECT_THAT(after_good(file_.u32(4) + file_.u32(12) + file_.u32(16)), HasSubstr("lengths differ"));
  EXPECT_THAT(after_good(Buffer(5, 0)), AllOf(HasSubstr("ends inside a block"), HasSubstr("after packet 1")));
}

TEST_P(PcapngTest, LinkTypesWithoutIp) {
  EXPECT_THAT(read(Pcapng(GetParam()).interface(127).packet(0, 1, frame_).bytes).error, HasSubstr("IEEE802_11_RADIO"));
  const Content mixed = read(file_.interface(127).interface(1).packet(0, 1, frame_).packet(1, 1, frame_).bytes);
  EXPECT_EQ(mixed.error, "") << "one interface of the two can be read";
  EXPECT_EQ(mixed.packets.size(), 2U);
}

TEST_P(PcapngTest, NoCapture) {
  EXPECT_EQ(read(Pcapng(GetParam()).bytes).error, "") << "a section without packets";
  EXPECT_NE(read(test::hex("0a0d0d0a 0000001c 00000000")).error, "");
  EXPECT_NE(read(test::hex("0a")).error, "");
}

}  // namespace
}  // namespace weir
