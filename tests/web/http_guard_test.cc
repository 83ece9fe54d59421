#include "web/http_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

const std::string kToken(64, 'a');

int status_of(const HttpCaller& caller, std::string_view token, bool open = false) {
  const auto refused = refusal(caller, token, open);
  return refused ? refused->status : 200;
}

TEST(HttpGuardTest, KnowsThisMachine) {
  for (const char* host :
       {"localhost", "LocalHost:8080", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:8080", "[::ffff:127.0.0.1]:80"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost",
                           "localhost/x", "10.0.0.1", "[::]", "0.0.0.0", "8080", "localhost:99999", "[::1"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(HttpGuardTest, TokensAreComparedWhole) {
  EXPECT_TRUE(shows_token("", ""));
  EXPECT_TRUE(shows_token("Bearer " + kToken, kToken));
  EXPECT_TRUE(shows_token("bEARER  " + kToken, kToken)) << "schemes have no case";
  for (const std::string& wrong :
       std::vector<std::string>{std::string(), kToken, "Bearer", "Bearer ", "Basic " + kToken, "Bearer " + kToken + "a",
                                "Bearer " + kToken.substr(1), "Bearer " + std::string(64, 'b'), "Bearer" + kToken}) {
    EXPECT_FALSE(shows_token(wrong, kToken)) << wrong;
  }
}

TEST(HttpGuardTest, WithATokenItAloneCounts) {
  const std::string right = "Bearer " + kToken;
  EXPECT_EQ(status_of({.host = "weir.example", .origin = "https://weir.example", .authorization = right}, kToken), 200);
  EXPECT_EQ(status_of({.host = "localhost"}, kToken), 401);
  EXPECT_EQ(status_of({.host = "localhost", .authorization = "Bearer x"}, kToken), 401);
  EXPECT_EQ(status_of({.host = "weir.example"}, kToken, true), 200);
}

TEST(HttpGuardTest, WithoutATokenOtherSitesAreKeptOut) {
  EXPECT_EQ(status_of({.host = "localhost:8080"}, ""), 200);
  EXPECT_EQ(status_of({}, ""), 403) << "no Host at all";
  EXPECT_EQ(status_of({.host = "rebound.example"}, ""), 403);
  EXPECT_EQ(status_of({.host = "rebound.example"}, "", true), 403);
  EXPECT_EQ(status_of({.host = "localhost:8080", .origin = "http://localhost:8080"}, ""), 200);
  EXPECT_EQ(status_of({.host = "localhost:8080", .origin = "http://localhost:3000"}, ""), 403);
  EXPECT_EQ(status_of({.host = "localhost:8080", .origin = "null"}, ""), 403);
  for (const auto& [site, status] :
       {std::pair{"same-origin", 200}, {"none", 200}, {"cross-site", 403}, {"same-site", 403}}) {
    EXPECT_EQ(status_of({.host = "localhost", .sec_fetch_site = site}, ""), status) << site;
  }
  EXPECT_EQ(status_of({.host = "localhost", .sec_fetch_site = "cross-site"}, "", true), 200) << "a link to the page";
}

}  // namespace
}  // namespace weir
