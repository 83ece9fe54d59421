// The files of deploy/openobserve, which the binary carries: OpenObserve's dashboards, alert template, destination and
// alerts for weir's records. They are good for the stream kAssetStream as they stand.
//
// Thread rules: constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

enum class AssetKind : std::uint8_t { kDashboard, kTemplate, kDestination, kAlert };

struct Asset {
  AssetKind kind;
  std::string_view file;  // without its extension
  std::string_view text;
};

// The name of the stream wherever it stands in an asset.
inline constexpr std::string_view kAssetStream = "netflow1";
// In the destination, where its URL goes.
inline constexpr std::string_view kAssetNotifyUrl = "{notify_url}";

// In the order in which OpenObserve must get them: a destination names its template, an alert its destination.
std::span<const Asset> openobserve_assets();

}  // namespace weir
