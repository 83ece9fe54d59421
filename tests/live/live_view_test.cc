// The live view with a clock of the test's own: what is counted when, who is watched how long, what is answered.
#include "live/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/json.h"

namespace weir {
namespace {

using test::parse_record;
using test::Record;
using testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBegan = 1'700'000'000;

class LiveViewTest : public testing::Test {
 protected:
  struct Sent {
    const char* src;
    const char* dst;
    std::uint16_t src_port, dst_port;
    std::uint8_t proto;
    std::uint64_t bytes, packets;
    std::uint32_t sampling_rate = 0;
    std::uint64_t reverse_bytes = 0, reverse_packets = 0;
  };

  // Flows received now.
  void add(std::initializer_list<Sent> flows) { add_at(now_.wall_ns, flows); }
  void add_at(std::uint64_t received_ns, std::initializer_list<Sent> flows) {
    BatchWriter writer(BatchPool::create(), [this](BatchRef batch) { live_.add(*batch); });
    Origin origin{};
    origin.time_received_ns = received_ns;
    writer.set_origin(origin);
    for (const Sent& sent : flows) {
      Flow& flow = *writer.add();
      const IpAddress src = IpAddress::parse(sent.src).value(), dst = IpAddress::parse(sent.dst).value();
      flow.src_addr = src.bytes;
      flow.dst_addr = dst.bytes;
      flow.src_addr_family = src.family;
      flow.dst_addr_family = dst.family;
      flow.src_port = sent.src_port;
      flow.dst_port = sent.dst_port;
      flow.proto = sent.proto;
      flow.bytes = sent.bytes;
      flow.packets = sent.packets;
      flow.sampling_rate = sent.sampling_rate;
      if (sent.reverse_packets == 0) continue;
      writer.cold().reverse_bytes = sent.reverse_bytes;
      writer.cold().reverse_packets = sent.reverse_packets;
    }
  }
  void pass(double seconds) {
    const auto ns = static_cast<std::uint64_t>(seconds * 1e9);
    now_.wall_ns += ns;
    now_.steady_ns += ns;
  }
  std::string ask(const std::string& command) {
    const auto answer = live_.answer(command);
    if (!answer) return "not a command of the view";
    return *answer ? **answer : "error: " + answer->error().message;
  }
  Record live(std::uint64_t since = 0) { return parse_record(ask("live " + std::to_string(since))); }
  Record top(const std::string& by, unsigned limit = 10) {
    return parse_record(ask("top " + by + " " + std::to_string(limit)));
  }

  LiveTime now_{kBegan * kSecond, 5000 * kSecond};
  LiveView live_{std::chrono::milliseconds(500), [this] { return now_; }};
};

TEST_F(LiveViewTest, ThroughputBySecondOfReceipt) {
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 100, 2}, {"10.0.0.1", "10.0.0.2", 1000, 53, 17, 10, 1}});
  pass(1);
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 7, 1, 100}});
  add_at((kBegan)*kSecond, {{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1000, 1, 0, 50, 3}});
  pass(1.5);
  const Record answer = live();
  EXPECT_EQ(answer.at("now"), std::to_string(kBegan + 1));
  EXPECT_EQ(answer.at("first"), std::to_string(kBegan));
  EXPECT_THAT(answer.at("protocols"),
              HasSubstr(R"({"name":"TCP","bits":[9200,5600],"packets":[6,100],"flows":[2,1]})"));
  EXPECT_THAT(answer.at("protocols"), HasSubstr(R"({"name":"UDP","bits":[80,0],"packets":[1,0],"flows":[1,0]})"));
  EXPECT_THAT(answer.at("protocols"), HasSubstr(R"({"name":"other","bits":[0,0],)"));
}

TEST_F(LiveViewTest, OneBatchOfSeveralSeconds) {
  BatchWriter writer(BatchPool::create(), [this](BatchRef batch) { live_.add(*batch); });
  for (std::uint64_t second = 0; second < 3; ++second) {
    Origin origin{};
    origin.time_received_ns = (kBegan + second) * kSecond + 5;
    writer.set_origin(origin);
    for (std::uint64_t i = 0; i <= second; ++i) {
      Flow& flow = *writer.add();
      flow.proto = 47;
      flow.bytes = 1;
    }
  }
  pass(4);
  writer.flush();
  EXPECT_THAT(live().at("protocols"),
              HasSubstr(R"({"name":"GRE","bits":[8,16,24],"packets":[0,0,0],"flows":[1,2,3]})"));
}

