#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "exporter/generator/exporter_socket.h"
#include "exporter/generator/flow_generator.h"
#include "exporter/generator/sender.h"
#include "exporter/generator/zipf.h"
#include "flow/field_table.h"
#include "flow/names.h"
#include "tests/codecs/export_reader.h"

namespace weir {
namespace {

using testing_reader::ExportMessage;
using testing_reader::ExportReader;

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;

// Member by member, since padding may differ.
bool same(const Flow& a, const Flow& b) {
  const auto same_bytes = [&](std::size_t offset, std::size_t width) {
    return std::memcmp(reinterpret_cast<const char*>(&a) + offset, reinterpret_cast<const char*>(&b) + offset, width) ==
           0;
  };
  return std::ranges::equal(a.present, b.present) && std::ranges::all_of(kFields, [&](const FieldInfo& field) {
           return field.home != FieldHome::kFlow ||
                  (same_bytes(field.offset, field.width) &&
                   (field.family_offset == 0 || same_bytes(field.family_offset, sizeof(Family))));
         });
}

std::vector<Flow> make_flows(const TrafficOptions& options, std::size_t count) {
  FlowGenerator generator(options);
  std::vector<Flow> flows;
  for (std::size_t i = 0; i < count; ++i) flows.push_back(generator.next(kNow));
  return flows;
}

TEST(WeightedChoice, PicksInProportion) {
  const double weights[] = {1, 2, 3, 94};
  const WeightedChoice choice(weights);
  Random random(7);
  std::array<int, 4> hits{};
  for (int i = 0; i < 1'000'000; ++i) ++hits[choice.pick(random)];
  EXPECT_NEAR(hits[0], 10'000, 600);
  EXPECT_NEAR(hits[1], 20'000, 800);
  EXPECT_NEAR(hits[2], 30'000, 1000);
}

TEST(WeightedChoice, ZipfFallsWithRank) {
  const WeightedChoice choice = zipf(1000);
  Random random(7);
  std::vector<int> hits(1000);
  for (int i = 0; i < 1'000'000; ++i) ++hits[choice.pick(random)];
  const double first = 1'000'000 / 7.4854708606;  // harmonic number of 1000
  EXPECT_NEAR(hits[0], first, first * 0.02);
  EXPECT_NEAR(hits[1], first / 2, first * 0.02);
  EXPECT_NEAR(hits[9], first / 10, first * 0.01);
  EXPECT_GT(hits[999], 0);
}

TEST(FlowGenerator, TheSameSeedGivesTheSameFlows) {
  const auto a = make_flows({.seed = 42}, 1000);
  const auto b = make_flows({.seed = 42}, 1000);
  const auto c = make_flows({.seed = 43}, 1000);
  EXPECT_TRUE(std::ranges::equal(a, b, same));
  EXPECT_FALSE(std::ranges::equal(a, c, same));
}

TEST(FlowGenerator, OnlyTimesFollowTheClock) {
  FlowGenerator first({}), second({});
  for (int i = 0; i < 1000; ++i) {
    const Flow a = first.next(kNow);
    Flow b = second.next(kNow + 7 * kNsPerSecond);
    EXPECT_EQ(b.time_flow_start_ns - a.time_flow_start_ns, 7 * kNsPerSecond);
    EXPECT_EQ(b.time_flow_end_ns - a.time_flow_end_ns, 7 * kNsPerSecond);
    b.time_flow_start_ns = a.time_flow_start_ns;
    b.time_flow_end_ns = a.time_flow_end_ns;
    EXPECT_TRUE(same(a, b));
  }
}

// Of what is the same on every machine and compiler.
TEST(FlowGenerator, FlowsStayWhatTheyWere) {
  std::uint64_t bytes = 0, packets = 0, ports = 0, addresses = 0;
  for (const Flow& flow : make_flows({}, 1000)) {
    bytes += flow.bytes;
    packets += flow.packets;
    ports += flow.src_port + flow.dst_port;
    addresses = addresses * 31 + load_be32(flow.src_addr.data()) + load_be32(flow.dst_addr.data());
  }
  EXPECT_EQ(bytes, 4'899'443U);
  EXPECT_EQ(packets, 7'822U);
  EXPECT_EQ(ports, 46'171'412U);
  EXPECT_EQ(addresses, 928'962'465'900'706'942U);
}

TEST(FlowGenerator, KeepsTheShareOfIpv6) {
  const auto count_v6 = [](double share) {
    const auto flows = make_flows({.ipv6_share = share}, 20'000);
    return std::ranges::count_if(flows, [](const Flow& f) { return f.src_addr_family == Family::kV6; });
  };
  EXPECT_EQ(count_v6(0), 0);
  EXPECT_EQ(count_v6(1), 20'000);
  EXPECT_NEAR(static_cast<double>(count_v6(0.25)), 5000, 300);
}

TEST(FlowGenerator, FlowsArePlausible) {
  std::map<unsigned, int> protocols;
  for (const Flow& f : make_flows({}, 50'000)) {
    ++protocols[f.proto];
    const bool v6 = f.src_addr_family == Family::kV6;
    ASSERT_EQ(f.dst_addr_family, f.src_addr_family);
    ASSERT_EQ(f.next_hop_family, f.src_addr_family);
    ASSERT_EQ(f.etype, v6 ? kEtypeIpv6 : kEtypeIpv4);
    ASSERT_GE(f.packets, 1U);
    ASSERT_GE(f.bytes, f.packets * (v6 ? 60 : 40));
    ASSERT_LE(f.bytes, f.packets * 1500);
    ASSERT_LE(f.time_flow_start_ns, f.time_flow_end_ns);
    ASSERT_LE(f.time_flow_end_ns, kNow);
    ASSERT_GT(f.time_flow_end_ns, kNow - kNsPerSecond);
    ASSERT_EQ(f.packets == 1, f.time_flow_start_ns == f.time_flow_end_ns);
    ASSERT_EQ(f.tcp_flags != 0, f.proto == kProtoTcp);
    ASSERT_EQ(f.src_port != 0 && f.dst_port != 0, f.proto == kProtoTcp || f.proto == kProtoUdp);
    ASSERT_EQ(f.has(FieldId::icmp_type), f.proto == kProtoIcmp || f.proto == kProtoIcmpv6);
    ASSERT_NE(f.src_as == 64500, f.dst_as == 64500) << "one end is inside";
    ASSERT_NE(f.in_if, 0U);
    ASSERT_NE(f.out_if, 0U);
    ASSERT_TRUE(f.flow_end_reason >= 1 && f.flow_end_reason <= 3);
  }
  EXPECT_GT(protocols[kProtoTcp], protocols[kProtoUdp]);
  EXPECT_GT(protocols[kProtoUdp], protocols[kProtoIcmp]);
  EXPECT_GT(protocols[kProtoIcmpv6], 0);
}

TEST(FlowGenerator, HostsLieInTheirAnnouncedNetworks) {
  for (const Flow& f : make_flows({}, 5000)) {
    const Prefix inside = *Prefix::parse(f.src_addr_family == Family::kV6 ? "2001:db8::/32" : "10.20.0.0/16");
    const IpAddress src{f.src_addr, f.src_addr_family}, dst{f.dst_addr, f.dst_addr_family};
    ASSERT_EQ(inside.contains(src), f.src_as == 64500) << src.to_string();
    ASSERT_EQ(inside.contains(dst), f.dst_as == 64500) << dst.to_string();
    const AddressBytes& outside = f.src_as == 64500 ? f.dst_addr : f.src_addr;
    const unsigned mask = f.src_as == 64500 ? f.dst_mask : f.src_mask;
    ASSERT_NE(masked(outside, mask), outside) << "a host, not the network";
  }
}

// A collector's socket on loopback and all that came to it.
class Receiver {
 public:
  explicit Receiver(int family = AF_INET) : fd_(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    socklen_t length = sizeof(sockaddr_in);
    if (family == AF_INET6) {
      reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr = in6addr_loopback;
      length = sizeof(sockaddr_in6);
    } else {
      reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    bound_ = ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                                     : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  }

  bool bound() const { return bound_; }
  std::uint16_t port() const { return port_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  struct Sender {
    ExportReader reader;
    std::vector<ExportMessage> messages;
  };

  // Reads what has arrived, by sender ("address port").
  std::map<std::string, Sender> read_all() {
    std::map<std::string, Sender> senders;
    std::vector<std::uint8_t> buffer(65536);
    while (true) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t n =
          ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (n < 0) return senders;
      ++datagrams;
      bytes += static_cast<std::uint64_t>(n);
      Sender& sender = senders[name(from)];
      sender.messages.push_back(sender.reader.read({buffer.data(), static_cast<std::size_t>(n)}));
    }
  }

  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;

 private:
  static std::string name(const sockaddr_storage& from) {
    char text[INET6_ADDRSTRLEN] = "";
    if (from.ss_family == AF_INET) {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
      ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
      return text;
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return text + (" " + std::to_string(ntohs(v6.sin6_port)));
  }

  UniqueFd fd_;
  bool bound_ = false;
  std::uint16_t port_ = 0;
};

std::uint64_t flows_in(const ExportMessage& message) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(message.records, [](const auto& record) { return !record.options; }));
}

// What the message's sequence number counts: the next message's is larger by this.
std::uint64_t sequence_step(const ExportMessage& message) { return message.version == 9 ? 1 : message.records.size(); }

const std::atomic<bool> kGoOn{false};

std::string protocol_name_of(const testing::TestParamInfo<ExportProtocol>& info) {
  static constexpr const char* kNames[] = {"V5", "V9", "Ipfix"};
  return kNames[static_cast<std::size_t>(info.param)];
}

class Generate : public testing::TestWithParam<ExportProtocol> {};
INSTANTIATE_TEST_SUITE_P(, Generate,
                         testing::Values(ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                         ExportProtocol::kIpfix),
                         protocol_name_of);

// Few enough that the smallest socket buffer holds them all.
constexpr std::uint64_t kFlows = 500;

TEST_P(Generate, SendsExactlyTheFlowsAskedForAsSeveralExporters) {
  for (const double rate : {0.0, 100'000.0}) {
    Receiver receiver;
    const auto totals = generate(
        {.target = receiver.target(), .protocol = GetParam(), .rate = rate, .flows = kFlows, .exporters = 3}, kGoOn);
    ASSERT_TRUE(totals.has_value()) << totals.error().message;
    auto senders = receiver.read_all();
    EXPECT_EQ(totals->flows, kFlows);
    EXPECT_EQ(totals->flows_unsent, 0U);
    EXPECT_EQ(totals->send_errors, 0U) << totals->last_error;
    EXPECT_EQ(totals->datagrams, receiver.datagrams);
    EXPECT_EQ(totals->bytes, receiver.bytes);

    std::uint64_t flows = 0;
    std::vector<std::string> names;
    std::vector<std::uint32_t> sources;
    for (const auto& [name, sender] : senders) {
      names.push_back(name);
      sources.push_back(sender.messages.at(0).source);
      std::uint64_t expected = 0;
      for (const ExportMessage& message : sender.messages) {
        EXPECT_EQ(message.sequence, expected);
        EXPECT_EQ(message.source, sources.back());
        expected += sequence_step(message);
        flows += flows_in(message);
      }
    }
    EXPECT_EQ(flows, kFlows);
    if (rate == 0) continue;  // turns are longer then: the first exporter may have sent all
    EXPECT_THAT(sources, testing::ElementsAre(0, 1, 2));
    EXPECT_THAT(names, testing::ElementsAre("127.0.1.1", "127.0.1.2", "127.0.1.3"));
  }
}

TEST_P(Generate, SendsTheGeneratorsFlowsUnchanged) {
  Receiver receiver;
  const auto totals =
      generate({.target = receiver.target(), .protocol = GetParam(), .flows = kFlows, .seed = 9}, kGoOn);
  ASSERT_TRUE(totals.has_value()) << totals.error().message;
  FlowGenerator traffic({.seed = 9, .ipv6_share = GetParam() == ExportProtocol::kNetflowV5 ? 0 : 0.2});
  auto senders = receiver.read_all();
  ASSERT_EQ(senders.size(), 1U);
  std::uint64_t flows = 0;
  for (const ExportMessage& message : senders.begin()->second.messages) {
    for (const auto& record : message.records) {
      if (record.options) continue;
      const Flow flow = traffic.next(kNow);
      const bool v6 = flow.src_addr_family == Family::kV6;
      const std::size_t length = v6 ? 16 : 4;
      EXPECT_EQ(record.fields.at(v6 ? 27 : 8),
                std::vector<std::uint8_t>(flow.src_addr.begin(), flow.src_addr.begin() + length));
      EXPECT_EQ(record.number(1), flow.bytes);
      EXPECT_EQ(record.number(2), flow.packets);
      EXPECT_EQ(record.number(7), flow.src_port);
      EXPECT_EQ(record.number(6), flow.tcp_flags);
      ++flows;
    }
  }
  EXPECT_EQ(flows, kFlows);
}

TEST_P(Generate, AnnouncesSampling) {
  Receiver receiver;
  const auto totals =
      generate({.target = receiver.target(), .protocol = GetParam(), .flows = 10, .sampling = 512}, kGoOn);
  ASSERT_TRUE(totals.has_value()) << totals.error().message;
  auto senders = receiver.read_all();
  const ExportMessage& message = senders.at("127.0.1.1").messages.at(0);
  std::vector<std::uint64_t> announced;
  if (message.version == 5) announced.push_back(message.sampling & 0x3fffU);
  for (const auto& record : message.records) {
    if (record.fields.contains(50)) announced.push_back(record.number(50));
    if (record.fields.contains(306)) announced.push_back(record.number(305) + record.number(306));
  }
  EXPECT_THAT(announced, testing::ElementsAre(512));
}

TEST(GenerateLimits, IsNeverFasterThanItsRateAndEndsWithItsDuration) {
  Receiver receiver;
  const auto totals =
      generate({.target = receiver.target(), .rate = 5000, .duration = std::chrono::milliseconds(50)}, kGoOn);
  ASSERT_TRUE(totals.has_value()) << totals.error().message;
  EXPECT_GE(totals->elapsed, std::chrono::milliseconds(50));
  EXPECT_LE(static_cast<double>(totals->flows), 5000 * std::chrono::duration<double>(totals->elapsed).count());
}

TEST(GenerateLimits, StopsWhenTold) {
  Receiver receiver;
  const std::atomic<bool> stop{true};
  const auto totals = generate({.target = receiver.target()}, stop);
  ASSERT_TRUE(totals.has_value());
  EXPECT_EQ(totals->flows, 0U);
  EXPECT_EQ(totals->datagrams, 0U);
}

TEST(GenerateLimits, CountsEveryFlowWhenNobodyListens) {
  std::string target;
  {
    const Receiver gone;
    target = gone.target();
  }
  const auto totals = generate({.target = target, .flows = 5000}, kGoOn);
  ASSERT_TRUE(totals.has_value());
  EXPECT_EQ(totals->flows + totals->flows_unsent, 5000U);
  EXPECT_GT(totals->send_errors, 0U);
  EXPECT_EQ(totals->last_error, std::strerror(ECONNREFUSED));
}

TEST(GenerateLimits, ExportersOfAnIpv6CollectorDifferInPorts) {
  Receiver receiver(AF_INET6);
  if (!receiver.bound()) GTEST_SKIP() << "no IPv6 loopback here";
  const auto totals = generate(
      {.target = "[::1]:" + std::to_string(receiver.port()), .rate = 100'000, .flows = kFlows, .exporters = 2}, kGoOn);
  ASSERT_TRUE(totals.has_value()) << totals.error().message;
  EXPECT_EQ(receiver.read_all().size(), 2U);
  EXPECT_EQ(receiver.datagrams, totals->datagrams);
}

TEST(GenerateLimits, RefusesBadUsageInWords) {
  using testing::HasSubstr;
  const auto error = [](const GenerateOptions& options) {
    const auto totals = generate(options, kGoOn);
    return totals ? std::string("accepted") : totals.error().message;
  };
  EXPECT_THAT(error({.rate = -1}), HasSubstr("rate"));
  EXPECT_THAT(error({.duration = std::chrono::seconds(-1)}), HasSubstr("duration"));
  EXPECT_THAT(error({.exporters = 0}), HasSubstr("exporters"));
  EXPECT_THAT(error({.exporters = 65536}), HasSubstr("exporters"));
  EXPECT_THAT(error({.ipv6_share = 1.5}), HasSubstr("IPv6"));
  EXPECT_THAT(error({.protocol = ExportProtocol::kNetflowV5, .sampling = 16384}), HasSubstr("16383"));
  for (const char* target :
       {"", ":2055", "host:", "host:0", "host:65536", "host:x", "[::1", "[::1]x", "::1", "a:1:2"}) {
    EXPECT_THAT(error({.target = target}), HasSubstr("HOST:PORT")) << target;
  }
}

TEST(CollectorAddress, TakesTheDefaultPort) {
  const auto address = resolve_collector("127.0.0.1");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->address.port(), 2055);
  EXPECT_TRUE(resolve_collector("[::1]").has_value());
}

}  // namespace
}  // namespace weir
