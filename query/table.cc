#include "query/table.h"

#include <algorithm>
#include <numeric>

#include "query/text_width.h"

namespace weir {
namespace {

constexpr std::size_t kShortest = 12;  // of a shortened cell

std::size_t width_of(const TableColumn& column) {
  std::size_t width = 0;
  for (const std::string& cell : column.cells) width = std::max(width, display_width(cell));
  return width;
}

// The bytes of the first characters that take at most `width` columns.
std::size_t prefix_bytes(const std::string& text, std::size_t width) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t next = at + character_length(text, at);
    if (display_width(text.substr(0, next)) > width) break;
    at = next;
  }
  return at;
}

std::size_t suffix_start(const std::string& text, std::size_t width) {
  std::size_t at = 0;
  while (at < text.size() && display_width(text.substr(at)) > width) at += character_length(text, at);
  return at;
}

// "2001:db8:…:4711".
std::string shortened(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  const std::size_t before = (width - 1) / 2;
  return text.substr(0, prefix_bytes(text, before)) + "…" + text.substr(suffix_start(text, width - 1 - before));
}

std::size_t total_width(const std::vector<TableColumn>& columns, const std::vector<std::size_t>& widths) {
  std::size_t total = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  for (const TableColumn& column : columns) total += column.gap;
  return total;
}

// Takes from the widest column that may be shortened until the table fits or none may any more.
void fit(std::vector<TableColumn>& columns, std::vector<std::size_t>& widths, std::size_t width) {
  if (width == 0 || total_width(columns, widths) <= width) return;
  for (TableColumn& column : columns)
    column.gap = std::min<std::size_t>(column.gap, &column == &columns.front() ? 0 : 2);
  while (total_width(columns, widths) > width) {
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool can = columns[i].shortenable && widths[i] > kShortest;
      if (can && (widest == columns.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns.size()) return;
    --widths[widest];
  }
}

}  // namespace

std::vector<std::string> table_lines(std::vector<TableColumn> columns, std::size_t width) {
  std::vector<std::size_t> widths;
  std::size_t lines = 0;
  for (const TableColumn& column : columns) {
    widths.push_back(width_of(column));
    lines = std::max(lines, column.cells.size());
  }
  fit(columns, widths, width);
  std::vector<std::string> out(lines);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t line = 0; line < lines; ++line) {
      const std::string cell = line < columns[i].cells.size() ? columns[i].cells[line] : "";
      const std::string text = columns[i].shortenable ? shortened(cell, widths[i]) : cell;
      out[line] += std::string(columns[i].gap + widths[i] - display_width(text), ' ') + text;
    }
  }
  for (std::string& line : out) line.erase(line.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace weir
