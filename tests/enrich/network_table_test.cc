#include "enrich/network_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string name_in(const NetworkTable& table, std::string_view address) {
  const IpAddress ip = IpAddress::parse(address).value();
  const std::uint32_t found = table.find(ip.bytes, ip.family);
  return found == 0 ? "" : table.network(found).name;
}

std::string error(std::string_view csv) {
  const auto table = NetworkTable::parse(csv, "n.csv");
  return table ? "" : table.error().message;
}

TEST(NetworkTable, ReadsCsv) {
  const auto table = NetworkTable::parse(
      "\xef\xbb\xbf# ours\r\n"
      "name , prefix,tenant,site,role\r\n"
      "\r\n"
      "Head office,10.1.0.0/16,, \"Berlin, Mitte\",\"the \"\"core\"\"\"\n"
      "Lab,2001:db8::/48\n"
      "one,192.0.2.7",
      "n.csv");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->size(), 3U);
  const AddressBytes address{10, 1, 2, 3};
  const Network& office = table->network(table->find(address, Family::kV4));
  EXPECT_EQ(office.name, "Head office");
  EXPECT_EQ(office.site, "Berlin, Mitte");
  EXPECT_EQ(office.role, "the \"core\"");
  EXPECT_EQ(office.tenant, "");
  EXPECT_EQ(name_in(*table, "2001:db8::1"), "Lab");
  EXPECT_EQ(name_in(*table, "192.0.2.7"), "one");
  EXPECT_EQ(name_in(*table, "192.0.2.8"), "");
}

TEST(NetworkTable, ErrorsNameTheLine) {
  EXPECT_THAT(error(""), HasSubstr("no heading line"));
  EXPECT_THAT(error("prefix,nmae\n"), testing::AllOf(StartsWith("n.csv, line 1: 'nmae'"), HasSubstr("mean 'name'")));
  EXPECT_THAT(error("name\nx\n"), HasSubstr("no column 'prefix'"));
  EXPECT_THAT(error("prefix,name,name\n"), HasSubstr("stands twice"));
  EXPECT_THAT(error("prefix,name\n\n10.0.0.0/33,x\n"), StartsWith("n.csv, line 3: '10.0.0.0/33' is no prefix"));
  EXPECT_THAT(error("prefix,name\n10.0.0.0/8,a,b\n"), HasSubstr("line 2: 3 cells"));
  EXPECT_THAT(error("prefix,name\n10.0.0.0/8,\"a\n"), HasSubstr("quote"));
  EXPECT_THAT(error("prefix,name\n10.0.0.0/8,\n"), HasSubstr("neither a name"));
  EXPECT_THAT(error("name,prefix\nx\n"), HasSubstr("no prefix"));
  EXPECT_THAT(error("prefix,name\n10.0.0.0/8,a\n10.1.2.3/8,b\n"),
              HasSubstr("line 3: the same prefix stands on line 2"));
  EXPECT_THAT(error("prefix,name\n10.0.0.0/8," + std::string(256, 'x') + "\n"), HasSubstr("longer than 255"));
}

TEST(NetworkTable, TheFirstOfManyDuplicatesIsTold) {
  std::string csv = "prefix,name\n";
  for (int i = 0; i < 200; ++i) csv += "10.0." + std::to_string(i) + ".0/24,a\n";
  csv += "10.0.7.0/24,b\n10.0.3.0/24,b\n10.0.7.0/24,b\n";
  EXPECT_THAT(error(csv), StartsWith("n.csv, line 202: the same prefix stands on line 9 already"));
}

TEST(NetworkTable, OddButRight) {
  // Mapped addresses are IPv6 ones, as in flows; another length is another prefix; the last line needs no end.
  const auto table = NetworkTable::parse(
      "\xef\xbb\xbfprefix,name\r\n::ffff:10.0.0.0/104,mapped\r\n10.0.0.0/9,nine\r\n0.0.0.0/0,all\r\n::/0,six", "n.csv");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(name_in(*table, "10.200.0.1"), "all");
  EXPECT_EQ(name_in(*table, "::ffff:10.200.0.1"), "mapped");
  EXPECT_EQ(name_in(*table, "10.1.0.1"), "nine");
  EXPECT_EQ(name_in(*table, "255.255.255.255"), "all");
  EXPECT_EQ(name_in(*table, "ffff::"), "six");
}

// The longest of all prefixes that contain an address, as the definition says.
TEST(NetworkTable, LongestPrefixOfRandomOnes) {
  std::mt19937 random(11);
  std::vector<Network> networks;
  const auto any = [&](bool v6) {
    AddressBytes bytes{};
    for (std::size_t i = 0; i < (v6 ? 16U : 4U); ++i) bytes[i] = static_cast<std::uint8_t>(random() % 3 * 127);
    return IpAddress{bytes, v6 ? Family::kV6 : Family::kV4};
  };
  for (int i = 0; i < 600; ++i) {
    const bool v6 = i % 2 == 0;
    const IpAddress address = any(v6);
    const auto length = static_cast<std::uint8_t>(random() % (v6 ? 129 : 33));
    const Prefix prefix{{masked(address.bytes, length), address.family}, length};
    const bool known = std::ranges::any_of(networks, [&](const Network& n) { return n.prefix == prefix; });
    if (!known) networks.push_back({prefix, std::to_string(i), "", "", ""});
  }
  const NetworkTable table(networks);
  for (int i = 0; i < 20'000; ++i) {
    const IpAddress address = any(i % 2 == 0);
    const Network* longest = nullptr;
    for (const Network& n : networks) {
      if (n.prefix.contains(address) && (longest == nullptr || n.prefix.length > longest->prefix.length)) longest = &n;
    }
    const std::uint32_t found = table.find(address.bytes, address.family);
    ASSERT_EQ(found == 0 ? "" : table.network(found).name, longest == nullptr ? "" : longest->name)
        << address.to_string();
  }
}

TEST(SpecialNetworks, AreNamed) {
  const auto name = [](std::string_view address) { return name_in(special_networks(), address); };
  EXPECT_EQ(name("10.255.255.255"), "private");
  EXPECT_EQ(name("11.0.0.0"), "");
  EXPECT_EQ(name("172.15.255.255"), "");
  EXPECT_EQ(name("172.31.255.255"), "private");
  EXPECT_EQ(name("100.64.0.1"), "shared");
  EXPECT_EQ(name("127.0.0.1"), "loopback");
  EXPECT_EQ(name("239.1.2.3"), "multicast");
  EXPECT_EQ(name("255.255.255.254"), "reserved");
  EXPECT_EQ(name("255.255.255.255"), "broadcast");
  EXPECT_EQ(name("::"), "unspecified");
  EXPECT_EQ(name("::1"), "loopback");
  EXPECT_EQ(name("::2"), "");
  EXPECT_EQ(name("fe80::1"), "link-local");
  EXPECT_EQ(name("fd00::1"), "private");
  EXPECT_EQ(name("2001::1"), "teredo");
  EXPECT_EQ(name("2001:1::1"), "ietf-protocol");
  EXPECT_EQ(name("2001:db8::1"), "documentation");
  EXPECT_EQ(name("2600::1"), "");
  EXPECT_EQ(name("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "multicast");
}

}  // namespace
}  // namespace weir::test
