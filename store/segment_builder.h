// Puts a segment's image together, column by column.
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/int_coding.h"
#include "store/relations.h"
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

// Memory that building one segment leaves to the next.
struct BuilderMemory {
  IntEncoder ints;
  std::string page;
  std::string other;
  std::vector<std::uint32_t> narrow;
  std::vector<std::uint64_t> wide;
  std::vector<std::uint32_t> gaps;
};

class SegmentBuilder {
 public:
  // REQUIRES rows > 0. `memory` outlives this.
  SegmentBuilder(std::size_t rows, Effort effort, BuilderMemory& memory);

  // Leaves out a column without any value. Columns should come in the order of relations.h; the arrays of those that
  // others lean on live until the last of those has been added.
  void add(const ColumnView& column, std::string dictionary = {});
  void add_extras(const ExtrasView& extras);
  // `addresses` is of encode_addresses().
  std::string finish(SegmentSummary summary, const std::string& addresses);

 private:
  struct Block {
    std::size_t first;
    std::size_t count;
  };

  // The column that another follows, and its values.
  template <typename T>
  struct Leading {
    std::size_t place = 0;
    const std::uint32_t* leader = nullptr;
    std::vector<T> values;  // by the leader's
  };

  // How the blocks of the column at hand came out.
  struct ColumnHabits {
    IntEncoder::Habits values, difference;
    IntEncoder::Trial own;  // beside a difference
    std::array<IntEncoder::Trial, std::size(relations::kRelatives)> relatives;
  };

  Block block(std::size_t index) const;
  template <typename T>
  void add_pages(const ColumnView& column, const T* values, ColumnEntry& entry, std::string& directory);
  template <typename T>
  void add_page(const ColumnView& column, const T* first, const Block& block, const Leading<T>* leading,
                std::string& directory);
  Presence put_presence(const ColumnView& column, const std::uint8_t* present, const Block& block);
  template <typename T>
  void put_values(const ColumnView& column, std::span<const T> values, const Shape<T>& shape, const Block& block);
  bool put_difference(const ColumnView& column, std::span<const std::uint64_t> values,
                      const Shape<std::uint64_t>& shape, const Block& block);
  template <typename T>
  bool put_following(std::span<const T> values, const Block& block, const Leading<T>& leading);
  template <typename T>
  std::optional<Leading<T>> find_leader(const ColumnView& column, const T* values, std::string& table);
  void end_page(PageEntry page, std::string& directory);
  void put_part(Part& part, const std::string& content);

  std::size_t rows_;
  Effort effort_;
  IntEncoder& ints_;
  std::string& page_;
  std::string& other_;
  std::vector<std::uint32_t>& narrow_;
  std::vector<std::uint64_t>& wide_;
  std::vector<std::uint32_t>& gaps_;
  std::string table_;  // of the column at hand
  ColumnHabits habits_;
  std::string image_;
  Footer footer_;
  // The columns added so far: their place in the footer + 1, and what they hold.
  std::array<std::uint16_t, kColumnCount> places_{};
  std::array<ColumnView, kColumnCount> views_{};
  std::array<std::vector<std::uint32_t>, kColumnCount> coded_;  // what views with codes stand for
};

}  // namespace weir
