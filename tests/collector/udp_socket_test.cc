#include "collector/udp_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "collector/bind.h"
#include "collector/receive_batch.h"
#include "collector/selector.h"
#include "tests/collector/loopback.h"

namespace weir {
namespace {

Result<UdpGroup> open_at(const std::string& spec, unsigned workers = 1, std::size_t buffer = 1 << 20) {
  return open_udp(parse_listen_spec(spec).value(), workers, buffer);
}

std::size_t receive_all(const UdpSocket& socket) {
  ReceiveBatch batch;
  std::size_t total = 0;
  for (std::size_t n = batch.receive(socket).size(); n > 0; n = batch.receive(socket).size()) total += n;
  return total;
}

TEST(UdpSocketTest, TellsSenderAndLocalAddress) {
  const auto group = open_at("udp://[::]:0");
  ASSERT_TRUE(group) << group.error().message;
  const std::uint16_t port = group->sockets[0].bound().port();
  Exporter exporter("127.0.0.9", socket_address("127.0.0.5", port));
  exporter.send(as_bytes("hello"));
  ReceiveBatch batch;
  const auto received = batch.receive(group->sockets[0]);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(as_text(received[0].payload), "hello");
  EXPECT_EQ(received[0].session.remote.to_string(), "127.0.0.9");
  EXPECT_EQ(received[0].session.remote_port, SocketAddress::of(exporter.fd()).port());
  EXPECT_EQ(received[0].session.local.to_string(), "127.0.0.5");
  EXPECT_EQ(received[0].session.local_port, port);
  EXPECT_FALSE(received[0].truncated);
}

TEST(UdpSocketTest, BoundAddressIsTheLocalOne) {
  const auto group = open_at("udp://127.0.0.1:0");
  ASSERT_TRUE(group) << group.error().message;
  Exporter("127.0.0.1", group->sockets[0].bound()).send(as_bytes("x"));
  ReceiveBatch batch;
  const auto received = batch.receive(group->sockets[0]);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].session.local.to_string(), "127.0.0.1");
}

TEST(UdpSocketTest, TakesTheLongestDatagram) {
  const auto group = open_at("udp://127.0.0.1:0");
  ASSERT_TRUE(group) << group.error().message;
  const std::string longest(65507, 'x');
  Exporter("127.0.0.1", group->sockets[0].bound()).send(as_bytes(longest));
  Exporter("127.0.0.1", group->sockets[0].bound()).send({});
  ReceiveBatch batch;
  const auto received = batch.receive(group->sockets[0]);
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].payload.size(), longest.size());
  EXPECT_FALSE(received[0].truncated);
  EXPECT_TRUE(received[1].payload.empty()) << "an empty datagram arrived as well";
}

TEST(UdpSocketTest, CountsKernelDropsExactlyTrailingOnesIncluded) {
  auto group = open_at("udp://127.0.0.1:0");
  ASSERT_TRUE(group) << group.error().message;
  UdpSocket& socket = group->sockets[0];
  const int tiny = 1;  // the kernel makes it its minimum
  ASSERT_EQ(::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny), 0);
  const Exporter exporter("127.0.0.1", socket.bound());
  const std::string payload(500, 'x');
  constexpr std::size_t kSent = 1000;
  for (std::size_t i = 0; i < kSent; ++i) exporter.send(as_bytes(payload));
  EXPECT_GT(socket.queued_bytes(), 0U);

  // Nothing was received after the drops, so a counter that comes with a later datagram would show none of them.
  const std::uint64_t drops = socket.read_drops();
  const std::size_t received = receive_all(socket);
  EXPECT_GT(received, 0U);
  EXPECT_GT(drops, 0U);
  EXPECT_EQ(received + drops, kSent);
  EXPECT_EQ(socket.read_drops(), 0U) << "counted once";
}

TEST(UdpSocketTest, RefusedDatagramsAreCounted) {
  auto group = open_at("udp://127.0.0.1:0");
  ASSERT_TRUE(group) << group.error().message;
  UdpSocket& socket = group->sockets[0];
  const Exporter exporter("127.0.0.1", socket.bound());
  exporter.send(as_bytes("in"));
  ASSERT_TRUE(refuse_datagrams(socket.fd()));
  exporter.send(as_bytes("late"));
  exporter.send(as_bytes("later"));
  EXPECT_EQ(receive_all(socket), 1U);
  EXPECT_EQ(socket.read_drops(), 2U);
}

TEST(UdpSocketTest, PortInUseIsFoundEvenAmongSharers) {
  const auto first = open_at("udp://[::]:0", 2);
  ASSERT_TRUE(first) << first.error().message;
  const std::string port = std::to_string(first->sockets[0].bound().port());
  for (const std::string& spec : {"udp://[::]:" + port, "udp://0.0.0.0:" + port, "udp://127.0.0.1:" + port}) {
    const auto second = open_at(spec, 2);
    ASSERT_FALSE(second) << spec;
    EXPECT_NE(second.error().message.find("port " + port + " is already in use"), std::string::npos)
        << second.error().message;
    EXPECT_NE(second.error().message.find("--listen"), std::string::npos);
  }
}

TEST(UdpSocketTest, SaysHowToGetALowPort) {
  const auto error = bind_error(parse_listen_spec("udp://[::]:514").value(), EACCES);
  EXPECT_NE(error.error().message.find("CAP_NET_BIND_SERVICE"), std::string::npos);
}

TEST(UdpSocketTest, WarnsWhenTheBufferIsCapped) {
  if (::geteuid() == 0) {
    const auto group = open_at("udp://[::]:0", 1, 64 << 20);
    ASSERT_TRUE(group);
    EXPECT_EQ(group->sockets[0].buffer(), 64U << 20) << "root may exceed net.core.rmem_max";
    return;
  }
  const auto group = open_at("udp://[::]:0", 1, 1 << 30);
  ASSERT_TRUE(group);
  ASSERT_EQ(group->warnings.size(), 1U);
  EXPECT_NE(group->warnings[0].find("sysctl -w net.core.rmem_max=1073741824"), std::string::npos);
}

TEST(UdpSocketTest, UnknownAddressIsAnError) {
  const auto group = open_at("udp://192.0.2.1:0");
  ASSERT_FALSE(group);
  EXPECT_NE(group.error().message.find("192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace weir
