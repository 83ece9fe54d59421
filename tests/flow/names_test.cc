#include "flow/names.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ProtocolName, FollowsIana) {
  EXPECT_EQ(protocol_name(0), "HOPOPT");
  EXPECT_EQ(protocol_name(1), "ICMP");
  EXPECT_EQ(protocol_name(6), "TCP");
  EXPECT_EQ(protocol_name(17), "UDP");
  EXPECT_EQ(protocol_name(47), "GRE");
  EXPECT_EQ(protocol_name(50), "ESP");
  EXPECT_EQ(protocol_name(58), "IPv6-ICMP");
  EXPECT_EQ(protocol_name(89), "OSPFIGP");
  EXPECT_EQ(protocol_name(112), "VRRP");
  EXPECT_EQ(protocol_name(132), "SCTP");
  EXPECT_EQ(protocol_name(142), "ROHC");
  EXPECT_EQ(protocol_name(255), "255");
}

TEST(ProtocolNumber, IsTheInverseOfName) {
  for (unsigned i = 0; i < 256; ++i) {
    const auto number = static_cast<std::uint8_t>(i);
    EXPECT_EQ(protocol_number(protocol_name(number)), number);
    EXPECT_EQ(protocol_number(std::to_string(i)), number);
  }
  EXPECT_EQ(protocol_number("tcp"), kProtoTcp);
  EXPECT_EQ(protocol_number("icmp6"), kProtoIcmpv6);
  EXPECT_FALSE(protocol_number("tpc"));
  EXPECT_FALSE(protocol_number("256"));
  EXPECT_FALSE(protocol_number(""));
}

}  // namespace
}  // namespace weir
