#include "openobserve/assets.h"

namespace weir {
namespace {

constexpr Asset kAssets[] = {
#include "asset_table.inc"
};

}  // namespace

std::span<const Asset> openobserve_assets() { return kAssets; }

}  // namespace weir
