#include "store/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "store/layout.h"
#include "tests/store/crash_files.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using test::CrashFiles;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    EXPECT_TRUE(files_->make_directories(dir_ / "journal"));
    EXPECT_TRUE(files_->sync_directory(dir_.path()));
  }

  std::unique_ptr<JournalWriter> create(std::uint64_t number = 3) {
    auto journal = JournalWriter::create(*files_, dir_.path(), number);
    EXPECT_TRUE(journal) << journal.error().message;
    return *std::move(journal);
  }

  JournalContent read(std::uint64_t number = 3) {
    const auto file = JournalFile::open(dir_.path(), number);
    EXPECT_TRUE(file && *file);
    auto content = (*file)->read();
    EXPECT_TRUE(content) << content.error().message;
    return *std::move(content);
  }

  std::vector<std::string> images(std::uint64_t number = 3) {
    std::vector<std::string> images;
    for (const JournalFrame& frame : read(number).frames) images.push_back(frame.image);
    return images;
  }

  std::filesystem::path path() const { return dir_ / journal_file(3); }
  std::string bytes() const { return test::slurp(path()); }
  void set_bytes(std::string_view bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

  const TempDir dir_;
  const std::shared_ptr<CrashFiles> files_ = std::make_shared<CrashFiles>(dir_.path());
};

TEST_F(JournalTest, GivesBackItsFrames) {
  const auto journal = create();
  EXPECT_THAT(images(), IsEmpty());
  ASSERT_TRUE(journal->append("one", 1, 0));
  ASSERT_TRUE(journal->append("", 0, 0));
  ASSERT_TRUE(journal->append("three", 3, 0));
  const JournalContent content = read();
  ASSERT_EQ(content.frames.size(), 3u);
  EXPECT_THAT(images(), ElementsAre("one", "", "three"));
  EXPECT_EQ(content.frames[2].rows, 3u);
  EXPECT_EQ(content.good, content.size);
  EXPECT_EQ(content.size, journal->size());
}

TEST_F(JournalTest, ThereIsNoFile) {
  const auto file = JournalFile::open(dir_.path(), 9);
  ASSERT_TRUE(file);
  EXPECT_FALSE(*file);
}

TEST_F(JournalTest, AFrameStandsForThoseBeforeIt) {
  const auto journal = create();
  for (const char* image : {"a", "b", "c"}) ASSERT_TRUE(journal->append(image, 1, 0));
  ASSERT_TRUE(journal->append("bc", 2, 2));
  EXPECT_THAT(images(), ElementsAre("a", "bc"));
  ASSERT_TRUE(journal->append("d", 1, 0));
  ASSERT_TRUE(journal->append("abcd", 4, 3));
  EXPECT_THAT(images(), ElementsAre("abcd"));
}

TEST_F(JournalTest, TornAnywhereTheFramesBeforeStand) {
  const auto journal = create();
  for (const char* image : {"first", "second"}) ASSERT_TRUE(journal->append(image, 1, 0));
  const std::uint64_t good = journal->size();
  ASSERT_TRUE(journal->append("first and second and third", 3, 2));
  const std::string whole = bytes();
  for (std::size_t size = good; size < whole.size(); ++size) {
    set_bytes(whole.substr(0, size));
    EXPECT_THAT(images(), ElementsAre("first", "second")) << size;
    EXPECT_EQ(read().good, good);
    EXPECT_THAT(read().damage, IsEmpty());
    // Room that the file system gave and never filled.
    set_bytes(whole.substr(0, size) + std::string(whole.size() - size, '\0'));
    if (whole.substr(size) != std::string(whole.size() - size, '\0')) {
      EXPECT_THAT(images(), ElementsAre("first", "second")) << size;
    }
  }
  set_bytes(whole);
  EXPECT_THAT(images(), ElementsAre("first and second and third"));
}

