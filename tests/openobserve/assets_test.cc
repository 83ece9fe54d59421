#include "openobserve/assets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir {
namespace {

const std::filesystem::path kDeploy = WEIR_SOURCE_DIR "/deploy";

std::filesystem::path path_of(const Asset& asset) {
  const std::string file = std::string(asset.file) + ".json";
  const std::filesystem::path root = kDeploy / "openobserve";
  if (asset.kind == AssetKind::kDashboard) return root / "dashboards" / file;
  return asset.kind == AssetKind::kAlert ? root / "alerts" / file : root / file;
}

TEST(AssetsTest, AreTheFilesOfDeploy) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kDeploy / "openobserve")) {
    files += entry.path().extension() == ".json";
  }
  EXPECT_EQ(openobserve_assets().size(), files);
  for (const Asset& asset : openobserve_assets()) EXPECT_EQ(asset.text, test::slurp(path_of(asset))) << asset.file;
}

TEST(AssetsTest, StandInTheOrderInWhichTheyAreNeeded) {
  EXPECT_TRUE(std::ranges::is_sorted(openobserve_assets(), {}, &Asset::kind));
}

TEST(AssetsTest, AreJsonWithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Asset& asset : openobserve_assets()) {
    const test::Record record = test::parse_record(std::string(asset.text));
    const std::string name = record.at(asset.kind == AssetKind::kDashboard ? "title" : "name");
    EXPECT_TRUE(names.insert(std::to_string(static_cast<int>(asset.kind)) + name).second) << name;
    // Two streams of one server must not get in each other's way.
    const bool of_stream = asset.kind == AssetKind::kDashboard || asset.kind == AssetKind::kAlert;
    EXPECT_EQ(name.find(kAssetStream) != std::string::npos, of_stream) << name;
  }
}

TEST(AssetsTest, GrafanaDashboardIsJson) {
  EXPECT_EQ(test::parse_record(test::slurp(kDeploy / "grafana" / "weir.json")).at("title"), "weir");
}

}  // namespace
}  // namespace weir
