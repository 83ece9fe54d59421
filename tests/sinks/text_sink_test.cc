#include "sinks/text_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/unique_fd.h"
#include "sinks/rotation.h"
#include "tests/sinks/json_check.h"
#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::uint64_t kFlowsEach = 50;

// `packets` of each record, in order.
std::vector<std::uint64_t> packets_of(std::string_view text) {
  std::vector<std::uint64_t> packets;
  for (const std::string& line : lines_of(text))
    packets.push_back(std::stoull(value_of(parse_object(line), "packets")));
  return packets;
}

bool counts_up(const std::vector<std::uint64_t>& numbers, std::uint64_t first = 0) {
  for (const std::uint64_t n : numbers) {
    if (n != first++) return false;
  }
  return true;
}

std::uint64_t submit_all(Sink& sink, const std::vector<BatchRef>& batches) {
  std::uint64_t flows = 0;
  for (const BatchRef& batch : batches) {
    flows += batch->flows().size();
    sink.submit(batch);
  }
  return flows;
}

TEST(FileSinkTest, WritesEveryFlowInOrder) {
  const TemporaryDirectory directory;
  const auto sink = open_or_fail("file:" + (directory / "flows.json").string() + "?fields=compact");
  const std::uint64_t flows = submit_all(*sink, numbered(400, kFlowsEach));
  close_patiently(*sink);
  const std::string text = content_of(directory / "flows.json");
  const auto packets = packets_of(text);
  EXPECT_EQ(packets.size(), flows);
  EXPECT_TRUE(counts_up(packets));
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.in, flows);
  EXPECT_EQ(status.flows.out, flows);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_EQ(status.bytes_out, text.size());
  EXPECT_EQ(status.last_error, "");
}

TEST(FileSinkTest, AccountBalancesAtEveryMoment) {
  const TemporaryDirectory directory;
  const auto sink = open_or_fail("file:" + (directory / "f").string(), context(WhenFull::kDrop, 4));
  std::atomic<bool> stop = false;
  std::jthread watcher([&] {
    while (!stop) {
      EXPECT_TRUE(sink->status().flows.balanced());
    }
  });
  const auto batches = numbered(200, kFlowsEach);
  std::vector<std::jthread> submitters;
  for (int i = 0; i < 3; ++i) submitters.emplace_back([&] { submit_all(*sink, batches); });
  submitters.clear();
  close_patiently(*sink);
  stop = true;
  watcher.join();
  const auto flows = sink->status().flows;
  EXPECT_EQ(flows.in, 3 * 200 * kFlowsEach);
  EXPECT_EQ(flows.held, 0U);
  EXPECT_EQ(flows.out, packets_of(content_of(directory / "f")).size());
}

TEST(FileSinkTest, AppendsAndEndsATornLine) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "f") << "{\"torn\":";
  const auto sink = open_or_fail("file:" + (directory / "f").string());
  submit_all(*sink, numbered(1, 1));
  close_patiently(*sink);
  const auto lines = lines_of(content_of(directory / "f"));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0], "{\"torn\":");
  parse_object(lines[1]);
}

TEST(FileSinkTest, CsvFilesStartWithOneHeading) {
  const TemporaryDirectory directory;
  const std::string spec = "file:" + (directory / "f.csv").string() + "?format=csv";
  for (int i = 0; i < 2; ++i) {
    const auto sink = open_or_fail(spec);
    submit_all(*sink, numbered(2, 3));
    close_patiently(*sink);
  }
  const auto lines = lines_of(content_of(directory / "f.csv"));
  ASSERT_THAT(lines, SizeIs(1 + 12));
  EXPECT_EQ(lines[0] + "\n", RecordWriter(RecordFormat::kCsv, FieldSelection::kFull).header());
  EXPECT_EQ(std::ranges::count(lines, lines[0]), 1);
}