TEST_F(LiveViewTest, OnlyCompleteSecondsAfterTheOneAskedFor) {
  EXPECT_EQ(live().at("first"), std::to_string(kBegan - 1)) << "which is not complete either";
  pass(1.4);
  EXPECT_THAT(live().at("protocols"), HasSubstr(R"("bits":[])")) << "a batch may still hold flows of that second";
  pass(0.1);
  EXPECT_THAT(live().at("protocols"), HasSubstr(R"("bits":[0])"));
  pass(10);
  EXPECT_EQ(live(kBegan + 8).at("first"), std::to_string(kBegan + 9));
  EXPECT_THAT(live(kBegan + 8).at("protocols"), HasSubstr(R"("bits":[0,0])"));
  EXPECT_EQ(live(kBegan + 500).at("first"), std::to_string(kBegan + 11));
  EXPECT_EQ(live(~std::uint64_t{0}).at("now"), std::to_string(kBegan + 10));
}

TEST_F(LiveViewTest, AQuarterOfAnHour) {
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1, 1}});
  pass(900.5);
  EXPECT_EQ(live().at("first"), std::to_string(kBegan));
  EXPECT_THAT(live().at("protocols"), HasSubstr(R"({"name":"TCP","bits":[8,0,)"));
  pass(1);
  EXPECT_EQ(live().at("first"), std::to_string(kBegan + 1));
  EXPECT_THAT(live().at("protocols"), HasSubstr(R"({"name":"TCP","bits":[0,0,)"));
  add_at(kBegan * kSecond, {{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1, 1}});  // too old
  pass(124);                                                                 // another second in the row of the first
  EXPECT_THAT(live(kBegan + 1022).at("protocols"), HasSubstr(R"({"name":"TCP","bits":[0,0],)"));
}

TEST_F(LiveViewTest, TheClockIsPutBack) {
  pass(100);
  now_.wall_ns -= 3600 * kSecond;
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1, 1}});
  pass(1.5);
  EXPECT_EQ(live().at("now"), std::to_string(kBegan - 3500));
  EXPECT_THAT(live().at("protocols"), HasSubstr(R"({"name":"TCP","bits":[8])"));
}

TEST_F(LiveViewTest, FlowsAreConversationsWhoseBusierEndStandsFirst) {
  top("flows");
  pass(1.5);
  add({{"10.0.0.2", "10.0.0.1", 443, 1000, 6, 1000, 4, 2},
       {"10.0.0.1", "10.0.0.2", 1000, 443, 6, 100, 2},
       {"2001:db8::1", "2001:db8::2", 5353, 53, 17, 60, 1, 0, 200, 1},
       {"10.0.0.9", "10.0.0.8", 8, 0, 1, 84, 1}});
  pass(2);
  const Record answer = top("flows");
  EXPECT_EQ(answer.at("by"), "flows");
  EXPECT_EQ(answer.at("window_s"), "2");
  EXPECT_EQ(answer.at("now"), std::to_string(kBegan + 3));
  EXPECT_EQ(answer.at("dropped"), "0");
  EXPECT_EQ(answer.at("rows"),
            R"([{"src_addr":"10.0.0.2","dst_addr":"10.0.0.1","src_port":443,"dst_port":1000,"proto":"TCP",)"
            R"("bits_per_s":[8400,8400,8400],"packets_per_s":[5,5,5],"bytes":2100},)"
            R"({"src_addr":"2001:db8::2","dst_addr":"2001:db8::1","src_port":53,"dst_port":5353,"proto":"UDP",)"
            R"("bits_per_s":[1040,1040,1040],"packets_per_s":[1,1,1],"bytes":260},)"
            R"({"src_addr":"10.0.0.9","dst_addr":"10.0.0.8","src_port":0,"dst_port":0,"proto":"ICMP",)"
            R"("bits_per_s":[336,336,336],"packets_per_s":[0,0,0],"bytes":84}])");
  EXPECT_EQ(answer.at("total"), R"({"bits_per_s":[9776,9776,9776],"packets_per_s":[6,6,6]})");
  EXPECT_THAT(top("flows", 1).at("rows"), testing::Not(HasSubstr("2001:")));
}

