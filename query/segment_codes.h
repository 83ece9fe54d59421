// From the codes of a segment's dictionaries to what stands in keys, found out once for each code that occurs.
//
// Thread rules: from any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "query/key_layout.h"
#include "store/segment.h"

namespace weir {

class SegmentCodes {
 public:
  // `segment`, `values` and `budget` outlive this.
  SegmentCodes(const Segment& segment, KeyValues& values, MemoryBudget& budget)
      : segment_(segment), values_(values), budget_(budget) {}
  ~SegmentCodes() { budget_.give_back(charged_); }
  SegmentCodes(const SegmentCodes&) = delete;
  SegmentCodes& operator=(const SegmentCodes&) = delete;

  // Before the first use of text() or address(), in one thread. Names of interfaces have an interner of their own.
  // Errors: the segment is damaged, the budget is used up.
  Result<void> prepare_addresses();
  Result<void> prepare_text(ColumnId column);

  // Nothing: a code that the dictionary does not have, or the budget is used up.
  std::optional<std::uint32_t> address(std::uint32_t code) const {
    if (code - 1 < plain_) return v4_[code - 1];
    return code == 0 ? std::optional(kNoAddress) : interned_address(code);
  }
  std::optional<std::uint32_t> text(ColumnId column, std::uint32_t code) const;

  // REQUIRES that the columns were prepared.
  const AddressDictionary& addresses() const { return *addresses_; }
  const BytesDictionary& dictionary(ColumnId column) const { return *texts_[static_cast<std::size_t>(column)].words; }

 private:
  // By code; 0: not asked for yet, else the number + 1.
  using Map = std::unique_ptr<std::atomic<std::uint32_t>[]>;
  struct Texts {
    const BytesDictionary* words = nullptr;
    Map map;
  };

  Result<Map> make_map(std::size_t codes);
  std::optional<std::uint32_t> interned_address(std::uint32_t code) const;

  const Segment& segment_;
  KeyValues& values_;
  MemoryBudget& budget_;
  std::size_t charged_ = 0;
  const AddressDictionary* addresses_ = nullptr;
  const std::uint32_t* v4_ = nullptr;
  std::uint32_t plain_ = 0;  // so many of the first codes stand for themselves
  Map address_map_;          // of the others
  Texts texts_[kColumnCount];
};

}  // namespace weir
