#include "collector/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::be16;
using test::be32;
using test::Buffer;
using test::ethernet;
using test::hex;
using test::ipv4;
using test::ipv6;
using test::PcapBuilder;
using test::udp;
using test::operator+;
using testing::HasSubstr;
using Drop = Reassembler::Drop;

Buffer ipfix(std::uint32_t export_time, std::size_t body = 0) {
  return be16(10) + be16(static_cast<unsigned>(16 + body)) + be32(export_time) + be32(1) + be32(0) + Buffer(body, 0);
}

Buffer v5(unsigned count, std::size_t records) {
  return be16(5) + be16(count) + be32(1000) + be32(1'700'000'000) + be32(5) + Buffer(8, 0) + Buffer(records * 48, 1);
}

struct Delivered {
  Session session;
  Buffer message;
  std::uint64_t time_ns;
};

class FileSourceTest : public testing::Test {
 protected:
  Result<void> capture(const Buffer& content) {
    auto file = PacketFile::open(Bytes(content));
    if (!file) return std::unexpected(file.error());
    auto result = source_.read(*file);
    EXPECT_TRUE(source_.counts().packets.balanced());
    return result;
  }
  std::string write(const std::string& name, const Buffer& content) const {
    const auto path = std::filesystem::path(testing::TempDir()) / ("file_source_" + name);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return path.string();
  }
  Result<void> file(const std::string& name, const Buffer& content) { return source_.read(write(name, content)); }
  FileSource::Deliver deliver() {
    return [this](const Session& session, Bytes message, std::uint64_t time_ns) {
      delivered_.push_back({session, Buffer(message.begin(), message.end()), time_ns});
    };
  }
  std::uint64_t skipped(PacketSkip reason) const { return source_.counts().packets.dropped_for(reason); }

  std::vector<Delivered> delivered_;
  FileSource source_{{}, deliver()};
};

TEST_F(FileSourceTest, DeliversExportDatagramsOfAnyPortWithTheirSession) {
  ASSERT_TRUE(capture(PcapBuilder(1)
                          .add(ethernet(0x0800, ipv4(17, udp(40000, 9995, v5(1, 1)))), 1'700'000'000, 5)
                          .add(ethernet(0x86dd, ipv6(17, udp(40001, 4739, ipfix(7)))))
                          .bytes));
  ASSERT_EQ(delivered_.size(), 2U);
  const Session& session = delivered_[0].session;
  EXPECT_EQ(session.remote.to_string(), "192.0.2.1");
  EXPECT_EQ(session.local.to_string(), "198.51.100.2");
  EXPECT_EQ(session.remote_port, 40000);
  EXPECT_EQ(session.local_port, 9995);
  EXPECT_EQ(session.transport, Transport::kUdp);
  EXPECT_EQ(delivered_[0].message, v5(1, 1));
  EXPECT_EQ(delivered_[0].time_ns, 1'700'000'000'000'005'000U);
  EXPECT_EQ(delivered_[1].session.remote.to_string(), "2001:db8::1");
  EXPECT_EQ(delivered_[1].message, ipfix(7));
}

TEST_F(FileSourceTest, CountsWhatItSkips) {
  const Buffer stun = hex("0001 0008 2112a442") + Buffer(20, 0);
  Buffer bad_length = ipv4(17, udp(1, 2, ipfix(1)));
  bad_length[25] = 200;
  ASSERT_TRUE(capture(PcapBuilder(101)
                          .add(ipv4(6, test::tcp(1, 2, 0x10, {})))
                          .add(ipv4(17, udp(1, 6343, hex("00000005 00000001"))))
                          .add(ipv4(17, udp(1, 3478, stun)))
                          .add(ipv4(17, udp(1, 2, hex("0005"))))
                          .add(ipv4(17, udp(1, 2, {})))
                          .add(bad_length)
                          .add(ipv4(17, udp(1, 2, v5(1, 1))))
                          .bytes));
  const Buffer whole = ethernet(0x0800, ipv4(17, udp(1, 2, v5(1, 1))));
  const auto length = static_cast<std::uint32_t>(whole.size());
  ASSERT_TRUE(capture(PcapBuilder(1)
                          .add(ethernet(0x0806, Buffer(28, 0)))
                          .add(Buffer(whole.begin(), whole.end() - 1), 0, 0, length)
                          .add(Buffer(whole.begin(), whole.begin() + 40), 0, 0, length)
                          .bytes));
  EXPECT_EQ(skipped(PacketSkip::kNotUdp), 1U);
  EXPECT_EQ(skipped(PacketSkip::kNotExport), 4U);
  EXPECT_EQ(skipped(PacketSkip::kMalformed), 1U);
  EXPECT_EQ(skipped(PacketSkip::kNotIp), 1U);
  EXPECT_EQ(skipped(PacketSkip::kTruncated), 2U);
  EXPECT_EQ(source_.counts().packets.in, 10U);
  EXPECT_EQ(source_.counts().packets.out, 1U);
  EXPECT_EQ(delivered_.size(), 1U);
}

TEST_F(FileSourceTest, PortsRestrictAndPassEverythingOnThem) {
  source_ = FileSource({2055, 40000}, deliver());
  ASSERT_TRUE(capture(PcapBuilder(101)
                          .add(ipv4(17, udp(1, 2055, hex("ff"))))
                          .add(ipv4(17, udp(40000, 9995, v5(1, 1))))
                          .add(ipv4(17, udp(1, 9995, v5(1, 1))))
                          .bytes));
  ASSERT_EQ(delivered_.size(), 2U);
  EXPECT_EQ(delivered_[0].message, hex("ff"));
  EXPECT_EQ(skipped(PacketSkip::kOtherPort), 1U);
}

TEST_F(FileSourceTest, PutsFragmentsTogether) {
  const Buffer message = ipfix(9, 2000);
  const Buffer datagram = udp(1000, 4739, message);
  const Buffer first(datagram.begin(), datagram.begin() + 1480), rest(datagram.begin() + 1480, datagram.end());
  ASSERT_TRUE(capture(PcapBuilder(101)
                          .add(ipv4(17, rest, 1480 / 8), 100)
                          .add(ipv4(17, first, 0x2000), 101)
                          .add(ipv6(44, test::fragment_header(17, 0, true, 5) + first), 102)
                          .add(ipv6(44, test::fragment_header(17, 1480, false, 5) + rest), 103)
                          .add(ipv4(17, first, 0x2000, 99), 104)
                          .bytes));
  ASSERT_EQ(delivered_.size(), 2U);
  EXPECT_EQ(delivered_[0].message, message);
  EXPECT_EQ(delivered_[0].session.remote_port, 1000);
  EXPECT_EQ(delivered_[0].session.local_port, 4739);
  EXPECT_EQ(delivered_[0].time_ns, 101 * kNsPerSecond);
  EXPECT_EQ(delivered_[1].message, message);
  EXPECT_EQ(source_.counts().fragments, 5U);
  EXPECT_EQ(source_.fragments().in, 5U);
  EXPECT_EQ(source_.fragments().held, 1U);
  source_.finish();
  EXPECT_EQ(source_.fragments().dropped_for(Drop::kUnfinished), 1U);
  EXPECT_TRUE(source_.fragments().balanced());
}

TEST_F(FileSourceTest, ADamagedCaptureDeliversWhatStandsBefore) {
  Buffer content = PcapBuilder(101).add(ipv4(17, udp(1, 2, v5(1, 1)))).add(ipv4(17, udp(1, 2, v5(1, 1)))).bytes;
  content.pop_back();
  const auto result = file("cut.pcap", content);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("cut.pcap"), HasSubstr("after packet 1")));
  EXPECT_EQ(delivered_.size(), 1U);
  EXPECT_TRUE(file("good.pcap", PcapBuilder(101).add(ipv4(17, udp(1, 2, v5(1, 1)))).bytes));
  EXPECT_EQ(delivered_.size(), 2U);
}

