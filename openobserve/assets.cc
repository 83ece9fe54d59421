#include "openobserve/assets.h"

#include <algorithm>
#include <vector>

#include "base/embedded.h"

namespace weir {
namespace {

#include "openobserve_assets.inc"

AssetKind kind_of(std::string_view path) {
  if (path.starts_with("dashboards/")) return AssetKind::kDashboard;
  if (path.starts_with("alerts/")) return AssetKind::kAlert;
  return path == "template.json" ? AssetKind::kTemplate : AssetKind::kDestination;
}

// "alerts/loss.json" is "loss".
std::string_view stem(std::string_view path) {
  path.remove_prefix(path.find('/') + 1);
  return path.substr(0, path.find('.'));
}

std::vector<Asset> all_assets() {
  std::vector<Asset> assets;
  for (const EmbeddedFile& file : kEmbedded) assets.push_back({kind_of(file.name), stem(file.name), file.content});
  // The order of kinds is the one in which they need each other.
  std::ranges::stable_sort(assets, {}, &Asset::kind);
  return assets;
}

}  // namespace

std::span<const Asset> openobserve_assets() {
  static const std::vector<Asset> assets = all_assets();
  return assets;
}

}  // namespace weir
