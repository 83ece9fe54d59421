// What a collector tells of the flows that it receives, as they come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/collector/fixture.h"
#include "tests/support/json.h"

namespace weir {
namespace {

using testing::HasSubstr;

class CollectorLiveTest : public CollectorFixture {
 protected:
  static test::Record ask(const Collector& collector, const std::string& command) {
    const auto answer = collector.answer(command);
    return answer ? test::parse_record(*answer) : throw std::runtime_error(answer.error().message);
  }
  // Of the list of numbers that stands behind `head`.
  static std::uint64_t sum_of(const std::string& text, const std::string& head) {
    std::uint64_t sum = 0;
    const char* at = text.c_str() + text.find(head) + head.size();
    for (char* end = nullptr; *at != ']'; at = *end == ',' ? end + 1 : end) sum += std::strtoull(at, &end, 10);
    return sum;
  }
};

TEST_F(CollectorLiveTest, CountsBothListenersFlowsInTheirSecond) {
  options_.listen.push_back(parse_listen_spec("tcp://127.0.0.1:0").value());
  const auto collector = start();
  ask(*collector, "top flows 5");
  ask(*collector, "top hosts 5");
  const std::uint64_t before = wall_time_ns() / kNsPerSecond;
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(2, 0)));
  const Exporter stream("127.0.0.1", collector->bound()[1], SOCK_STREAM);
  stream.send(as_bytes(ipfix_template() + ipfix_data(0, 5000)));
  seen_->wait_for_flows(3);
  const std::uint64_t after = wall_time_ns() / kNsPerSecond;

  // Bytes since the first look are there at once.
  EXPECT_THAT(ask(*collector, "top flows 5").at("rows"),
              testing::AllOf(HasSubstr(R"("src_addr":"10.0.0.1","dst_addr":"10.0.0.2","src_port":1234,"dst_port":443,)"
                                       R"("proto":"TCP")"),
                             HasSubstr(R"("bytes":5000)"), HasSubstr(R"("bytes":101)")));
  EXPECT_THAT(ask(*collector, "top hosts 1").at("rows"), HasSubstr(R"({"addr":"10.0.0.1",)"));
  EXPECT_THAT(ask(*collector, "top hosts 1").at("rows"), HasSubstr(R"("bytes":5201)"));

  const std::string since = "live " + std::to_string(before - 1);
  while (std::stoull(ask(*collector, since).at("now")) < after)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const std::string protocols = ask(*collector, since).at("protocols");
  EXPECT_EQ(sum_of(protocols, R"("TCP","bits":[)"), 8 * 201U);
  EXPECT_EQ(sum_of(protocols, R"("other","bits":[)"), 8 * 5000U);
  EXPECT_EQ(ask(*collector, since).at("first"), std::to_string(before));
}

TEST_F(CollectorLiveTest, RefusesWrongArguments) {
  const auto collector = start();
  for (const char* wrong : {"live", "live x", "top", "top flows", "top flows 0", "top flows 501", "top ases 5"}) {
    EXPECT_FALSE(collector->answer(wrong)) << wrong;
  }
  EXPECT_THAT(collector->answer("nothing").error().message, HasSubstr("live SINCE, top flows|hosts|ports LIMIT"));
}

}  // namespace
}  // namespace weir
