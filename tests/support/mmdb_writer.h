// Small MaxMind DB files (https://maxmind.github.io/MaxMind-DB/), made by hand from the format's description.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test::mmdb {

// A value as it stands in the data section.
using Encoded = std::string;

Encoded text(std::string_view value);
Encoded number(std::uint32_t value);
Encoded decimal(double value);
Encoded single(float value);
Encoded flag(bool value);
Encoded map(const std::vector<std::pair<std::string, Encoded>>& members);
Encoded array(const std::vector<Encoded>& items);

struct Entry {
  std::string prefix;  // of either family
  Encoded record;
};

// A whole file with IPv4 below ::/96. A longer prefix stands before the shorter ones that hold it.
std::string file(const std::string& type, std::uint32_t build_time, const std::vector<Entry>& entries);

// country, city, latitude, longitude as MaxMind nests them.
Encoded city(std::string_view code, std::string_view country, std::string_view city, double latitude, double longitude);
Encoded asn(std::uint32_t number, std::string_view organization);

}  // namespace weir::test::mmdb
