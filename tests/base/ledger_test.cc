#include "base/ledger.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

enum class Why { kFull, kBroken, kCount };
std::string_view reason_name(Why why) { return why == Why::kFull ? "full" : "broken"; }

TEST(Account, BalancesOnlyWhenEverythingIsAccountedFor) {
  Account<Why> account;
  account.in = 10;
  account.out = 6;
  account.held = 1;
  account.drop(Why::kFull, 2);
  EXPECT_FALSE(account.balanced());
  account.drop(Why::kBroken);
  EXPECT_TRUE(account.balanced());
  EXPECT_EQ(account.dropped_total(), 3U);
}

TEST(Account, SumsByReason) {
  Account<Why> a, b;
  a.in = a.dropped[0] = 1;
  b.in = b.dropped[1] = 2;
  a += b;
  EXPECT_EQ(a.in, 3U);
  EXPECT_EQ(a.dropped_for(Why::kFull), 1U);
  EXPECT_EQ(a.dropped_for(Why::kBroken), 2U);
}

TEST(AccountView, NamesEveryReason) {
  Account<Why> account;
  account.drop(Why::kBroken, 4);
  const AccountView v = view("queue", "flows", account);
  ASSERT_EQ(v.reasons, 2U);
  EXPECT_EQ(v.dropped[0].first, "full");
  EXPECT_EQ(v.dropped[1].second, 4U);
}

}  // namespace
}  // namespace weir
