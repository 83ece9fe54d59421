// The default filter on frames made by hand, run by libpcap's interpreter; interface patterns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include "exporter/capture/interface_pattern.h"
#include "exporter/capture/kernel_filter.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::be16;
using test::Buffer;
using test::operator+;
using test::ethernet;
using test::hex;

unsigned run(const FilterProgram& program, const Buffer& frame) {
  std::vector<bpf_insn> code;
  for (const auto& i : program) code.push_back({i.code, i.jump_true, i.jump_false, i.k});
  EXPECT_TRUE(::bpf_validate(code.data(), static_cast<int>(code.size())));
  const auto size = static_cast<unsigned>(frame.size());
  return ::bpf_filter(code.data(), frame.data(), size, size);
}

bool passes(const Buffer& frame) {
  const unsigned result = run(ip_filter(LinkType::kEthernet, 256), frame);
  EXPECT_TRUE(result == 0 || result == 256U);
  return result != 0;
}

const Buffer kIp4 = test::ipv4(17, test::udp(1, 2, hex("00")));
const Buffer kIp6 = test::ipv6(17, test::udp(1, 2, hex("00")));

TEST(CaptureFilter, TakesIpAndNothingElse) {
  EXPECT_TRUE(passes(ethernet(0x0800, kIp4)));
  EXPECT_TRUE(passes(ethernet(0x86dd, kIp6)));
  EXPECT_FALSE(passes(ethernet(0x0806, Buffer(46))));
  EXPECT_FALSE(passes(ethernet(0x88cc, Buffer(46))));
  EXPECT_FALSE(passes(ethernet(0x0800, {}).size() == 14 ? Buffer(12) : Buffer{})) << "no whole header";
}

TEST(CaptureFilter, LooksBehindTags) {
  for (const unsigned tag : {0x8100U, 0x88a8U, 0x9100U, 0x9200U, 0x9300U}) {
    EXPECT_TRUE(passes(ethernet(tag, be16(5) + be16(0x0800) + kIp4))) << tag;
    EXPECT_TRUE(passes(ethernet(tag, be16(5) + be16(0x8100) + be16(6) + be16(0x86dd) + kIp6))) << tag;
    EXPECT_FALSE(passes(ethernet(tag, be16(5) + be16(0x0806) + Buffer(28)))) << tag;
  }
  Buffer tagged = be16(5) + be16(0x0800) + kIp4;
  for (int i = 0; i < 3; ++i) tagged = be16(5) + be16(0x8100) + tagged;
  EXPECT_TRUE(passes(ethernet(0x8100, tagged))) << "four tags";
  EXPECT_FALSE(passes(ethernet(0x8100, be16(5) + be16(0x8100) + tagged))) << "five";
}

TEST(CaptureFilter, LooksBehindLabelsSessionsAndLlc) {
  EXPECT_TRUE(passes(ethernet(0x8847, hex("00010140") + kIp4)));
  EXPECT_TRUE(passes(ethernet(0x8848, hex("00010140") + kIp4)));
  for (const unsigned inside : {0x0021U, 0x0057U, 0x0281U, 0x0283U})
    EXPECT_TRUE(passes(ethernet(0x8864, hex("1100 0001 0030") + be16(inside) + kIp4))) << inside;
  EXPECT_FALSE(passes(ethernet(0x8864, hex("1100 0001 0006 c021 09000004")))) << "LCP";
  EXPECT_FALSE(passes(ethernet(0x8863, Buffer(40))));
  EXPECT_TRUE(passes(ethernet(0x8100, be16(5) + be16(0x8864) + hex("1100 0001 0030 0021") + kIp4)));
  EXPECT_TRUE(passes(ethernet(60, hex("aaaa03 000000 0800") + kIp4)));
  EXPECT_TRUE(passes(ethernet(60, hex("aaaa03 000000 86dd") + kIp6)));
  EXPECT_TRUE(passes(ethernet(60, hex("060603") + kIp4)));
  EXPECT_FALSE(passes(ethernet(60, hex("aaaa03 000000 0806") + Buffer(28))));
  EXPECT_FALSE(passes(ethernet(60, hex("424203") + Buffer(35)))) << "spanning tree";
}

