#include "packet/packet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::Buffer;
using test::ethernet;
using test::PcapBuilder;
using testing::HasSubstr;

const Buffer kFrame = ethernet(0x0800, test::ipv4(17, test::udp(1, 2, {})));

std::string error_of(const Buffer& content) {
  auto file = PacketFile::open(Bytes(content));
  return file ? "" : file.error().message;
}

std::filesystem::path temporary(const std::string& name, const Buffer& content) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  return path;
}

TEST(PacketFile, ReadsPackets) {
  const Buffer content = PcapBuilder(1).add(kFrame, 1'700'000'000, 123'456).add(kFrame, 1'700'000'001, 0, 1500).bytes;
  auto file = PacketFile::open(Bytes(content));
  ASSERT_TRUE(file) << file.error().message;
  auto packet = file->next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->time_ns, 1'700'000'000'123'456'000U);
  EXPECT_EQ((*packet)->original_length, kFrame.size());
  EXPECT_EQ((*packet)->link_type, LinkType::kEthernet);
  EXPECT_THAT((*packet)->frame, testing::ElementsAreArray(kFrame));
  packet = file->next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->original_length, 1500U);
  packet = file->next();
  ASSERT_TRUE(packet);
  EXPECT_FALSE(*packet) << "the end";
}

TEST(PacketFile, KeepsNanoseconds) {
  Buffer content = PcapBuilder(1).add(kFrame, 1'700'000'000, 123'456'789).bytes;
  content[0] = 0x4d;
  content[1] = 0x3c;
  auto file = PacketFile::open(Bytes(content));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file->next())->time_ns, 1'700'000'000'123'456'789U);
}

TEST(PacketFile, ACutLastPacketIsAnErrorAfterTheOthers) {
  Buffer content = PcapBuilder(1).add(kFrame).add(kFrame).bytes;
  for (const std::size_t cut : {1U, 20U, 45U}) {
    const Buffer shorter(content.begin(), content.end() - static_cast<std::ptrdiff_t>(cut));
    auto file = PacketFile::open(Bytes(shorter));
    ASSERT_TRUE(file);
    EXPECT_TRUE(*file->next());
    const auto second = file->next();
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("after packet 1"));
  }
}

TEST(PacketFile, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(error_of(PcapBuilder(127).bytes), HasSubstr("IEEE802_11_RADIO"));
  EXPECT_THAT(error_of(Buffer(100, 'x')), HasSubstr("not a pcap or pcapng capture"));
  EXPECT_THAT(error_of({}), HasSubstr("empty"));
  EXPECT_NE(error_of(test::hex("d4c3b2a1 0200")), "");
}

TEST(PacketFile, ErrorsNameTheFile) {
  const auto error = [](const std::string& path) {
    auto file = PacketFile::open(path);
    return file ? "" : file.error().message;
  };
  const std::string directory = testing::TempDir();
  EXPECT_THAT(error(directory), AllOf(HasSubstr(directory), HasSubstr("is a directory")));
  EXPECT_THAT(error("/nonexistent/a.pcap"), AllOf(HasSubstr("/nonexistent/a.pcap"), HasSubstr("No such file")));
  const auto empty = temporary("empty.pcap", {});
  EXPECT_EQ(error(empty), empty.string() + " is empty");
}

TEST(PacketFile, ReadsFromDisk) {
  auto file = PacketFile::open(temporary("one.pcap", PcapBuilder(101).add(kFrame).bytes).string());
  ASSERT_TRUE(file) << file.error().message;
  const auto packet = file->next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->link_type, LinkType::kRawBsd) << "libpcap's own number for raw IP";
  EXPECT_FALSE(*file->next());
}

TEST(PacketFile, RecognisesCaptures) {
  for (const char* magic : {"a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a"})
    EXPECT_TRUE(PacketFile::recognises(test::hex(magic))) << magic;
  EXPECT_FALSE(PacketFile::recognises(test::hex("00050001")));
  EXPECT_FALSE(PacketFile::recognises(test::hex("a1b2c3")));
}

}  // namespace
}  // namespace weir