TEST(FileSinkTest, ErrorsSayWhatToDo) {
  const TemporaryDirectory directory;
  const std::string path = directory.path().string();
  EXPECT_THAT(open_error("file:" + path), HasSubstr(path + " is a directory; name a file in it"));
  EXPECT_THAT(open_error("file:" + path + "/no/f"), HasSubstr("there is no directory " + path + "/no; make it first"));
  EXPECT_THAT(open_error("file:"), HasSubstr("write file:PATH"));
  EXPECT_THAT(open_error("file:f?formt=csv"), HasSubstr("did you mean 'format'?"));
  EXPECT_THAT(open_error("file:f?keep=0"), HasSubstr("keep=0"));
  EXPECT_THAT(open_error("stdout?fields=some"), HasSubstr("one of full, compact, all"));
  EXPECT_FALSE(std::filesystem::exists("f")) << "nothing is half started";
  if (::geteuid() != 0) {
    EXPECT_THAT(open_error("file:/proc/version"), HasSubstr("ermission"));
  }
}

std::vector<std::filesystem::path> files_in(const TemporaryDirectory& directory) {
  std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(directory.path()), {});
  std::ranges::sort(files);
  return files;
}

TEST(RotationTest, BySizeLosesNothing) {
  const TemporaryDirectory directory;
  const auto path = directory / "f.json";
  const auto sink = open_or_fail("file:" + path.string() + "?fields=compact&rotate-size=20kB");
  const std::uint64_t flows = submit_all(*sink, numbered(40, kFlowsEach));
  close_patiently(*sink);
  const auto files = files_in(directory);
  EXPECT_GT(files.size(), 5U);
  std::vector<std::uint64_t> packets;
  for (const auto& file : files) {
    EXPECT_LE(std::filesystem::file_size(file), 20'000U);
    const auto some = packets_of(content_of(file));
    EXPECT_TRUE(counts_up(some, some.front())) << "records of one file stand in order";
    packets.insert(packets.end(), some.begin(), some.end());
  }
  std::ranges::sort(packets);
  EXPECT_EQ(packets.size(), flows);
  EXPECT_TRUE(counts_up(packets)) << "each record is in one file, whole";
}

TEST(RotationTest, KeepsTheNewest) {
  const TemporaryDirectory directory;
  const auto path = directory / "f.csv";
  std::ofstream(directory / "f.csv.other") << "not ours";
  const auto sink = open_or_fail("file:" + path.string() + "?format=csv&rotate-size=10kB&keep=2");
  submit_all(*sink, numbered(20, kFlowsEach));
  close_patiently(*sink);
  const auto files = files_in(directory);
  EXPECT_EQ(files.size(), 1U + 2U + 1U);
  for (const auto& file : files) {
    if (file.filename() != "f.csv.other") {
      EXPECT_THAT(content_of(file), testing::StartsWith("type,")) << file;
    }
  }
}

TEST(RotationTest, ByAgeEvenWhenIdle) {
  const TemporaryDirectory directory;
  const auto sink = open_or_fail("file:" + (directory / "f").string() + "?rotate-interval=20ms");
  submit_all(*sink, numbered(1, 1));
  wait_for([&] { return files_in(directory).size() >= 2 && std::filesystem::file_size(directory / "f") == 0; });
  close_patiently(*sink);
  EXPECT_THAT(files_in(directory), SizeIs(2)) << "an empty file is not rotated";
}

TEST(RotationTest, NamesNeverOverwrite) {
  const TemporaryDirectory directory;
  const auto path = directory / "f";
  for (int i = 0; i < 12; ++i) {
    std::ofstream(path) << i;
    ASSERT_TRUE(rotate_file(path, 1'700'000'000).has_value());
  }
  EXPECT_EQ(content_of(directory / "f.20231114-221320"), "0");
  EXPECT_EQ(content_of(directory / "f.20231114-221320.11"), "11");
  ASSERT_TRUE(remove_old_rotations(path, 3).has_value());
  EXPECT_THAT(files_in(directory),
              testing::ElementsAre(directory / "f.20231114-221320.10", directory / "f.20231114-221320.11",
                                   directory / "f.20231114-221320.9"));
}

TEST(FileSinkTest, ReopensAfterLogrotate) {
  const TemporaryDirectory directory;
  const auto path = directory / "f";
  const auto sink = open_or_fail("file:" + path.string());
  submit_all(*sink, numbered(1, 10));
  wait_for([&] { return sink->status().flows.out == 10; });
  std::filesystem::rename(path, directory / "f.1");
  submit_all(*sink, numbered(1, 5, 10));
  wait_for([&] { return sink->status().flows.out == 15; });
  sink->reopen();
  wait_for([&] { return std::filesystem::exists(path); });
  submit_all(*sink, numbered(1, 7, 15));
  close_patiently(*sink);
  EXPECT_TRUE(counts_up(packets_of(content_of(directory / "f.1"))));
  EXPECT_THAT(packets_of(content_of(directory / "f.1")), SizeIs(15));
  EXPECT_THAT(packets_of(content_of(path)), SizeIs(7));
}

TEST(FileSinkTest, FailedReopenKeepsTheOldFile) {
  const TemporaryDirectory directory;
  const auto path = directory / "d";
  std::filesystem::create_directory(path);
  const auto sink = open_or_fail("file:" + (path / "f").string());
  std::filesystem::rename(path, directory / "moved");
  sink->reopen();
  wait_for([&] { return !sink->status().last_error.empty(); });
  EXPECT_THAT(sink->status().last_error, HasSubstr("there is no directory"));
  submit_all(*sink, numbered(1, 4));
  close_patiently(*sink);
  EXPECT_THAT(packets_of(content_of(directory / "moved/f")), SizeIs(4));
}

// A FIFO that nobody reads at first.
class SlowOutputTest : public testing::Test {
 protected:
  SlowOutputTest() {
    EXPECT_EQ(::mkfifo(path().c_str(), 0600), 0);
    reader_.reset(::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  std::filesystem::path path() const { return directory_ / "fifo"; }
  std::string spec() const { return "file:" + path().string(); }

  // Bytes in the pipe.
  int waiting() const {
    int bytes = 0;
    EXPECT_EQ(::ioctl(reader_.get(), FIONREAD, &bytes), 0);
    return bytes;
  }

  // Reads what is there now.
  std::string drain() {
    std::string text;
    char buffer[65536];
    ssize_t n;
    while ((n = ::read(reader_.get(), buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

  TemporaryDirectory directory_;
  UniqueFd reader_;
};

TEST_F(SlowOutputTest, OverflowIsCountedToTheFlow) {
  const auto sink = open_or_fail(spec(), context(WhenFull::kDrop, 10));
  // 1,000 full records are far more than a pipe holds, so the writer sticks in the first batch.
  sink->submit(numbered(1, 1000)[0]);
  wait_for([&] { return waiting() > 0; });
  submit_all(*sink, numbered(10, 7, 1000));
  EXPECT_EQ(sink->status().flows.dropped_total(), 0U);
  submit_all(*sink, numbered(5, 3, 5000));
  SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.in, 1000U + 70 + 15);
  EXPECT_EQ(status.flows.held, 1000U + 70);
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kQueueFull), 15U);
  EXPECT_TRUE(status.flows.balanced());

  wait_for([&] {
    drain();
    return sink->status().flows.held == 0;
  });
  close_patiently(*sink);
  status = sink->status();
  EXPECT_EQ(status.flows.out, 1070U);
  EXPECT_EQ(status.flows.dropped_total(), 15U);
}

TEST_F(SlowOutputTest, WaitingSubmitterLosesNothing) {
  const auto sink = open_or_fail(spec(), context(WhenFull::kWait, 2));
  std::jthread submitter([&] { submit_all(*sink, numbered(50, 100)); });
  std::string text;
  wait_for([&] {
    text += drain();
    return std::ranges::count(text, '\n') == 5000;
  });
  submitter.join();
  close_patiently(*sink);
  EXPECT_TRUE(counts_up(packets_of(text)));
  EXPECT_EQ(sink->status().flows.out, 5000U);
}

TEST_F(SlowOutputTest, CloseGivesUpAtTheDeadline) {
  const auto sink = open_or_fail(spec(), context(WhenFull::kDrop, 10));
  submit_all(*sink, numbered(5, 1000));
  close_within(*sink, std::chrono::milliseconds(20));
  const auto flows = sink->status().flows;
  EXPECT_EQ(flows.held, 0U);
  EXPECT_EQ(flows.dropped_for(SinkDrop::kClosing), 5000U);
  sink->submit(numbered(1, 3)[0]);
  EXPECT_EQ(sink->status().flows.dropped_for(SinkDrop::kClosing), 5003U);
  EXPECT_TRUE(sink->status().flows.balanced());
}

TEST(DiskFullTest, DevFullIsAWriteErrorAndNoMore) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto sink = open_or_fail("file:/dev/full");
  submit_all(*sink, numbered(3, 10));
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kWriteError), 30U);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_THAT(status.last_error, AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
}

// A file system of its own that is soon full.
class TinyDisk {
 public:
  TinyDisk() : mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}
  ~TinyDisk() {
    if (mounted_) ::umount(directory_.path().c_str());
  }
  bool mounted() const { return mounted_; }
  std::filesystem::path operator/(std::string_view name) const { return directory_ / name; }

 private:
  TemporaryDirectory directory_;
  bool mounted_;
};

TEST(DiskFullTest, NoRecordIsTornAndWritingGoesOnWithRoom) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs here";
  std::ofstream(disk / "ballast") << std::string(30'000, 'x');
  const auto sink = open_or_fail("file:" + (disk / "f").string());
  const auto batches = numbered(10, 10);
  submit_all(*sink, batches);
  wait_for([&] { return sink->status().flows.held == 0; });
  SinkStatus status = sink->status();
  EXPECT_GT(status.flows.out, 0U);
  EXPECT_GT(status.flows.dropped_for(SinkDrop::kWriteError), 0U);
  EXPECT_THAT(status.last_error, HasSubstr("No space left"));
  EXPECT_EQ(packets_of(content_of(disk / "f")).size(), status.flows.out);

  std::filesystem::remove(disk / "ballast");
  const std::uint64_t out_before = status.flows.out;
  sink->submit(batches[0]);
  close_patiently(*sink);
  status = sink->status();
  EXPECT_EQ(status.flows.out, out_before + 10);
  EXPECT_EQ(status.last_error, "");
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_EQ(packets_of(content_of(disk / "f")).size(), status.flows.out);
}

// Puts another file in the place of standard output while it lives.
class StandardOutput {
 public:
  explicit StandardOutput(int fd) : old_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    ::dup2(fd, STDOUT_FILENO);
  }
  ~StandardOutput() { ::dup2(old_.get(), STDOUT_FILENO); }

 private:
  UniqueFd old_;
};

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

TEST(StdoutSinkTest, WritesToAPipeInOrder) {
  Pipe pipe;
  std::string text;
  std::jthread reader([&] {
    char buffer[4096];
    ssize_t n;
    while ((n = ::read(pipe.read.get(), buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(n));
  });
  std::unique_ptr<Sink> sink;
  {
    const StandardOutput replaced(pipe.write.get());
    sink = open_or_fail("stdout?format=csv");
    EXPECT_EQ(::fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0) << "what others share stays blocking";
  }
  pipe.write.reset();
  submit_all(*sink, numbered(20, 100));
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.out, 2000U);
  sink.reset();
  reader.join();
  EXPECT_THAT(lines_of(text), SizeIs(2001));
}

TEST(StdoutSinkTest, StopsWhenNobodyReadsAnyMore) {
  Pipe pipe;
  std::unique_ptr<Sink> sink;
  {
    const StandardOutput replaced(pipe.write.get());
    sink = open_or_fail("stdout");
  }
  pipe.read.reset();
  submit_all(*sink, numbered(3, 10));
  wait_for([&] { return sink->status().flows.held == 0; });
  submit_all(*sink, numbered(3, 10));
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kWriteError), 60U);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_THAT(status.last_error, HasSubstr("nobody reads standard output"));
  close_patiently(*sink);
}

TEST(StdoutSinkTest, RedirectedToAFileThatOthersHaveWrittenTo) {
  const TemporaryDirectory directory;
  UniqueFd file(::open((directory / "f").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(file.get(), "first\n", 6), 6);
  std::unique_ptr<Sink> sink;
  {
    const StandardOutput replaced(file.get());
    sink = open_or_fail("stdout");
  }
  submit_all(*sink, numbered(2, 10));
  close_patiently(*sink);
  const auto lines = lines_of(content_of(directory / "f"));
  ASSERT_THAT(lines, SizeIs(21));
  EXPECT_EQ(lines[0], "first");
}

}  // namespace
}  // namespace weir
