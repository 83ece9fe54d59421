#include "collector/import/csv_cells.h"

#include <algorithm>

namespace weir {

bool CsvCells::split(std::string_view line) {
  cells_.clear();
  unquoted_.clear();
  for (;;) {
    if (!line.starts_with('"')) {
      const std::size_t end = std::min(line.find(','), line.size());
      cells_.push_back(line.substr(0, end));
      if (end == line.size()) return true;
      line.remove_prefix(end + 1);
      continue;
    }
    line.remove_prefix(1);
    std::string* text = nullptr;  // made at the first doubled quote
    for (;;) {
      const std::size_t end = line.find('"');
      if (end == std::string_view::npos) return false;
      const bool doubled = line.substr(end + 1).starts_with('"');
      if (doubled && text == nullptr) text = &unquoted_.emplace_back();
      if (text != nullptr) text->append(line.substr(0, end + (doubled ? 1 : 0)));
      if (!doubled) {
        cells_.push_back(text == nullptr ? line.substr(0, end) : std::string_view(*text));
        line.remove_prefix(end + 1);
        break;
      }
      line.remove_prefix(end + 2);
    }
    if (line.empty()) return true;
    if (line.front() != ',') return false;
    line.remove_prefix(1);
  }
}

}  // namespace weir
