#include "web/address_share.h"

#include <gtest/gtest.h>

#include <optional>

namespace weir::test {
namespace {

IpAddress at(const char* text) { return *IpAddress::parse(text); }

TEST(AddressShareTest, OneAddressHasItsShareAndNoMore) {
  AddressShare share(2);
  std::optional<AddressShare::Place> first(std::in_place, share, at("192.0.2.1"));
  const AddressShare::Place second(share, at("::ffff:192.0.2.1"));
  EXPECT_TRUE(first->taken());
  EXPECT_TRUE(second.taken());
  EXPECT_FALSE(AddressShare::Place(share, at("192.0.2.1")).taken());
  EXPECT_TRUE(AddressShare::Place(share, at("192.0.2.2")).taken());
  first.reset();
  EXPECT_TRUE(AddressShare::Place(share, at("192.0.2.1")).taken());
}

TEST(AddressShareTest, Ipv6CountsByItsNetwork) {
  AddressShare share(1);
  const AddressShare::Place one(share, at("2001:db8::1"));
  EXPECT_FALSE(AddressShare::Place(share, at("2001:db8::ffff:2")).taken());
  EXPECT_TRUE(AddressShare::Place(share, at("2001:db8:0:1::1")).taken());
}

TEST(AddressShareTest, NoAddressHasNoLimit) {
  AddressShare share(1);
  const AddressShare::Place one(share, {}), two(share, {});
  EXPECT_TRUE(one.taken());
  EXPECT_TRUE(two.taken());
}

}  // namespace
}  // namespace weir::test
