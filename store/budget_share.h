// What one owner has taken of a MemoryBudget, given back when the owner goes.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstddef>

#include "base/memory_budget.h"

namespace weir {

class BudgetShare {
 public:
  // `budget` outlives this.
  explicit BudgetShare(MemoryBudget& budget) : budget_(budget) {}
  ~BudgetShare() { budget_.give_back(held_); }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;

  // Makes the share this large. False when the budget does not allow it; then it stays as it was.
  bool resize(std::size_t bytes) {
    if (bytes > held_ && !budget_.take(bytes - held_)) return false;
    if (bytes < held_) budget_.give_back(held_ - bytes);
    held_ = bytes;
    return true;
  }
  bool grow(std::size_t bytes) { return resize(held_ + bytes); }
  MemoryBudget& budget() const { return budget_; }
  std::size_t held() const { return held_; }

 private:
  MemoryBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace weir
