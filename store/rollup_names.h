// Numbers for what a roll-up's key is made of, good for all its inputs: each segment has codes of its own.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/memory_budget.h"
#include "store/budget_share.h"
#include "store/segment.h"

namespace weir {

// All of a key that says where traffic was seen and how, but not between whom: few, among many flows. Interfaces as
// seen by the initiator's packets. Addresses and texts by their numbers.
struct RollupSite {
  std::uint32_t exporter = 0;
  std::uint32_t host = 0;
  std::uint32_t in_if = 0;
  std::uint32_t out_if = 0;
  std::uint32_t in_if_name = 0;
  std::uint32_t out_if_name = 0;
  std::uint32_t sampling_rate = 0;
  std::uint8_t proto = 0;
  std::uint8_t flow_direction = 0;
  bool has_in_if : 1 = false;
  bool has_out_if : 1 = false;
  bool has_flow_direction : 1 = false;
  bool paired_by_exporter : 1 = false;

  bool operator==(const RollupSite&) const = default;
};

class RollupNames {
 public:
  // Takes in all addresses of the inputs. `budget` outlives this. Errors: an input is damaged, the budget is used up.
  static Result<RollupNames> make(std::span<const std::shared_ptr<const Segment>> inputs, MemoryBudget& budget);
  RollupNames(RollupNames&&) noexcept;
  ~RollupNames();

  // The numbers of a segment's addresses, by their codes there; 0 stays 0. They compare like the addresses.
  // REQUIRES that `dictionary` is an input's.
  std::vector<std::uint32_t> addresses_of(const AddressDictionary& dictionary) const;
  // The numbers of a column's texts, by their codes; 0 stays 0.
  std::vector<std::uint32_t> texts_of(const BytesDictionary& dictionary);
  // UINT32_MAX when the budget is used up.
  std::uint32_t number_of(const RollupSite& site);

  IpAddress address(std::uint32_t number) const;
  std::string_view text(std::uint32_t number) const;
  const RollupSite& site(std::uint32_t number) const;

 private:
  struct Impl;
  explicit RollupNames(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