TEST_F(LiveViewTest, HostsCountBothEndsAndTheTotalOnce) {
  top("hosts");
  pass(1.5);
  add({{"10.0.0.2", "10.0.0.1", 443, 1000, 6, 1000, 4}, {"10.0.0.2", "10.0.0.2", 443, 1000, 6, 500, 4}});
  pass(2);
  const Record answer = top("hosts");
  EXPECT_EQ(answer.at("rows"),
            R"([{"addr":"10.0.0.2","bits_per_s":[6000,6000,6000],"packets_per_s":[4,4,4],"bytes":1500},)"
            R"({"addr":"10.0.0.1","bits_per_s":[4000,4000,4000],"packets_per_s":[2,2,2],"bytes":1000}])");
  EXPECT_EQ(answer.at("total"), R"({"bits_per_s":[6000,6000,6000],"packets_per_s":[4,4,4]})");
}

TEST_F(LiveViewTest, PortsAreTheServices) {
  top("ports");
  pass(1.5);
  add({{"10.0.0.2", "10.0.0.1", 443, 51000, 6, 1000, 4},
       {"10.0.0.1", "10.0.0.2", 40, 8443, 6, 100, 1, 0, 600, 1},  // a biflow: 40 began
       {"10.0.0.1", "10.0.0.2", 0, 0x800, 1, 84, 1}});
  pass(2);
  EXPECT_EQ(top("ports").at("rows"),
            R"([{"port":443,"proto":"TCP","bits_per_s":[4000,4000,4000],"packets_per_s":[2,2,2],"bytes":1000},)"
            R"({"port":8443,"proto":"TCP","bits_per_s":[2800,2800,2800],"packets_per_s":[1,1,1],"bytes":700}])");
}

TEST_F(LiveViewTest, WatchesFifteenSecondsFromTheLastQuestion) {
  EXPECT_FALSE(live_.is_watched());
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1000, 1}});
  EXPECT_EQ(top("flows").at("rows"), "[]") << "from before the first question";
  for (int i = 0; i < 3; ++i) {
    pass(14);
    EXPECT_TRUE(live_.is_watched());
    add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1000, 1}});
    EXPECT_THAT(top("flows").at("rows"), HasSubstr("10.0.0.1"));
  }
  pass(15);
  EXPECT_FALSE(live_.is_watched());
  EXPECT_EQ(top("flows").at("rows"), "[]");
}

TEST_F(LiveViewTest, EachRankingIsWatchedOnItsOwn) {
  top("flows");
  pass(10);
  top("hosts");
  add({{"10.0.0.1", "10.0.0.2", 1000, 443, 6, 1000, 1}});
  pass(10);
  EXPECT_TRUE(live_.is_watched());
  EXPECT_THAT(top("hosts").at("rows"), HasSubstr("10.0.0.1"));
  EXPECT_EQ(top("flows").at("rows"), "[]") << "nobody asked for 20 seconds";
}

TEST_F(LiveViewTest, WhatItEvictsIsTold) {
  top("flows");
  for (std::uint32_t i = 0; i < TopTable::kMaxEntries + 10; ++i) {
    const Talk talk{IpAddress::v4(i).bytes, IpAddress::v4(1).bytes, Family::kV4, 6, 1, 2, 1, {1, 1}};
    live_.add({&talk, 1}, now_.steady_ns);
  }
  EXPECT_EQ(top("flows").at("dropped"), "10");
}

TEST_F(LiveViewTest, RefusesWrongArguments) {
  for (const char* wrong :
       {"live", "live -1", "live x", "live 1 2", "live  1", "live 99999999999999999999", "live 1 "}) {
    EXPECT_THAT(ask(wrong), HasSubstr("live SINCE")) << wrong;
  }
  for (const char* wrong : {"top", "top flows", "top flows 0", "top flows 501", "top flows -1", "top flow 5",
                            "top flows 5 5", "top flows 5x", "top  5", "top flows 18446744073709551617"}) {
    EXPECT_THAT(ask(wrong), HasSubstr("LIMIT from 1 to 500")) << wrong;
  }
  EXPECT_FALSE(live_.answer("status"));
  EXPECT_FALSE(live_.answer(""));
  EXPECT_FALSE(live_.answer("topflows 5"));
  EXPECT_FALSE(live_.is_watched());
}

}  // namespace
}  // namespace weir
