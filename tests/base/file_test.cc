#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace weir {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "weir-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

TEST_F(FileTest, ReplacesWhole) {
  const auto path = directory_ / "state";
  ASSERT_TRUE(replace_file(path, as_bytes("a long first content")));
  ASSERT_TRUE(replace_file(path, as_bytes("short")));
  EXPECT_EQ(read_file(path, 100).value(), "short");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "state.tmp"));
}

TEST_F(FileTest, ReplaceFailureNamesTheFileAndKeepsTheOld) {
  const auto path = directory_ / "missing" / "state";
  const auto result = replace_file(path, as_bytes("x"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("missing/state"), std::string::npos) << result.error().message;
}

TEST_F(FileTest, ReadRefusesDirectoriesAndLargeFiles) {
  EXPECT_NE(read_file(directory_, 100).error().message.find("directory"), std::string::npos);
  const auto path = directory_ / "large";
  ASSERT_TRUE(replace_file(path, as_bytes(std::string(101, 'x'))));
  EXPECT_FALSE(read_file(path, 100));
  EXPECT_TRUE(read_file(path, 101));
}

}  // namespace
}  // namespace weir
