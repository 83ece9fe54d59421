#include "collector/selector.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "collector/receive_batch.h"
#include "collector/udp_socket.h"
#include "tests/collector/loopback.h"

namespace weir {
namespace {

constexpr unsigned kWorkers = 3;
constexpr std::size_t kBuffer = 1 << 20;

bool host_has_ipv6() {
  std::ifstream addresses("/proc/net/if_inet6");
  return addresses.peek() != std::ifstream::traits_type::eof();
}

UdpGroup open_group(const std::string& spec, unsigned workers = kWorkers) {
  auto group = open_udp(parse_listen_spec(spec).value(), workers, kBuffer);
  EXPECT_TRUE(group) << group.error().message;
  return std::move(*group);
}

// Loopback delivers before send() returns, so what was sent waits at exactly one socket.
std::vector<std::size_t> workers_that_received(const UdpGroup& group, const IpAddress& from) {
  std::vector<std::size_t> workers;
  ReceiveBatch batch;
  for (std::size_t i = 0; i < group.sockets.size(); ++i) {
    for (const Datagram& datagram : batch.receive(group.sockets[i])) {
      EXPECT_EQ(datagram.session.remote, from);
      workers.push_back(i);
    }
  }
  return workers;
}

void expect_kernel_agrees(const UdpGroup& group, const std::string& target) {
  const std::uint16_t port = group.sockets[0].bound().port();
  std::vector<bool> used(kWorkers);
  for (int last = 1; last < 200; ++last) {
    const std::string source = "127.0." + std::to_string(last % 7) + "." + std::to_string(last);
    const IpAddress address = *IpAddress::parse(source);
    const std::size_t expected = worker_for(address, kWorkers);
    // Different source ports must not matter.
    Exporter(source, socket_address(target, port)).send(as_bytes("a"));
    Exporter(source, socket_address(target, port)).send(as_bytes("b"));
    ASSERT_EQ(workers_that_received(group, address), (std::vector{expected, expected})) << source;
    used[expected] = true;
  }
  EXPECT_EQ(used, std::vector<bool>(kWorkers, true));
}

TEST(SelectorTest, KernelAndWorkerForAgreeOnIpv4) { expect_kernel_agrees(open_group("udp://0.0.0.0:0"), "127.0.0.1"); }

TEST(SelectorTest, KernelAndWorkerForAgreeOnIpv4OverADualStackSocket) {
  if (!host_has_ipv6()) GTEST_SKIP() << "this host has no IPv6";
  expect_kernel_agrees(open_group("udp://[::]:0"), "127.0.0.1");
}

TEST(SelectorTest, KernelAndWorkerForAgreeOnIpv6) {
  if (!host_has_ipv6()) GTEST_SKIP() << "this host has no IPv6";
  const IpAddress loopback = *IpAddress::parse("::1");
  // One address only, so the number of workers is varied to see different answers.
  for (unsigned workers = 2; workers < 12; ++workers) {
    const UdpGroup group = open_group("udp://[::]:0", workers);
    Exporter("::1", socket_address("::1", group.sockets[0].bound().port())).send(as_bytes("a"));
    EXPECT_EQ(workers_that_received(group, loopback), (std::vector<std::size_t>{worker_for(loopback, workers)}));
  }
}

TEST(SelectorTest, MappedAddressesCountAsIpv4) {
  for (const char* text : {"10.0.0.1", "192.0.2.77", "255.255.255.255"}) {
    const auto mapped = IpAddress::parse("::ffff:" + std::string(text));
    EXPECT_EQ(worker_for(*mapped, 7), worker_for(*IpAddress::parse(text), 7)) << text;
  }
}

TEST(SelectorTest, SpreadsNeighbours) {
  constexpr unsigned kMany = 8;
  std::vector<int> v4(kMany);
  std::vector<int> v6(kMany);
  for (std::uint32_t i = 0; i < 1024; ++i) {
    ++v4[worker_for(IpAddress::v4(0x0a000000 + i), kMany)];
    AddressBytes bytes{0x20, 0x01, 0x0d, 0xb8};
    store_be32(&bytes[12], i);
    ++v6[worker_for(IpAddress::v6(bytes.data()), kMany)];
  }
  for (unsigned i = 0; i < kMany; ++i) {
    EXPECT_GT(v4[i], 64) << "128 would be even";
    EXPECT_GT(v6[i], 64);
  }
}

}  // namespace
}  // namespace weir
