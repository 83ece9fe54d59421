#include "base/run_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class RunDirs : public testing::Test {
 protected:
  RunDirs() { fs::create_directories(root_); }
  ~RunDirs() override { fs::remove_all(root_); }

  fs::path touch(const fs::path& directory, std::string_view socket) {
    fs::create_directories(directory);
    std::ofstream(directory / socket).close();
    return directory;
  }

  const fs::path root_ = fs::temp_directory_path() / ("weir-run-dirs-" + std::to_string(::getpid()));
  const fs::path system_ = root_ / "run", user_ = root_ / "user";
};

TEST_F(RunDirs, NoneWhereNothingRuns) {
  EXPECT_THAT(run_dirs_of(kCollectorDaemon, system_, user_), IsEmpty());
  fs::create_directories(system_ / "collector");
  EXPECT_THAT(run_dirs_of(kCollectorDaemon, system_, user_), IsEmpty());
}

TEST_F(RunDirs, TheSystemsOwnThenThoseOfServicesThenTheUsers) {
  touch(user_, "exporter.sock");
  touch(system_ / "exporter-eth1", "exporter.sock");
  touch(system_ / "exporter-eth0", "exporter.sock");
  touch(system_ / "collector", "collector.sock");
  touch(system_, "exporter.sock");
  EXPECT_THAT(run_dirs_of(kExporterDaemon, system_, user_),
              ElementsAre(system_, system_ / "exporter-eth0", system_ / "exporter-eth1", user_));
  EXPECT_THAT(run_dirs_of(kCollectorDaemon, system_, user_), ElementsAre(system_ / "collector"));
}

}  // namespace
}  // namespace weir::test
