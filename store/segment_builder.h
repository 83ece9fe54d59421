// Puts a segment's image together, column by column.
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/int_coding.h"
#include "store/segment_format.h"
#include "store/segment_writer.h"

namespace weir {

// All rows' values of a column, in one array of its kind. Absent ones are 0.
struct ColumnView {
  ColumnId id{};
  const std::uint32_t* narrow = nullptr;
  const std::uint64_t* wide = nullptr;
  // codes[narrow[row]] is the value; null: narrow[row] is.
  const std::uint32_t* codes = nullptr;
  // Which rows have a value: present[row] != 0; where that is null, all of them, or those whose value is not 0.
  const std::uint8_t* present = nullptr;
  bool all = true;
};

struct ExtrasView {
  const std::uint64_t* ends = nullptr;  // row r's bytes are bytes[ends[r - 1], ends[r]), those of row 0 from `start`
  const std::uint8_t* bytes = nullptr;
  std::uint64_t start = 0;
};

// In this order columns should be added: others are told apart from those before them.
std::span<const ColumnId> write_order();

class SegmentBuilder {
 public:
  // REQUIRES rows > 0.
  SegmentBuilder(std::size_t rows, Effort effort);

  // Leaves out a column without any value. Where needs() says so the arrays live until finish(): later columns are
  // written by their difference to this one.
  void add(const ColumnView& column, std::string dictionary = {});
  static bool needs(ColumnId column);
  void add_extras(const ExtrasView& extras);
  // `addresses` is of encode_addresses().
  std::string finish(SegmentSummary summary, const std::string& addresses);

 private:
  struct Block {
    std::size_t first;
    std::size_t count;
  };

  Block block(std::size_t index) const;
  template <typename T>
  void add_page(const ColumnView& column, const T* values, const Block& block, std::string& directory);
  template <typename T>
  void put_values(const ColumnView& column, std::span<const T> values, const Block& block, std::string& page);
  bool put_difference(const ColumnView& column, std::span<const std::uint64_t> values, const Block& block,
                      std::string& page);
  void end_page(PageEntry page, std::string& directory);
  void put_part(Part& part, const std::string& content);

  std::size_t rows_;
  Effort effort_;
  IntEncoder ints_;
  std::string image_;
  Footer footer_;
  std::string page_;
  std::string other_;
  std::vector<std::uint32_t> narrow_;
  std::vector<std::uint64_t> wide_;
  // The columns added so far: their place in the footer + 1, and what they hold.
  std::array<std::uint16_t, kColumnCount> places_{};
  std::array<ColumnView, kColumnCount> views_{};
};

}  // namespace weir
