#include "collector/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/bind.h"
#include "collector/udp_header.h"
#include "tests/collector/fixture.h"

namespace weir {
namespace {

using testing::HasSubstr;

// Where relayed datagrams arrive.
class Destination {
 public:
  explicit Destination(const std::string& address = "127.0.0.1", int buffer = 1 << 20) {
    const SocketAddress at = socket_address(address, 0);
    fd_.reset(::socket(at.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    EXPECT_EQ(::bind(fd_.get(), at.get(), at.length), 0);
  }

  SocketAddress address() const { return SocketAddress::of(fd_.get()); }
  RelaySpec spec(const std::string& options = "") const {
    return parse_relay_spec("udp://" + address().to_string() + "?relay=true" + options).value().value();
  }
  // Waits for a datagram.
  std::string receive(SocketAddress* from = nullptr) const {
    std::string text(65'536, '\0');
    SocketAddress sender;
    sender.length = sizeof sender.storage;
    const ssize_t n = ::recvfrom(fd_.get(), text.data(), text.size(), 0, sender.get(), &sender.length);
    EXPECT_GE(n, 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (from != nullptr) *from = sender;
    return text;
  }

 private:
  UniqueFd fd_;
};

class RelayTest : public CollectorFixture {
 protected:
  std::unique_ptr<Collector> start_with(const RelaySpec& spec) {
    options_.relays = {spec};
    return start();
  }
  static bool has_ipv6() { return is_own_address(*IpAddress::parse("::1")); }
  static bool may_keep_sources(const Collector& collector) { return collector.status().relays[0].keeps_source; }
  // The collector counts after it has sent.
  static Account<RelayDrop> account(const Collector& collector, std::uint64_t datagrams) {
    return wait_for(collector, [=](const CollectorStatus& s) { return s.relays[0].datagrams.in >= datagrams; })
        .relays[0]
        .datagrams;
  }
};

TEST_F(RelayTest, ForwardsByteForByteWhateverItIs) {
  const Destination destination;
  const auto collector = start_with(destination.spec("&spoof=false"));
  EXPECT_FALSE(may_keep_sources(*collector));
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  for (const std::string& datagram : {netflow_v5(30, 0), ipfix_data(0, 7), all_bytes, std::string(), std::string("x"),
                                      std::string(20'000, 'l'), std::string(65'000, 'm')}) {
    exporter.send(as_bytes(datagram));
    SocketAddress from;
    EXPECT_EQ(destination.receive(&from), datagram);
    EXPECT_NE(from.port(), SocketAddress::of(exporter.fd()).port());
  }
  const Account<RelayDrop> counted = account(*collector, 7);
  EXPECT_EQ(counted.in, 7U);
  EXPECT_EQ(counted.out, 7U);
  expect_balanced(collector->status());
  seen_->wait_for_flows(30);  // and decodes them all the same
}

class RelayFamilies : public RelayTest, public testing::WithParamInterface<const char*> {};

TEST_P(RelayFamilies, KeepsTheSource) {
  const std::string loopback = GetParam();
  const bool v6 = loopback.find(':') != std::string::npos;
  if (v6 && !has_ipv6()) GTEST_SKIP() << "IPv6 is off on this host";
  const Destination destination(loopback);
  options_.listen = {parse_listen_spec("udp://" + to_string(HostPort{loopback, 0})).value()};
  const auto collector = start_with(destination.spec());
  if (!may_keep_sources(*collector)) GTEST_SKIP() << "needs CAP_NET_RAW";
  const Exporter exporter(v6 ? loopback : "127.0.0.77", collector->bound()[0]);
  for (const std::string& datagram : {netflow_v5(30, 0), std::string("odd"), std::string(), std::string(1400, 'x')}) {
    exporter.send(as_bytes(datagram));
    SocketAddress from;
    EXPECT_EQ(destination.receive(&from), datagram);
    EXPECT_EQ(from.to_string(), SocketAddress::of(exporter.fd()).to_string());
  }
  EXPECT_EQ(account(*collector, 4).out, 4U);
}

// Over IPv6 a datagram can be longer than even loopback's MTU.
TEST_F(RelayTest, LongerThanTheMtuComesFromThisHost) {
  if (!has_ipv6()) GTEST_SKIP() << "IPv6 is off on this host";
  const Destination destination("::1");
  options_.listen = {parse_listen_spec("udp://[::1]:0").value()};
  const auto collector = start_with(destination.spec());
  const Exporter exporter("::1", collector->bound()[0]);
  const std::string datagram(65'500, 'l');
  exporter.send(as_bytes(datagram));
  SocketAddress from;
  EXPECT_EQ(destination.receive(&from), datagram);
  EXPECT_NE(from.port(), SocketAddress::of(exporter.fd()).port());
  EXPECT_EQ(account(*collector, 1).out, 1U);
}

INSTANTIATE_TEST_SUITE_P(Both, RelayFamilies, testing::Values("127.0.0.1", "::1"),
                         [](const auto& with) { return std::string(with.param) == "::1" ? "IPv6" : "IPv4"; });

// The kernel does not look at checksums on loopback, so they are checked here.
TEST(UdpHeader, ChecksumsAreRight) {
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    for (const std::string payload : {"", "odd", "even"}) {
      const UdpEndpoint from{*IpAddress::parse(address), 40'000};
      const UdpEndpoint to{*IpAddress::parse(from.address.family == Family::kV4 ? "198.51.100.7" : "2001:db8::7"),
                           2055};
      std::array<std::uint8_t, kMaxUdpHeaders> headers;
      const std::size_t length = write_udp_headers(headers, from, to, as_bytes(payload));
      ASSERT_EQ(length, from.address.family == Family::kV4 ? 28U : 48U);
      // RFC 1071: over all that it covers, checksum included, the sum is all ones.
      std::string covered(from.address.bytes.begin(), from.address.bytes.end());
      covered.append(to.address.bytes.begin(), to.address.bytes.end());
      const std::uint8_t end[] = {0, 17, 0, static_cast<std::uint8_t>(8 + payload.size())};
      covered.append(std::begin(end), std::end(end));
      covered.append(headers.begin() + static_cast<std::ptrdiff_t>(length) - 8,
                     headers.begin() + static_cast<std::ptrdiff_t>(length));
      covered += payload;
      if (covered.size() % 2 != 0) covered.push_back('\0');
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < covered.size(); i += 2) {
        sum += load_be16(reinterpret_cast<const std::uint8_t*>(&covered[i]));
      }
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
      EXPECT_EQ(sum, 0xffffU) << address << " '" << payload << "'";
    }
  }
}

TEST_F(RelayTest, OtherFamiliesComeFromThisHost) {
  if (!has_ipv6()) GTEST_SKIP() << "IPv6 is off on this host";
  const Destination destination("127.0.0.1");
  options_.listen = {parse_listen_spec("udp://[::1]:0").value()};
  const auto collector = start_with(destination.spec());
  Exporter("::1", collector->bound()[0]).send(as_bytes("from IPv6"));
  SocketAddress from;
  EXPECT_EQ(destination.receive(&from), "from IPv6");
  EXPECT_EQ(from.address().to_string(), "127.0.0.1");
}

TEST_F(RelayTest, WhoIsNotAllowedIsNotForwarded) {
  const Destination destination;
  options_.allow = {*Prefix::parse("127.0.0.1")};
  const auto collector = start_with(destination.spec());
  Exporter("127.0.0.2", collector->bound()[0]).send(as_bytes("stranger"));
  wait_for(*collector, [](const CollectorStatus& s) { return s.arrivals().in == 1; });
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes("friend"));
  EXPECT_EQ(destination.receive(), "friend");
  EXPECT_EQ(account(*collector, 1).in, 1U);
}

// Nobody listens any more: the accounts balance, and decoding goes on.
TEST_F(RelayTest, AccountBalancesWhenNobodyListens) {
  auto destination = std::make_unique<Destination>();
  const RelaySpec spec = destination->spec("&spoof=false");
  destination.reset();
  const auto collector = start_with(spec);
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  for (std::uint32_t i = 0; i < 200; ++i) {
    exporter.send(as_bytes(netflow_v5(1, i)));
    expect_balanced(collector->status());
  }
  seen_->wait_for_flows(200);
  const Account<RelayDrop> counted = account(*collector, 200);
  EXPECT_EQ(counted.in, counted.out + counted.dropped_total());
}

TEST_F(RelayTest, RefusesToRelayToItself) {
  for (const char* listen : {"udp://127.0.0.1:0", "udp://[::]:0"}) {
    options_.listen = {parse_listen_spec(listen).value()};
    options_.relays.clear();
    const std::string port = std::to_string(start()->bound()[0].port());
    options_.listen = {parse_listen_spec(std::string(listen, std::string(listen).size() - 1) + port).value()};
    options_.relays = {parse_relay_spec("udp://127.0.0.1:" + port + "?relay=true").value().value()};
    const auto started = try_start();
    ASSERT_FALSE(started) << listen;
    EXPECT_THAT(started.error().message, HasSubstr("itself"));
  }
}

// Nor are the flows of a sink sent to the collector they come from.
TEST_F(RelayTest, RefusesToExportToItself) {
  const auto refusal = [&](const std::string& listen, Transport transport, const std::string& host) {
    options_.listen = {parse_listen_spec(listen + ":0").value()};
    options_.destinations.clear();
    const std::uint16_t port = start()->bound()[0].port();
    options_.listen = {parse_listen_spec(listen + ":" + std::to_string(port)).value()};
    options_.destinations = {{"the sink", transport, {host, port}}};
    const auto started = try_start();
    return started ? std::string() : started.error().message;
  };
  EXPECT_THAT(refusal("udp://127.0.0.1", Transport::kUdp, "127.0.0.1"), HasSubstr("the sink: that is this collector"));
  EXPECT_THAT(refusal("udp://[::]", Transport::kUdp, "localhost"), HasSubstr("itself"));
  EXPECT_THAT(refusal("tcp://127.0.0.1", Transport::kTcp, "127.0.0.1"), HasSubstr("itself"));
  EXPECT_EQ(refusal("udp://127.0.0.1", Transport::kTcp, "127.0.0.1"), "");
  EXPECT_EQ(refusal("udp://127.0.0.1", Transport::kUdp, "127.0.0.2"), "");
  EXPECT_EQ(refusal("udp://127.0.0.1", Transport::kUdp, "no.such.host.invalid"), "");
}

TEST(RelaySpec, TellsRelaysFromOtherOutputs) {
  EXPECT_FALSE(parse_relay_spec("stdout").value());
  EXPECT_FALSE(parse_relay_spec("udp://host:2055?protocol=9").value());
  const auto spec = parse_relay_spec("udp://host?relay=true&spoof=false").value();
  ASSERT_TRUE(spec);
  EXPECT_EQ(to_string(spec->target), "host:2055");
  EXPECT_FALSE(spec->spoof);
  const auto error = [](const std::string& text) {
    const auto spec = parse_relay_spec(text);
    return spec ? "no error" : spec.error().message;
  };
  EXPECT_THAT(error("udp://host?relay=true&protocol=9"), HasSubstr("unknown option 'protocol'"));
  EXPECT_THAT(error("udp://host?relay=yes"), HasSubstr("false, true"));
  EXPECT_THAT(error("udp://host?relay=false"), HasSubstr("leave it out"));
  EXPECT_THAT(error("udp://:2055?relay=true"), HasSubstr("HOST:PORT"));
}

}  // namespace
}  // namespace weir
