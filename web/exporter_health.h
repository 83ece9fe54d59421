// How well an exporter's flows arrive.
//
// Thread rules: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/status.h"

namespace weir {

enum class Health : std::uint8_t { kOk, kLoss, kWaiting, kMalformed, kSilent };  // from the best to the worst

std::string_view health_name(Health health);

struct ExporterHealth {
  Health health = Health::kOk;       // the worst of what is wrong
  std::vector<std::string> reasons;  // all of it, in words; none when kOk
};

// Loss and what cannot be decoded count from one in a thousand on: an exporter does not stay ill for one bad datagram.
ExporterHealth exporter_health(const ExporterStats& exporter, std::uint64_t now_ns);

// /api/v1/exporters: {"exporters":[…],"source":"collector"}.
std::string exporters_json(const CollectorStatus& status);

}  // namespace weir
