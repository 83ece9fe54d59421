// Turns provisional codes into codes of a sorted dictionary of just those that some rows use, at a cost that goes with
// the rows and not with the table.
//
// Thread rules: one thread per object.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/code_table.h"

namespace weir {

class CodeSorter {
 public:
  // Begins a new dictionary for codes up to `size`.
  void begin(std::uint32_t size);
  // Takes note of codes that are used.
  void use(std::span<const std::uint32_t> codes);
  // All are used.
  void use_all(std::uint32_t size);
  // The dictionary of what was used, as dictionary_coding.h has it.
  std::string finish(const AddressTable& table);
  std::string finish(const BytesTable& table);

  // ranks()[provisional code], for those used since begin().
  const std::uint32_t* ranks() const { return ranks_.data(); }

 private:
  std::vector<std::uint32_t> ranks_;
  std::vector<std::uint32_t> seen_;  // the turn in which a code was used last
  std::vector<std::uint32_t> used_;
  std::vector<std::uint64_t> v4_, other_;  // address << 32 | code
  struct V6Entry {
    std::uint64_t high, low;
    std::uint32_t code;
    auto operator<=>(const V6Entry&) const = default;
  };
  std::vector<V6Entry> v6_;
  std::vector<std::uint32_t> sorted_v4_;
  std::vector<AddressBytes> sorted_v6_;
  std::uint32_t turn_ = 0;
};

}  // namespace weir
