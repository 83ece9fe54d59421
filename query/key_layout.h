// How the values of a query's columns are packed into the words of a group's key.
//
// A number takes the bits of its field, a time those that its blocks need, a text is a number of an Interner, an
// address a number of its own kind (address_numbers.h).
//
// Thread rules: immutable after construction; value() and compare() once no thread interns any more.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "query/address_numbers.h"
#include "query/field.h"
#include "query/interner.h"
#include "query/result.h"
#include "store/column.h"

namespace weir {

// What keys refer to.
struct KeyValues {
  explicit KeyValues(MemoryBudget& budget) : texts(budget), interfaces(budget), addresses(budget) {}

  Interner texts;
  Interner interfaces;  // names of interfaces, in whichever column
  AddressNumbers addresses;
};

constexpr bool is_interface_name(ColumnId column) {
  return column == column_of(FieldId::in_if_name) || column == column_of(FieldId::out_if_name);
}

// Some bits of one word.
struct KeyPlace {
  unsigned bits = 0;
  unsigned word = 0;
  unsigned shift = 0;

  std::uint64_t mask() const { return bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1; }
  std::uint64_t of(const std::uint64_t* key) const { return key[word] >> shift & mask(); }
};

struct KeyPart {
  enum class Source : std::uint8_t { kNumber, kTime, kDuration, kAddress, kText, kNetwork, kInterface, kHost };
  Source source = Source::kNumber;
  FieldId field{};  // of kNumber, kAddress, kText, kNetwork
  KeyPlace place;
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
  const KeyPart* interface() const { return find(KeyPart::Source::kInterface); }

  // By the columns' values, first column first.
  std::strong_ordering compare(const std::uint64_t* a, const std::uint64_t* b, const KeyValues& values) const;
  // Of column `i`.
  QueryValue value(std::size_t i, const std::uint64_t* key, const KeyValues& values) const;
  // The label of the `time` column; 0 where there is none.
  std::uint64_t time(const std::uint64_t* key) const;

 private:
  const KeyPart* find(KeyPart::Source source) const;
  std::uint64_t label(std::uint64_t block) const { return (times_.first + block + 1) * times_.resolution; }

  std::vector<KeyPart> parts_;
  std::size_t words_ = 0;
  TimeBlocks times_;
};

}  // namespace weir
