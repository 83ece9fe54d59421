#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "collector/selector.h"
#include "collector/state_dir.h"
#include "tests/collector/fixture.h"

namespace weir {
namespace {

class StateTest : public CollectorFixture {
 protected:
  StateTest() { options_.state_dir = fresh_directory(); }
  ~StateTest() override { std::filesystem::remove_all(options_.state_dir); }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options_.state_dir)) {
      names.insert(entry.path().filename().string());
    }
    names.erase("lock");
    return names;
  }

  // Several exporters of one domain, by workers of their own.
  static std::string source(int i) { return "127.0.0." + std::to_string(i + 1); }
  static constexpr int kSources = 8;

  void send_templates(const Collector& collector) const {
    for (int i = 0; i < kSources; ++i) Exporter(source(i), collector.bound()[0]).send(as_bytes(ipfix_template()));
    wait_for(collector, [](const CollectorStatus& s) { return s.totals().templates == kSources; });
  }

  // Whether a decoder with that state awaits this sequence number from the exporter: it finds five lost when the number
  // is five higher.
  static bool awaits(const std::filesystem::path& file, const Session& session, std::uint32_t sequence) {
    Decoder decoder;
    BatchWriter flows(BatchPool::create(), [](const BatchRef&) {});
    if (!decoder.load(as_bytes(read_file(file, 1 << 20).value()))) return false;
    decoder.decode(session, as_bytes(ipfix_data(sequence + 5, 1)), wall_time_ns(), flows);
    decoder.finish(wall_time_ns(), flows);
    return decoder.totals().sequence.lost == 5;
  }
};

TEST_F(StateTest, TemplatesAndSequenceNumbersSurviveAKill) {
  constexpr std::uint32_t kRecords = 20;
  Session session;
  SocketAddress exporter_address;
  {
    auto collector = start();
    const SocketAddress to = collector->bound()[0];
    const Exporter exporter("127.0.0.1", to);
    exporter_address = SocketAddress::of(exporter.fd());
    session = {exporter_address.address(), to.address(), exporter_address.port(), to.port(), Transport::kUdp};
    exporter.send(as_bytes(ipfix_template()));
    for (std::uint32_t i = 0; i < kRecords; ++i) exporter.send(as_bytes(ipfix_data(i, 1)));
    const auto file = options_.state_dir / ("decoder-" + std::to_string(worker_for(session.remote, 2)) + "-of-2.state");
    while (!awaits(file, session, kRecords)) std::this_thread::yield();
    collector.reset();  // no stop(): as a crash
  }
  options_.listen = {parse_listen_spec("udp://127.0.0.1:" + std::to_string(session.local_port)).value()};
  const auto collector = start();
  const UniqueFd again(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(again.get(), exporter_address.get(), exporter_address.length), 0);
  const std::string data = ipfix_data(kRecords + 7, 4711);
  const SocketAddress to = collector->bound()[0];
  ASSERT_GT(::sendto(again.get(), data.data(), data.size(), 0, to.get(), to.length), 0);
  seen_->wait_for_flows(1);
  EXPECT_EQ(seen_->bytes, 4711U) << "data without their template";
  collector->stop(in_seconds(60));
  EXPECT_EQ(collector->status().totals().sequence.lost, 7U) << "what was sent while no collector ran";
}

TEST_F(StateTest, AnyNumberOfWorkersFindsItsExporters) {
  options_.workers = 3;
  {
    const auto collector = start();
    send_templates(*collector);
    collector->stop(in_seconds(60));
  }
  EXPECT_EQ(files(), (std::set<std::string>{"decoder-0-of-3.state", "decoder-1-of-3.state", "decoder-2-of-3.state"}));
  for (const unsigned workers : {1U, 4U, 2U}) {
    options_.workers = workers;
    const auto collector = start();
    EXPECT_EQ(collector->templates().size(), kSources) << workers << " workers";
    EXPECT_EQ(files().size(), workers);
    // Each is at the worker that will receive from it.
    const CollectorStatus status = collector->status();
    for (unsigned i = 0; i < workers; ++i) {
      std::size_t expected = 0;
      for (int s = 0; s < kSources; ++s) expected += worker_for(*IpAddress::parse(source(s)), workers) == i;
      EXPECT_EQ(status.lanes[i].totals.templates, expected);
    }
  }
}

TEST_F(StateTest, DamagedFilesAreMovedAside) {
  std::ofstream(options_.state_dir / "decoder-0-of-2.state") << "nonsense";
  const auto collector = start();
  EXPECT_TRUE(files().contains("decoder-0-of-2.state.damaged"));
  EXPECT_TRUE(files().contains("decoder-0-of-2.state"));
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  seen_->wait_for_flows(1);
}

TEST_F(StateTest, ASecondCollectorIsRefused) {
  const auto first = start();
  const auto second = try_start();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("in use by another collector"));
  EXPECT_THAT(second.error().message, testing::HasSubstr(options_.state_dir.string()));
}

TEST_F(StateTest, ADirectoryThatCannotBeIsAnError) {
  std::ofstream(options_.state_dir / "file") << "x";
  options_.state_dir /= "file/state";
  const auto started = try_start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr("--state-dir"));
  options_.state_dir = options_.state_dir.parent_path().parent_path();
}

}  // namespace
}  // namespace weir
