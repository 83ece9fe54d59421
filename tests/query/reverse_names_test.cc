// Names by reverse DNS, with a resolver of the test's own.
#include "query/reverse_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/query/sample_result.h"

namespace weir::test {
namespace {

QueryResult result_of_addresses(unsigned rows) {
  QueryResult result = sample_result(sample_request("sip,dip"));
  for (unsigned i = 0; i < rows; ++i) {
    add_row(result, {QueryValue(IpAddress::v4(0x0a000000 + i)), address("192.0.2.1")}, {1, 1, 1, 1});
  }
  return result;
}

TEST(ReverseNames, OncePerAddressOfTheFirstRows) {
  std::atomic<int> asked = 0;
  ReverseLookup lookup;
  lookup.max_rows = 3;
  lookup.timeout = std::chrono::seconds(60);
  lookup.resolve = [&](const IpAddress& a) -> std::optional<std::string> {
    ++asked;
    if (a == IpAddress::v4(0x0a000001)) return std::nullopt;
    return "name-of-" + a.to_string();
  };
  const AddressNames names = look_up_names(result_of_addresses(10), lookup);
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(names(IpAddress::v4(0x0a000000)), "name-of-10.0.0.0");
  EXPECT_EQ(names(IpAddress::v4(0x0a000001)), std::nullopt);
  EXPECT_EQ(names(IpAddress::v4(0x0a000005)), std::nullopt);
  EXPECT_EQ(names(*IpAddress::parse("192.0.2.1")), "name-of-192.0.2.1");
}

TEST(ReverseNames, ASlowResolverCostsTheTimeoutOnly) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  ReverseLookup lookup;
  lookup.timeout = std::chrono::milliseconds(20);
  lookup.resolve = [released](const IpAddress&) -> std::optional<std::string> {
    released.wait();
    return "late";
  };
  const AddressNames names = look_up_names(result_of_addresses(40), lookup);
  EXPECT_EQ(names(IpAddress::v4(0x0a000000)), std::nullopt);
  release.set_value();
}

TEST(ReverseNames, NoAddressesNoWait) {
  QueryResult result = sample_result(sample_request("dport"));
  add_row(result, {53U}, {1, 1, 1, 1});
  ReverseLookup lookup;
  lookup.timeout = std::chrono::hours(1);
  EXPECT_FALSE(look_up_names(result, lookup)(IpAddress::v4(1)));
}

}  // namespace
}  // namespace weir::test