TEST(CaptureFilter, RawIp) {
  const auto program = ip_filter(LinkType::kRaw, 100);
  EXPECT_EQ(run(program, kIp4), 100U);
  EXPECT_EQ(run(program, kIp6), 100U);
  EXPECT_EQ(run(program, Buffer(40)), 0U);
  EXPECT_EQ(run(program, {}), 0U);
}

TEST(CaptureFilter, CompilesPcapSyntax) {
  const auto program = compile_filter("udp dst port 2", LinkType::kEthernet, 128);
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ(run(*program, ethernet(0x0800, kIp4)), 128U);
  EXPECT_EQ(run(*program, ethernet(0x0800, test::ipv4(17, test::udp(1, 3, {})))), 0U);
  const auto raw = compile_filter("udp dst port 2", LinkType::kRaw, 128);
  ASSERT_TRUE(raw) << raw.error().message;
  EXPECT_EQ(run(*raw, kIp4), 128U);
}

TEST(CaptureFilter, ABadFilterIsSaidInLibpcapsWords) {
  const auto program = compile_filter("udp and and port 2", LinkType::kEthernet, 128);
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().message, testing::HasSubstr("udp and and port 2"));
  EXPECT_THAT(program.error().message, testing::HasSubstr("syntax error"));
}

bool matches(const std::vector<std::string>& items, const std::string& name) {
  const auto pattern = InterfacePattern::parse(items);
  EXPECT_TRUE(pattern) << (pattern ? "" : pattern.error().message);
  return pattern && pattern->matches(name);
}

TEST(InterfacePattern, Matches) {
  EXPECT_TRUE(matches({"eth0"}, "eth0"));
  EXPECT_FALSE(matches({"eth0"}, "eth01"));
  EXPECT_TRUE(matches({"any"}, "lo"));
  EXPECT_TRUE(matches({"!eth0"}, "eth1"));
  EXPECT_FALSE(matches({"!eth0"}, "eth0"));
  EXPECT_FALSE(matches({"any", "!lo"}, "lo"));
  EXPECT_TRUE(matches({"/^eth/", "!eth1"}, "eth0"));
  EXPECT_FALSE(matches({"/^eth/", "!eth1"}, "eth1"));
  EXPECT_FALSE(matches({"/^eth/"}, "veth0"));
  EXPECT_TRUE(matches({"/eth/"}, "veth0"));
  EXPECT_FALSE(matches({"!/^veth/"}, "veth0"));
  EXPECT_FALSE(matches({"eth0", "!eth0"}, "eth0"));
}

TEST(InterfacePattern, KnowsItsNames) {
  const auto pattern = InterfacePattern::parse({"eth1", "eth0", "eth1", "eth2", "!eth2"});
  ASSERT_TRUE(pattern);
  EXPECT_THAT(pattern->names(), testing::ElementsAre("eth1", "eth0"));
  EXPECT_FALSE(pattern->is_open());
  EXPECT_TRUE(InterfacePattern::parse({"!eth2"})->is_open());
  EXPECT_TRUE(InterfacePattern::parse({"/x/"})->is_open());
}

TEST(InterfacePattern, SaysWhatIsWrong) {
  EXPECT_THAT(InterfacePattern::parse({"/(/"}).error().message, testing::HasSubstr("/(/"));
  EXPECT_THAT(InterfacePattern::parse({"/eth"}).error().message, testing::HasSubstr("/eth"));
  EXPECT_FALSE(InterfacePattern::parse({}));
  EXPECT_FALSE(InterfacePattern::parse({"!"}));
}

}  // namespace
}  // namespace weir
