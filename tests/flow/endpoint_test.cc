#include "flow/endpoint.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <utility>

namespace weir {
namespace {

TEST(HostPort, IsWrittenInManyWays) {
  const std::pair<const char*, const char*> cases[] = {
      {"host:99", "host:99"},   {"host", "host:2055"},   {"99", ":99"},
      {":99", ":99"},           {"", ":2055"},           {"10.0.0.1:1", "10.0.0.1:1"},
      {"[::1]:99", "[::1]:99"}, {"[::1]", "[::1]:2055"}, {"host:0", "host:0"},
  };
  for (const auto& [text, means] : cases) {
    const auto endpoint = parse_host_port(text, 2055);
    ASSERT_TRUE(endpoint) << text << ": " << endpoint.error().message;
    EXPECT_EQ(to_string(*endpoint), means);
  }
}

TEST(HostPort, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"host:65536", "65536"}, {"host:", "''"}, {"host:2x", "2x"},
      {"::1:99", "brackets"},  {"[::1", "']'"}, {"[::1]9", "':'"},
  };
  for (const auto& [text, names] : cases) {
    const auto endpoint = parse_host_port(text, 2055);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_NE(endpoint.error().message.find(names), std::string::npos) << endpoint.error().message;
  }
}

TEST(SocketAddress, KeepsAddressAndPort) {
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const SocketAddress made = SocketAddress::from(*IpAddress::parse(text), 4739);
    EXPECT_EQ(made.address().to_string(), text);
    EXPECT_EQ(made.port(), 4739);
    EXPECT_FALSE(made.is_wildcard());
    EXPECT_EQ(made, SocketAddress::from(*IpAddress::parse(text), 4739));
    EXPECT_FALSE(made == SocketAddress::from(*IpAddress::parse(text), 4740));
  }
  EXPECT_TRUE(SocketAddress::any_v4(1).is_wildcard());
  EXPECT_EQ(SocketAddress::from(*IpAddress::parse("::ffff:10.0.0.1"), 1).to_string(), "10.0.0.1:1");
}

TEST(ResolveHost, GivesAddressesAndPort) {
  const auto found = resolve_host({"127.0.0.1", 2055}, SOCK_DGRAM, ResolveFor::kSending);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->front().to_string(), "127.0.0.1:2055");
}

TEST(ResolveHost, TellsWhatCannotBeResolved) {
  const auto found = resolve_host({"no.such.host.invalid", 1}, SOCK_STREAM, ResolveFor::kSending);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("no.such.host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace weir
