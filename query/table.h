// A table of text: columns right-aligned, two blanks apart.
//
// Thread rules: value types.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir {

struct TableColumn {
  std::size_t gap = 2;             // blanks in front
  bool shortenable = false;        // its cells may be shortened in the middle where the table is too wide
  std::vector<std::string> cells;  // one a line; missing ones at the end are empty
};

// The lines, without blanks at their ends. Where they are wider than `width` (0: any width is good) gaps become one or
// two blanks and what may be shortened is, as far as that is readable.
std::vector<std::string> table_lines(std::vector<TableColumn> columns, std::size_t width);

}  // namespace weir
