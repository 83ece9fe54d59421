// Loss of power at every moment, and kill -9: nothing durable is lost, nothing is doubled.
#include <signal.h>

#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "tests/store/store_fixture.h"

namespace weir::test {
namespace {

using testing::IsEmpty;

class StoreCrashTest : public StoreTest {};

using Numbers = std::map<std::uint64_t, unsigned>;

// None of them twice.
Numbers numbers_of(const std::filesystem::path& dir) {
  const auto snapshot = open_snapshot(dir);
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  if (!snapshot) return {};
  Numbers numbers = numbers_in(*snapshot);
  for (const auto& [number, times] : numbers) EXPECT_EQ(times, 1u) << number;
  return numbers;
}

// A writer works on files that lose power at operation `moment`. Then what the disk has is opened, looked at, and gone
// on with.
struct PowerLoss {
  StoreOptions options;
  std::mt19937_64 random;

  // Appends 3,000 flows over a midnight in uneven batches; the number that was durable when the power went.
  std::uint64_t work(std::uint64_t first) {
    auto writer = StoreWriter::open(options);
    if (!writer) return 0;
    constexpr FlowKind kMidnight{.received_ns = day_range(20000).first - 700'000, .step_ns = 1000};
    for (std::uint64_t n = 0; n < 3000;) {
      const std::uint64_t count = 1 + random() % 300;
      FlowKind kind = kMidnight;
      kind.received_ns += n * kind.step_ns;
      for (const BatchRef& batch : numbered(first + n, count, kind)) (*writer)->append(*batch);
      n += count;
      if (random() % 4 == 0) (*writer)->flush();
    }
    if (random() % 2 == 0) (void)(*writer)->compact();
    (*writer)->close();
    const StoreStatus status = (*writer)->status();
    EXPECT_TRUE(status.flows.balanced());
    return status.flows.out;
  }
};

TEST_F(StoreCrashTest, LossOfPowerLosesNothingDurable) {
  options_.segment_rows = 400;
  options_.merged_rows = 1500;
  std::mt19937_64 random(20261121);
  const bool long_run = std::getenv("WEIR_LONG") != nullptr;
  std::uint64_t lost_power = 0;
  for (int round = 0; round < (long_run ? 1500 : 40); ++round) {
    const TempDir dirs;
    Numbers before;
    std::filesystem::path dir = dirs / "0";
    // Twice in a row: the second time what the first left is recovered.
    for (std::uint64_t life = 0; life < 2; ++life) {
      const auto files = std::make_shared<CrashFiles>(dir);
      files->adopt();
      files->crash_after(1 + random() % 400);
      PowerLoss loss{options_, std::mt19937_64(random())};
      loss.options.dir = dir;
      loss.options.files = files;
      const std::uint64_t first = life * 100'000;
      const std::uint64_t durable = loss.work(first);
      lost_power += files->crashed();
      dir = dirs / std::to_string(life + 1);
      files->write_survivors(dir, random);
      if (!has_manifest(dir)) {
        EXPECT_EQ(durable, 0u);
        EXPECT_TRUE(before.empty());
        continue;
      }
      const Numbers now = numbers_of(dir);
      for (const auto& [number, times] : before) EXPECT_TRUE(now.contains(number)) << number << " has gone";
      for (std::uint64_t n = 0; n < durable; ++n) EXPECT_TRUE(now.contains(first + n)) << first + n << " was durable";
      EXPECT_TRUE(now.empty() || now.rbegin()->first < first + 4000);
      // Recovered, it is the same.
      StoreOptions sound = options_;
      sound.dir = dirs / ("sound" + std::to_string(life));
      std::filesystem::copy(dir, sound.dir, std::filesystem::copy_options::recursive);
      auto writer = StoreWriter::open(sound);
      ASSERT_TRUE(writer) << writer.error().message;
      ASSERT_TRUE((*writer)->compact());
      EXPECT_EQ(numbers_of(sound.dir), now);
      expect_sound(sound.dir, now.size());
      before = now;
      ASSERT_FALSE(HasFailure()) << "round " << round << ", life " << life;
    }
  }
  EXPECT_GT(lost_power, 20u);
}

struct Progress {
  std::uint64_t appended = 0, durable = 0, ns = 0;
};

std::vector<Progress> progress_in(const std::string& out) {
  std::vector<Progress> all;
  for (const std::string& line : lines_of(out)) {
    std::istringstream words(line);
    Progress progress;
    if (words >> progress.appended >> progress.durable >> progress.ns) all.push_back(progress);
  }
  if (!out.ends_with('\n') && !all.empty()) all.pop_back();  // torn
  return all;
}

// A real process over one store, killed under load at random moments, again and again.
class Killing {
 public:
  Killing(std::filesystem::path dir, std::uint64_t seed) : dir_(std::move(dir)), random_(seed) {}

  void kill_once(bool late) {
    Process child({WEIR_BINARY_DIR "/store_load", dir_.string(), std::to_string(next_), "150000"});
    ASSERT_TRUE(wait_until([&] { return !child.out().empty() || !child.running(); })) << child.err();
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random_() % (late ? 2000 : 600)));
    child.signal(SIGKILL);
    child.wait();
    const std::uint64_t killed_ns = steady_time_ns();
    ASSERT_EQ(child.err(), "");
    const auto progress = progress_in(child.out());
    ASSERT_FALSE(progress.empty());
    const auto report = check_store(dir_);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damage.empty());
    look(progress, killed_ns, report->rows);
  }

  const Numbers& there() const { return there_; }

 private:
  void look(const std::vector<Progress>& progress, std::uint64_t killed_ns, std::uint64_t checked_rows) {
    const auto snapshot = open_snapshot(dir_);
    ASSERT_TRUE(snapshot);
    EXPECT_THAT(snapshot->damage, IsEmpty());
    Numbers now = numbers_in(*snapshot);
    EXPECT_EQ(checked_rows, now.size());
    std::uint64_t here = 0;
    for (const auto& [number, times] : now) {
      ASSERT_EQ(times, 1u) << "flow " << number;
      here += number >= next_;
    }
    ASSERT_EQ(now.size(), there_.size() + here) << "what was there has gone";
    for (std::uint64_t n = next_; n < next_ + here; ++n) ASSERT_TRUE(now.contains(n)) << "a gap before the end";
    EXPECT_GE(here, progress.back().durable);
    for (const Progress& then : progress) {
      if (then.ns + kNsPerSecond >= killed_ns) break;
      EXPECT_GE(here, then.appended);
    }
    there_ = std::move(now);
    next_ += progress.back().appended + 100'000;
  }

  const std::filesystem::path dir_;
  std::mt19937_64 random_;
  Numbers there_;
  std::uint64_t next_ = 0;
};

TEST_F(StoreCrashTest, KillLosesAtMostTheLastSecondAndDoublesNothing) {
  const int stores = std::getenv("WEIR_LONG") != nullptr ? 15 : 1;
  for (int store = 0; store < stores; ++store) {
    options_.dir = temp_ / std::to_string(store);
    const std::uint64_t seed = std::random_device{}();
    Killing killing(options_.dir, seed);
    for (int i = 0; i < 20; ++i) {
      killing.kill_once(i % 5 == 0);
      ASSERT_FALSE(HasFailure()) << "kill " << i << ", seed " << seed;
    }
    const auto writer = open();
    ASSERT_TRUE(writer->compact());
    EXPECT_EQ(numbers_in(snapshot()), killing.there());
    expect_sound(options_.dir, killing.there().size());
    EXPECT_THAT(check_store(options_.dir)->notes, IsEmpty());
  }
}

}  // namespace
}  // namespace weir::test
