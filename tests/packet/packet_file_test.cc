#include "packet/packet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
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
  EXPECT_EQ((*packet)->link_type, LinkType::kRaw);
  EXPECT_FALSE(*file->next());
}

TEST(PacketFile, ReadsBigEndian) {
  Buffer content = PcapBuilder(1).add(kFrame, 1'700'000'000, 123'456, 1500).bytes;
  for (const int at : {0, 8, 12, 16, 20, 24, 28, 32, 36}) std::reverse(content.begin() + at, content.begin() + at + 4);
  std::swap(content[4], content[5]);
  std::swap(content[6], content[7]);
  auto file = PacketFile::open(Bytes(content));
  ASSERT_TRUE(file) << file.error().message;
  const auto packet = file->next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->time_ns, 1'700'000'000'123'456'000U);
  EXPECT_EQ((*packet)->original_length, 1500U);
  EXPECT_THAT((*packet)->frame, testing::ElementsAreArray(kFrame));
}

// More than is read at once, packets of all sizes across the steps.
TEST(PacketFile, ReadsLongFilesFromDiskAndPipes) {
  PcapBuilder builder(1);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 60; ++i) sizes.push_back(i * 997 % 60'000);
  sizes.push_back(256 << 10);
  sizes.push_back(1);
  for (const std::size_t size : sizes) builder.add(Buffer(size, static_cast<std::uint8_t>(size)), 1, 0, 1 << 20);
  const auto check = [&](PacketFile& file) {
    for (const std::size_t size : sizes) {
      const auto packet = file.next();
      ASSERT_TRUE(packet && *packet);
      EXPECT_EQ((*packet)->frame.size(), size);
      EXPECT_EQ(std::ranges::count((*packet)->frame, static_cast<std::uint8_t>(size)), std::ssize((*packet)->frame));
    }
    EXPECT_FALSE(*file.next());
  };
  const auto path = temporary("long.pcap", builder.bytes);
  auto file = PacketFile::open(path.string());
  ASSERT_TRUE(file);
  check(*file);
  std::FILE* const pipe = ::popen(("cat " + path.string()).c_str(), "r");
  auto piped = PacketFile::open("/dev/fd/" + std::to_string(::fileno(pipe)));
  ASSERT_TRUE(piped);
  check(*piped);
  ::pclose(pipe);
}

TEST(PacketFile, APipeGivesAPacketAsSoonAsItIsThere) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Buffer content = PcapBuilder(1).add(kFrame).bytes;
  ASSERT_EQ(::write(ends[1], content.data(), content.size()), std::ssize(content));
  auto file = PacketFile::open("/dev/fd/" + std::to_string(ends[0]));
  ASSERT_TRUE(file);
  EXPECT_TRUE(*file->next()) << "though the other end stays open";
  ::close(ends[1]);
  EXPECT_FALSE(*file->next());
  ::close(ends[0]);
}

TEST(PacketFile, ImpossibleLengthsAreErrors) {
  Buffer content = PcapBuilder(1).add(kFrame).bytes;
  content[24 + 11] = 0x7f;
  auto file = PacketFile::open(Bytes(content));
  const auto packet = file->next();
  ASSERT_FALSE(packet);
  EXPECT_THAT(packet.error().message, HasSubstr("impossible length"));
}

TEST(PacketFile, RecognisesCaptures) {
  for (const char* magic : {"a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a"})
    EXPECT_TRUE(PacketFile::recognises(test::hex(magic))) << magic;
  EXPECT_FALSE(PacketFile::recognises(test::hex("00050001")));
  EXPECT_FALSE(PacketFile::recognises(test::hex("a1b2c3")));
}

}  // namespace
}  // namespace weir
