// A store in a directory of its own, and what tests ask of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/check.h"
#include "store/manifest.h"
#include "store/snapshot.h"
#include "store/store_writer.h"
#include "tests/store/crash_files.h"
#include "tests/store/numbered_flows.h"
#include "tests/support/process.h"

namespace weir::test {

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    options_.dir = temp_ / "store";
    options_.warn = [this](const std::string& message) {
      const std::lock_guard lock(warnings_mutex_);
      warnings_.push_back(message);
    };
  }

  std::unique_ptr<StoreWriter> open() {
    auto writer = StoreWriter::open(options_);
    EXPECT_TRUE(writer) << writer.error().message;
    return writer ? *std::move(writer) : nullptr;
  }
  // Appends flows `next_` and on.
  void append(StoreWriter& writer, std::uint64_t count, const FlowKind& kind = {}) {
    for (const BatchRef& batch : numbered(next_, count, kind)) writer.append(*batch);
    next_ += count;
  }

  Snapshot snapshot(const TimeRange& times = {}) const { return snapshot_of(options_.dir, times); }
  static Snapshot snapshot_of(const std::filesystem::path& dir, const TimeRange& times = {}) {
    auto snapshot = open_snapshot(dir, times);
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot ? *std::move(snapshot) : Snapshot{};
  }
  Manifest manifest() const {
    auto manifest = read_manifest(options_.dir);
    EXPECT_TRUE(manifest) << manifest.error().message;
    return manifest ? *std::move(manifest) : Manifest{};
  }
  std::vector<SegmentEntry> segments() const { return manifest().segments; }
  std::vector<std::uint64_t> journals() const { return list_journals(options_.dir); }

  // All flows that were appended are there, each once, and nothing is damaged.
  void expect_all() const { expect_first(options_.dir, next_); }
  static void expect_first(const std::filesystem::path& dir, std::uint64_t count) {
    const Snapshot all = snapshot_of(dir);
    EXPECT_THAT(all.damage, testing::IsEmpty());
    EXPECT_EQ(wrong_numbers(numbers_in(all), count), "");
    expect_sound(dir, count);
  }
  static void expect_sound(const std::filesystem::path& dir, std::uint64_t rows) {
    const auto report = check_store(dir);
    ASSERT_TRUE(report) << report.error().message;
    for (const Finding& finding : report->damage) ADD_FAILURE() << finding.file << ": " << finding.problem;
    EXPECT_EQ(report->rows, rows);
  }

  std::vector<std::string> warnings() const {
    const std::lock_guard lock(warnings_mutex_);
    return warnings_;
  }
  // The only file of the store with this ending.
  std::filesystem::path only_file(std::string_view suffix) const {
    std::vector<std::filesystem::path> found;
    for (const auto& file : list_files(options_.dir)) {
      if (file.native().ends_with(suffix)) found.push_back(options_.dir / file);
    }
    EXPECT_EQ(found.size(), 1u) << suffix;
    return found.empty() ? std::filesystem::path() : found.front();
  }

  const TempDir temp_;
  StoreOptions options_;
  std::uint64_t next_ = 0;

 private:
  mutable std::mutex warnings_mutex_;
  std::vector<std::string> warnings_;
};

}  // namespace weir::test
