// How the values of a query's columns are packed into the words of a group's key.
//
// A number takes the bits of its field, a time those that its blocks need. IPv4 addresses stand for themselves in 32
// bits; other addresses and all texts are numbers of an Interner.
//
// Thread rules: immutable after construction; value() and compare() once no thread interns any more.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "query/field.h"
#include "query/interner.h"
#include "query/result.h"
#include "store/column.h"

namespace weir {

// IPv4 addresses from here on (240.0.0.0/4, reserved) give their numbers to addresses that were interned.
inline constexpr std::uint32_t kInternedAddresses = 0xf0000000;
inline constexpr std::uint32_t kNoAddress = kInternedAddresses;

// What keys refer to.
struct KeyValues {
  explicit KeyValues(MemoryBudget& budget)
      : addresses(budget, UINT32_MAX - kInternedAddresses), texts(budget, UINT32_MAX), interfaces(budget, UINT32_MAX) {}

  Interner addresses;  // an IpAddress, byte by byte
  Interner texts;
  Interner interfaces;

  IpAddress address(std::uint32_t code) const;
};

// Of an interface's name, which stands among KeyValues::interfaces.
constexpr bool is_interface_name(ColumnId column) {
  return column == column_of(FieldId::in_if_name) || column == column_of(FieldId::out_if_name);
}

struct KeyPart {
  enum class Source : std::uint8_t { kNumber, kTime, kDuration, kAddress, kText, kNetwork, kInterface, kHost };
  Source source = Source::kNumber;
  FieldId field{};  // of kNumber, kAddress, kText, kNetwork
  unsigned bits = 0;
  unsigned word = 0;
  unsigned shift = 0;

  std::uint64_t mask() const { return bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1; }
  std::uint64_t of(const std::uint64_t* key) const { return key[word] >> shift & mask(); }
};

// The blocks of the `time` column.
struct TimeBlocks {
  std::uint64_t resolution = 1;
  std::uint64_t first = 0;  // number of the first block: its time / resolution
  std::uint64_t last = 0;
};

class KeyLayout {
 public:
  KeyLayout(std::span<const QueryColumn> columns, const TimeBlocks& times);

  std::size_t words() const { return words_; }
  std::span<const KeyPart> parts() const { return parts_; }  // one a column
  const TimeBlocks& times() const { return times_; }
  // The part of kInterface; null where there is none.
  const KeyPart* interface() const;

  QueryValue value(const KeyPart& part, const std::uint64_t* key, const KeyValues& values) const;
  // By the columns' values, first column first.
  std::strong_ordering compare(const std::uint64_t* a, const std::uint64_t* b, const KeyValues& values) const;
  // The label of the first `time` column; 0 where there is none.
  std::uint64_t time(const std::uint64_t* key) const;

 private:
  std::uint64_t label(std::uint64_t block) const { return (times_.first + block + 1) * times_.resolution; }

  std::vector<KeyPart> parts_;
  std::size_t words_ = 0;
  TimeBlocks times_;
};

}  // namespace weir
