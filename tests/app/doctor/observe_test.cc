// What the kernel and programs tell, read; and what weir is meant to do here, put together.
#include "app/doctor/observe.h"

#include <fstream>

#include "app/doctor/proc_text.h"
#include "app/doctor/run_program.h"
#include "tests/app/doctor/rig.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProcText, Softnet) {
  const SoftnetCounters sum = parse_softnet(
      "00001000 00000002 00000003 00000000 00000000\n"
      "0000000a 00000001 00000000\n"
      "broken\nzz yy xx\n");
  EXPECT_EQ(sum.processed, 0x1000U + 10U);
  EXPECT_EQ(sum.dropped, 3U);
  EXPECT_EQ(sum.squeezed, 3U);
  EXPECT_EQ(parse_softnet("").processed, 0U);
}

TEST(ProcText, UdpCounters) {
  const UdpCounters counters = parse_udp_counters(
      "Tcp: InSegs RcvbufErrors\nTcp: 5 6\n"
      "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\n"
      "Udp: 100 1 12 50 7 0 5\n"
      "UdpLite: InDatagrams RcvbufErrors\nUdpLite: 8 9\n");
  EXPECT_EQ(counters.received, 100U);
  EXPECT_EQ(counters.buffer_errors, 7U);
  EXPECT_EQ(counters.checksum_errors, 5U);
  EXPECT_EQ(parse_udp_counters("Udp: 1 2 3\nUdp: RcvbufErrors\n").buffer_errors, 0U);
}

TEST(ProcText, BoundSockets) {
  const auto udp = parse_bound_sockets(
      "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer "
      "drops\n"
      " 3566: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 2453875 2 0 0\n"
      " 3567: 0100007F:0808 0100007F:1234 01 00000000:00000000 00:00000000 00000000  1000        0 2453876 2 0 0\n"
      " 3568: 0100007F0:0808 00000000:0000 07\n"
      " 3568: 0100007G:0808 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 2453876 2 0 0\n",
      false);
  ASSERT_EQ(udp.size(), 1U) << "a socket with a peer takes nothing from others";
  EXPECT_EQ(udp[0].address.to_string(), "127.0.0.1");
  EXPECT_EQ(udp[0].port, 2055);
  EXPECT_EQ(udp[0].uid, 1000U);
  EXPECT_EQ(udp[0].inode, 2453875U);
  const auto tcp = parse_bound_sockets(
      "   0: B80D0120000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 "
      "00:00000000 00000000     0        0 5 1 0\n"
      "   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 06 00000000:00000000 "
      "00:00000000 00000000     0        0 6 1 0\n",
      true);
  ASSERT_EQ(tcp.size(), 1U) << "only those that listen";
  EXPECT_EQ(tcp[0].address.to_string(), "2001:db8::1");
  EXPECT_EQ(tcp[0].port, 8080);
  EXPECT_TRUE(tcp[0].tcp);
}

TEST(ProcText, Capabilities) {
  EXPECT_EQ(parse_effective_capabilities("Name:\tx\nCapPrm:\t00000000ffffffff\nCapEff:\t0000000000002400\n"), 0x2400U);
  EXPECT_EQ(parse_effective_capabilities("CapEff:\t"), 0U);
  EXPECT_EQ(parse_effective_capabilities(""), 0U);
}

TEST(RunProgram, OutputFailureAndBounds) {
  EXPECT_EQ(run_program({"echo", "a b"}, milliseconds(20'000)).value(), "a b\n");
  EXPECT_FALSE(run_program({"false"}, milliseconds(20'000)));
  EXPECT_FALSE(run_program({"no-such-program-here"}, milliseconds(20'000)));
  EXPECT_FALSE(run_program({"sleep", "60"}, milliseconds(50)));
  EXPECT_FALSE(run_program({"sh", "-c", "exec >/dev/null 1>&-; sleep 60"}, milliseconds(50)))
      << "closed, but not ended";
  EXPECT_FALSE(run_program({"yes"}, milliseconds(20'000))) << "more than is taken";
}

TEST(Intent, WhereACollectorListens) {
  DoctorRequest request;
  Facts facts;
  EXPECT_THAT(intent_of(request, facts).listen, ElementsAre("udp://[::]:2055"));
  request.config_values.interfaces = {"eth0"};
  EXPECT_THAT(intent_of(request, facts).listen, IsEmpty()) << "an exporter's host";
  EXPECT_THAT(intent_of(request, facts).interfaces, ElementsAre("eth0"));
  request.config_values.collects = true;
  EXPECT_THAT(intent_of(request, facts).listen, ElementsAre("udp://[::]:2055"));
  request.config_values.listen = {"udp://[::]:9995"};
  EXPECT_THAT(intent_of(request, facts).listen, ElementsAre("udp://[::]:9995"));
  facts.collector = json(R"({"sockets":[{"local":"[::]:7"},{"local":"[::]:7"}],"tcp":{"listeners":["tcp://[::]:8"]}})");
  EXPECT_THAT(intent_of(request, facts).listen, ElementsAre("udp://[::]:7", "tcp://[::]:8"));
  request.listen = {"udp://[::]:1"};
  EXPECT_THAT(intent_of(request, facts).listen, ElementsAre("udp://[::]:1"));
}

TEST(Intent, OfTheRunningDaemonsAndTheConfig) {
  DoctorRequest request;
  request.state_dir = "/var/lib/weir";
  request.interfaces = {"eth0"};
  request.config_values.outputs = {"store:/a"};
  request.config_values.receive_buffer = "4MiB";
  Facts facts;
  facts.collector = json(R"({"sinks":[{"sink":"store:/a"},{"sink":"file:/b"}]})");
  facts.exporter = json(R"({"interfaces":[{"name":"eth0"},{"name":"eth1"}]})");
  const Intent intent = intent_of(request, facts);
  EXPECT_THAT(intent.outputs, ElementsAre("store:/a", "file:/b"));
  EXPECT_THAT(intent.interfaces, ElementsAre("eth0", "eth1"));
  EXPECT_EQ(intent.receive_buffer, 4U << 20);
  EXPECT_EQ(intent.state_dir, "/var/lib/weir");
  request.config_values.state_dir = "none";
  EXPECT_TRUE(intent_of(request, facts).state_dir.empty());
}

TEST(ObserveDisks, StoresFilesAndWhatIsNotThereYet) {
  const TempDir dir;
  const std::string base = dir.path().string();
  std::ofstream(dir / "plain").close();
  Facts facts;
  facts.intent.outputs = {"file:" + base + "/new/flows.json", "store:" + base + "/later", "file:relative.json",
                          "stdout"};
  observe_disks({dir / "given", dir / "plain"}, facts);
  ASSERT_EQ(facts.stores.size(), 2U) << "one that a collector will make is not looked for";
  EXPECT_THAT(facts.stores[0].error, testing::HasSubstr("no directory"));
  EXPECT_NE(facts.stores[1].error, "");
  ASSERT_EQ(facts.disks.size(), 4U);
  for (const DiskFacts& disk : facts.disks) EXPECT_GT(disk.size_bytes, 0U) << disk.path;
  EXPECT_THAT(facts.disks[1].trouble, testing::HasSubstr("not a directory"));
}

}  // namespace
}  // namespace weir::test
