// Numbers for addresses, the same for equal ones: what stands in group keys for them.
//
// IPv4 addresses are their own numbers, nearly all of them. Those from 240.0.0.0 on, which are reserved and hardly
// seen, make room for the others: "no address", then IPv6 addresses and themselves in the order in which they are met.
//
// Thread rules: number() from any number of threads; address() once no thread numbers any more.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/memory_budget.h"
#include "flow/address.h"

namespace weir {

class AddressNumbers {
 public:
  static constexpr std::uint32_t kNoAddress = 0xf0000000;
  static constexpr std::uint32_t kUnknown = UINT32_MAX;  // the number of no address
  static constexpr bool is_own_number(std::uint32_t v4) { return v4 < kNoAddress; }

  // `budget` outlives this.
  explicit AddressNumbers(MemoryBudget& budget) : budget_(budget) {}
  ~AddressNumbers() { budget_.give_back(charged_); }
  AddressNumbers(const AddressNumbers&) = delete;
  AddressNumbers& operator=(const AddressNumbers&) = delete;

  // Writes the numbers of addresses that are not their own to `numbers`. False when the budget is used up, or all
  // numbers.
  bool number(std::span<const IpAddress> addresses, std::uint32_t* numbers);
  IpAddress address(std::uint32_t number) const {
    if (is_own_number(number)) return IpAddress::v4(number);
    return number == kNoAddress ? IpAddress{} : others_[number - kNoAddress - 1].address();
  }

 private:
  // An address in words, which compare faster than bytes.
  struct Words {
    std::uint64_t words[3];  // the bytes, then the family

    explicit Words(const IpAddress& address);
    IpAddress address() const;
    bool operator==(const Words&) const = default;
  };

  bool grow();
  std::uint32_t& slot(std::uint64_t i) { return slots_[i & (slots_.size() - 1)]; }

  MemoryBudget& budget_;
  std::mutex mutex_;
  std::vector<Words> others_;
  std::vector<std::uint32_t> slots_;  // index into others_ + 1; 0: free
  std::size_t charged_ = 0;
};

}  // namespace weir
