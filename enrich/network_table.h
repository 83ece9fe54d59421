// Networks with names: an operator's own, from a CSV file, looked up by longest prefix.
//
// Thread rules: immutable; find() from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/address.h"

namespace weir {

struct Network {
  Prefix prefix;
  std::string name;
  std::string site;
  std::string role;
  std::string tenant;
};

class NetworkTable {
 public:
  NetworkTable() = default;
  // REQUIRES that no prefix stands twice.
  explicit NetworkTable(std::vector<Network> networks);

  // A file whose heading line names its columns: prefix, and any of name, site, role, tenant (docs/enrichment.md).
  // Errors name `file`, the line, and what is wrong with it.
  static Result<NetworkTable> parse(std::string_view csv, const std::string& file);

  // 1 + the index of the longest prefix that the address lies in; 0 when there is none.
  std::uint32_t find(const AddressBytes& address, Family family) const;
  const Network& network(std::uint32_t found) const { return networks_[found - 1]; }
  std::size_t size() const { return networks_.size(); }

 private:
  // From `first` to the next range's first address.
  struct Range {
    AddressBytes first;
    std::uint32_t network;  // as find() returns it
  };
  static std::vector<Range> ranges_of(std::span<const Network> networks, Family family);

  std::vector<Network> networks_;
  std::vector<Range> v4_, v6_;
};

// The private and special ranges of RFC 6890, its successors in IANA's registries, and multicast.
const NetworkTable& special_networks();

}  // namespace weir
