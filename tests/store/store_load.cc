// A writer to be killed: appends numbered flows to a store until then, and tells what became of them.
//
//   store_load DIR FIRST RATE
//
// Each line of its output: how many flows were appended, how many of them were fsync'ed, and the steady clock.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "store/store_writer.h"
#include "tests/store/numbered_flows.h"

int main(int argc, char** argv) {
  using namespace weir;
  if (argc != 4) return 2;
  StoreOptions options;
  options.dir = argv[1];
  options.segment_rows = 20'000;
  options.segment_age = std::chrono::seconds(1);
  options.merged_rows = 200'000;
  options.warn = [](const std::string& message) { std::fprintf(stderr, "%s\n", message.c_str()); };
  auto writer = StoreWriter::open(options);
  if (!writer) {
    std::fprintf(stderr, "%s\n", writer.error().message.c_str());
    return 1;
  }
  const std::uint64_t first = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t rate = std::strtoull(argv[3], nullptr, 10);
  std::uint64_t appended = 0;
  for (const std::uint64_t begin = steady_time_ns();;) {
    const std::uint64_t due = (steady_time_ns() - begin) * rate / kNsPerSecond;
    if (appended < due) {
      const std::uint64_t count = std::min<std::uint64_t>(due - appended, 5000);
      for (const BatchRef& batch : test::numbered(first + appended, count)) (*writer)->append(*batch);
      appended += count;
    }
    char line[96];
    const int n = std::snprintf(line, sizeof line, "%llu %llu %llu\n", static_cast<unsigned long long>(appended),
                                static_cast<unsigned long long>((*writer)->status().flows.out),
                                static_cast<unsigned long long>(steady_time_ns()));
    if (::write(STDOUT_FILENO, line, static_cast<std::size_t>(n)) != n) return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}
