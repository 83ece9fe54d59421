// From the codes of a segment's dictionaries to what stands in keys.
//
// The numbers of texts are found out once for each code that occurs.
//
// Thread rules: from any number of threads, but for prepare_…().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/error.h"
#include "query/key_layout.h"
#include "store/segment.h"

namespace weir {

class SegmentCodes {
 public:
  // All outlive this.
  SegmentCodes(const Segment& segment, KeyValues& values, MemoryBudget& budget)
      : segment_(segment), values_(values), budget_(budget) {}
  ~SegmentCodes() { budget_.give_back(charged_); }
  SegmentCodes(const SegmentCodes&) = delete;
  SegmentCodes& operator=(const SegmentCodes&) = delete;

  // Before the first use of addresses() and number_addresses(), and of text(), in one thread. Errors: the segment is
  // damaged, the budget is used up.
  Result<void> prepare_addresses();
  Result<void> prepare_text(ColumnId column);

  const AddressDictionary& addresses() const { return *addresses_; }
  // Writes the numbers of addresses (AddressNumbers). False when the budget is used up. REQUIRES codes of the segment.
  bool number_addresses(std::span<const std::uint32_t> codes, std::uint32_t* numbers) const;
  // The number of a text, among KeyValues::interfaces for their names, else KeyValues::texts. Nothing: a code that the
  // dictionary does not have, or the budget is used up.
  std::optional<std::uint32_t> text(ColumnId column, std::uint32_t code) const {
    const Texts& texts = texts_[static_cast<std::size_t>(column)];
    if (code < texts.codes) {
      if (const std::uint32_t n = texts.numbers[code].load(std::memory_order_relaxed); n != 0) return n - 1;
    }
    return new_text(texts, column, code);
  }

 private:
  struct Texts {
    const BytesDictionary* words = nullptr;
    std::uint32_t codes = 0;
    // By code; 0: not asked for yet, else the number + 1.
    std::unique_ptr<std::atomic<std::uint32_t>[]> numbers;
  };

  bool take(std::uint32_t codes);
  bool number_new(std::span<const std::uint32_t> codes, const std::uint32_t* numbers) const;
  std::optional<std::uint32_t> new_text(const Texts& texts, ColumnId column, std::uint32_t code) const;

  const Segment& segment_;
  KeyValues& values_;
  MemoryBudget& budget_;
  std::size_t charged_ = 0;
  const AddressDictionary* addresses_ = nullptr;
  std::unique_ptr<std::atomic<std::uint32_t>[]> address_numbers_;  // by code; kUnknown: not asked for yet
  Texts texts_[kColumnCount];
};

}  // namespace weir
