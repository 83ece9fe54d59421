#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

constexpr std::size_t kWanted = 32 << 20;

Facts collector_socket(const std::string& members) {
  Facts facts = with_collector(R"({"sockets":[{"datagrams":1000,"buffer_bytes":33554432},{)" + members + "}]}");
  facts.intent.receive_buffer = kWanted;
  facts.rmem_max = 212992;
  return facts;
}

TEST(DoctorSocketBuffer, BeforeTheStart) {
  Facts facts;
  facts.intent.listen = {"udp://[::]:2055"};
  facts.intent.receive_buffer = kWanted;
  facts.rmem_max = kWanted - 1;
  EXPECT_THAT(finding(check_socket_buffer, facts), Says(kWarning, "net.core.rmem_max=33554432"));
  facts.rmem_max = kWanted;
  EXPECT_THAT(finding(check_socket_buffer, facts), Says(kOk, "32.0 MiB"));
  facts.intent.listen.clear();
  EXPECT_THAT(finding(check_socket_buffer, facts), Says(kSkipped, "no collector"));
  facts.rmem_max = fail("not to be seen");
  EXPECT_THAT(finding(check_socket_buffer, facts), Says(kSkipped, "not to be seen"));
}

TEST(DoctorSocketBuffer, OfARunningCollector) {
  EXPECT_THAT(finding(check_socket_buffer, collector_socket(R"("buffer_bytes":212992)")),
              Says(kWarning, "208.0 KiB of 32.0 MiB"));
  EXPECT_THAT(finding(check_socket_buffer, collector_socket(R"("buffer_bytes":33554432)")), Says(kOk, "32.0 MiB"));
  EXPECT_THAT(finding(check_socket_buffer, collector_socket(R"("buffer_bytes":4194304)")), Says(kOk, "4.0 MiB"))
      << "not the kernel's limit, so what the user asked for";
  EXPECT_THAT(finding(check_socket_buffer, with_collector(R"({"sockets":[]})")), Says(kSkipped, "no UDP socket"));
}

TEST(DoctorKernelDrops, AreAProblemFromOneInAHundredOn) {
  const auto drops = [](const std::string& members) {
    return finding(check_kernel_drops, collector_socket(R"("buffer_bytes":1000,)" + members));
  };
  EXPECT_THAT(drops(R"("datagrams":8990,"kernel_drops":0)"), Says(kOk, "none"));
  EXPECT_THAT(drops(R"("datagrams":8990,"kernel_drops":10)"),
              Says(kWarning, "10 datagrams of the collector's (0.1 %)"));
  EXPECT_THAT(drops(R"("datagrams":8900,"kernel_drops":100)"), Says(kProblem, "(1.0 %)"));
  EXPECT_THAT(drops(R"("datagrams":8990,"kernel_drops":10)"), Says(kWarning, "--receive-buffer"));
  EXPECT_THAT(drops(R"("queued_bytes":1001)"), Says(kWarning, "more than half full"));
  EXPECT_THAT(drops(R"("queued_bytes":1000)"), Says(kOk, "none"));
  EXPECT_THAT(finding(check_kernel_drops, Facts{}), Says(kSkipped, "no collector"));
}

TEST(DoctorUdpErrors, OfTheWholeHost) {
  Facts facts;
  facts.udp = UdpCounters{100, 0, 0};
  EXPECT_THAT(finding(check_udp_errors, facts), Says(kOk, "no socket buffer"));
  facts.udp = UdpCounters{100, 7, 0};
  EXPECT_THAT(finding(check_udp_errors, facts), Says(kNote, "7 datagrams"));
  facts.udp = UdpCounters{100, 0, 1};
  EXPECT_THAT(all_findings(check_udp_errors, facts),
              testing::Contains(Says(kNote, "1 datagram with a wrong checksum")));
  facts.udp = fail("no /proc");
  EXPECT_THAT(finding(check_udp_errors, facts), Says(kSkipped, "no /proc"));
}

TEST(DoctorSoftnet, BacklogAndBudget) {
  Facts facts;
  facts.softnet = SoftnetCounters{100'000, 0, 100};
  EXPECT_THAT(finding(check_softnet, facts), Says(kOk, "nothing"));
  facts.softnet = SoftnetCounters{100'000, 3, 0};
  EXPECT_THAT(finding(check_softnet, facts),
              Says(kWarning, "net.core.netdev_max_backlog=30000' >>/etc/sysctl.d/61-weir.conf"));
  facts.softnet = SoftnetCounters{100'000, 0, 101};
  EXPECT_THAT(finding(check_softnet, facts), Says(kNote, "101 times"));
  facts.softnet = fail("no /proc");
  EXPECT_THAT(finding(check_softnet, facts), Says(kSkipped, "no /proc"));
}

}  // namespace
}  // namespace weir::test
