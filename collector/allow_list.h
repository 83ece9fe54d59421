// Who may send: everyone when the list is empty, else the addresses inside one of its prefixes.
//
// Immutable after it was made: free to use from any thread.
#pragma once

#include <algorithm>
#include <vector>

#include "flow/address.h"

namespace weir {

class AllowList {
 public:
  explicit AllowList(std::vector<Prefix> prefixes = {}) : prefixes_(std::move(prefixes)) {}

  bool allows(const IpAddress& sender) const {
    return prefixes_.empty() || std::ranges::any_of(prefixes_, [&](const Prefix& p) { return p.contains(sender); });
  }

 private:
  std::vector<Prefix> prefixes_;
};

}  // namespace weir