TEST_F(JournalTest, ATornHeaderIsAnEmptyJournal) {
  ASSERT_TRUE(create()->append("one", 1, 0));
  const std::string whole = bytes();
  for (std::size_t size = 0; size < 24; ++size) {
    set_bytes(whole.substr(0, size));
    EXPECT_THAT(images(), IsEmpty());
    EXPECT_THAT(read().damage, IsEmpty());
  }
  set_bytes(std::string(whole.size(), '\0'));
  EXPECT_THAT(images(), IsEmpty());
  EXPECT_THAT(read().damage, ElementsAre(HasSubstr("header")));
}

TEST_F(JournalTest, ADamagedFrameCostsOnlyItself) {
  const auto journal = create();
  for (const char* image : {"a", "b"}) ASSERT_TRUE(journal->append(image, 1, 0));
  const std::size_t at = journal->size() - 1;
  for (const char* image : {"c", "d"}) ASSERT_TRUE(journal->append(image, 1, 0));
  ASSERT_TRUE(journal->append("cd", 1, 2));
  std::string content = bytes();
  content[at] ^= 1;
  set_bytes(content);
  EXPECT_THAT(images(), ElementsAre("a", "cd"));
  EXPECT_THAT(read().damage, ElementsAre(HasSubstr("checksum")));
}

TEST_F(JournalTest, NoFlippedBitIsAnsweredFrom) {
  const auto journal = create();
  for (const char* image : {"one", "two"}) ASSERT_TRUE(journal->append(image, 1, 0));
  ASSERT_TRUE(journal->append("two again", 1, 1));
  const std::string whole = bytes();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] ^= 4;
    set_bytes(bad);
    const auto file = JournalFile::open(dir_.path(), 3);
    const auto content = (*file)->read();
    if (!content) continue;  // another format, as it seems
    for (const JournalFrame& frame : content->frames)
      EXPECT_THAT(frame.image, testing::AnyOf("one", "two", "two again")) << "byte " << i;
    EXPECT_LT(content->frames.size(), 3u);
    EXPECT_TRUE(content->good < content->size || !content->damage.empty()) << "byte " << i;
  }
}

TEST_F(JournalTest, IsNotAnotherNumbersOrFormats) {
  ASSERT_TRUE(create()->append("one", 1, 0));
  std::filesystem::rename(path(), dir_ / journal_file(4));
  EXPECT_THAT(read(4).damage, ElementsAre(HasSubstr("header")));
  std::filesystem::rename(dir_ / journal_file(4), path());
  std::string newer = bytes();
  newer[8] = 2;
  set_bytes(newer);
  const auto file = JournalFile::open(dir_.path(), 3);
  EXPECT_THAT((*file)->read().error().message, HasSubstr("format 2"));
}

TEST_F(JournalTest, AFullDiskLeavesTheFramesBefore) {
  const auto journal = create();
  ASSERT_TRUE(journal->append("one", 1, 0));
  files_->set_room(30);
  const auto refused = journal->append("far more than there is room for", 1, 1);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(says_disk_full(refused.error()));
  EXPECT_TRUE(journal->usable());
  EXPECT_EQ(std::filesystem::file_size(path()), journal->size());
  files_->set_room(UINT64_MAX);
  ASSERT_TRUE(journal->append("two", 1, 0));
  EXPECT_THAT(images(), ElementsAre("one", "two"));
}

TEST_F(JournalTest, WhatWasSyncedSurvives) {
  const auto journal = create();
  ASSERT_TRUE(journal->append("one", 1, 0));
  ASSERT_TRUE(journal->sync());
  ASSERT_TRUE(journal->append("two", 1, 0));
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    const TempDir after;
    files_->write_survivors(after / "store", random);
    const auto file = JournalFile::open(after / "store", 3);
    ASSERT_TRUE(file && *file);
    const auto content = (*file)->read();
    ASSERT_FALSE(content->frames.empty());
    EXPECT_EQ(content->frames[0].image, "one");
    EXPECT_LE(content->frames.size(), 2u);
  }
}

}  // namespace
}  // namespace weir
