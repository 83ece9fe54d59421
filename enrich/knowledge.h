// All that is known at one moment: the databases and the own networks, as they were loaded.
//
// Thread rules: immutable once shared; free to use from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "enrich/geo_database.h"
#include "enrich/network_table.h"
#include "enrich/place_draft.h"

namespace weir {

class Knowledge {
 public:
  static constexpr std::size_t kMostDatabases = 8;

  // What an address is found under in each source. Addresses with the same findings have the same place.
  struct Findings {
    std::array<std::uint32_t, kMostDatabases> records{};
    std::uint32_t own_network = 0;
    std::uint32_t special_network = 0;

    bool operator==(const Findings&) const = default;
  };

  // At most kMostDatabases; of two that tell the same thing the first is believed. Null ones are left out.
  Knowledge(std::vector<std::shared_ptr<const GeoDatabase>> databases, std::shared_ptr<const NetworkTable> networks);

  Findings find(const AddressBytes& address, Family family) const;
  PlaceDraft describe(const Findings& findings) const;

 private:
  std::vector<std::shared_ptr<const GeoDatabase>> databases_;
  std::shared_ptr<const NetworkTable> networks_;
};

}  // namespace weir