TEST_F(FileSourceTest, PayloadFilesAreOneSessionWithTheMessagesOwnTime) {
  ASSERT_TRUE(file("a.dat", ipfix(1'600'000'000)));
  ASSERT_TRUE(file("b.bin", v5(1, 1)));
  ASSERT_TRUE(file("c", be16(9) + be16(0) + be32(0) + be32(1'500'000'000) + be32(0) + be32(0)));
  ASSERT_EQ(delivered_.size(), 3U);
  EXPECT_EQ(delivered_[0].session.transport, Transport::kFile);
  EXPECT_EQ(delivered_[0].session, delivered_[2].session);
  EXPECT_EQ(delivered_[0].time_ns, 1'600'000'000 * kNsPerSecond);
  EXPECT_EQ(delivered_[1].time_ns, 1'700'000'000 * kNsPerSecond + 5);
  EXPECT_EQ(delivered_[2].time_ns, 1'500'000'000 * kNsPerSecond);
  EXPECT_EQ(source_.counts().messages, 3U);
}

TEST_F(FileSourceTest, APayloadFileGivesItsFirstMessage) {
  ASSERT_TRUE(file("two.dat", v5(2, 2) + v5(1, 1)));
  ASSERT_TRUE(file("two.bin", ipfix(1, 20) + ipfix(2)));
  ASSERT_TRUE(file("short.raw", v5(30, 2)));
  ASSERT_EQ(delivered_.size(), 3U);
  EXPECT_EQ(delivered_[0].message, v5(2, 2));
  EXPECT_EQ(delivered_[1].message, ipfix(1, 20));
  EXPECT_EQ(delivered_[2].message, v5(30, 2)) << "fewer records than announced: for the decoder to count";
  EXPECT_EQ(source_.counts().trailing_bytes, v5(1, 1).size() + 16);
}

TEST_F(FileSourceTest, IpfixFilesHoldMessagesBackToBack) {
  ASSERT_TRUE(file("many.ipfix", ipfix(1, 8) + ipfix(2) + ipfix(3, 4)));
  ASSERT_EQ(delivered_.size(), 3U);
  EXPECT_EQ(delivered_[2].message, ipfix(3, 4));
  Buffer cut = ipfix(1) + ipfix(2, 40);
  cut.resize(cut.size() - 10);
  ASSERT_TRUE(file("cut.ipfix", cut));
  EXPECT_EQ(delivered_.back().message.size(), 46U) << "the decoder tells of a message cut short";
}

TEST_F(FileSourceTest, AnIpfixFileThatDerailsSaysWhere) {
  const auto result = file("derailed.ipfix", ipfix(1, 8) + Buffer(30, 0xff));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("derailed.ipfix"), HasSubstr("at byte 24")));
  EXPECT_EQ(delivered_.size(), 1U);
  EXPECT_EQ(source_.counts().trailing_bytes, 30U);
  Buffer endless = ipfix(1);
  endless[3] = 0;
  EXPECT_FALSE(file("endless.ipfix", ipfix(1) + endless));
}

TEST_F(FileSourceTest, ErrorsNameTheFile) {
  const auto error = [&](const std::string& path) {
    const auto result = source_.read(path);
    return result ? "" : result.error().message;
  };
  EXPECT_THAT(error("/nonexistent/x"), AllOf(HasSubstr("/nonexistent/x"), HasSubstr("No such file")));
  EXPECT_THAT(error(testing::TempDir()), HasSubstr("is a directory"));
  EXPECT_THAT(error(write("empty.dat", {})), HasSubstr("is empty"));
  EXPECT_THAT(error(write("notes.txt", Buffer(200, 'a'))), AllOf(HasSubstr("notes.txt"), HasSubstr("neither")));
  EXPECT_THAT(error(write("huge.bin", Buffer(70'000, 5))), HasSubstr("neither"));
  EXPECT_THAT(error(write("packed.pcap.gz", hex("1f8b0800"))), HasSubstr("unpacked"));
  EXPECT_TRUE(delivered_.empty());
}

TEST_F(FileSourceTest, RecordingsOfTheCorpus) {
  const std::filesystem::path corpus = WEIR_SOURCE_DIR "/../shared/corpus";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "needs " << corpus;
  const struct {
    const char* path;
    std::uint64_t messages, datagrams, not_export, truncated, trailing_bytes;
  } kCases[] = {
      {"logstash-plugins+logstash-codec-netflow/netflow5.dat", 1, 0, 0, 0, 1608},
      {"logstash-plugins+logstash-codec-netflow/ipfix.dat", 1, 0, 0, 0, 304},
      {"CESNET+ipfixcol/01-odid0.ipfix", 218, 0, 0, 0, 0},
      {"CESNET+ipfixcol2/example_flows.ipfix", 68, 0, 0, 0, 0},
      {"arkime+arkime/arkime_synthetic.flows.pcap", 0, 8, 2, 0, 0},  // the two are sFlow
      {"els0r+goProbe/default.udp2055.pcap", 0, 0, 0, 196, 0},       // cut at 128 bytes
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.path);
    FileSource source({}, deliver());
    const auto result = source.read((corpus / c.path).string());
    ASSERT_TRUE(result) << result.error().message;
    const FileCounts& counts = source.counts();
    EXPECT_EQ(counts.messages, c.messages);
    EXPECT_EQ(counts.packets.out, c.datagrams);
    EXPECT_EQ(counts.packets.dropped_for(PacketSkip::kNotExport), c.not_export);
    EXPECT_EQ(counts.packets.dropped_for(PacketSkip::kTruncated), c.truncated);
    EXPECT_EQ(counts.trailing_bytes, c.trailing_bytes);
    EXPECT_TRUE(counts.packets.balanced());
  }
}

}  // namespace
}  // namespace weir
