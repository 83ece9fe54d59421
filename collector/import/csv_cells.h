// The cells of a line of CSV (RFC 4180).
//
// Thread rules: one thread.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class CsvCells {
 public:
  // Good until the next call, and as long as `line`. False when a quoted cell does not end.
  bool split(std::string_view line);
  std::span<const std::string_view> cells() const { return cells_; }

 private:
  std::vector<std::string_view> cells_;
  std::deque<std::string> unquoted_;  // cells with doubled quotes
};

}  // namespace weir
