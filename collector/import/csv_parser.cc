#include <optional>
#include <vector>

#include "collector/import/csv_cells.h"
#include "collector/import/record_parser.h"

namespace weir {
namespace {

bool is_number(FieldType type) { return type == FieldType::kTimeNs || type == FieldType::kUnsigned; }

// CSV whose columns are fields of the field table.
class CsvParser : public RecordParser {
 public:
  explicit CsvParser(std::vector<std::optional<FieldId>> columns) : columns_(std::move(columns)) {}

  Outcome parse(std::string_view text, FlowDraft& draft, std::string& why) override {
    if (!cells_.split(text) || cells_.cells().size() != columns_.size()) {
      why = "not " + std::to_string(columns_.size()) + " cells, as the heading has";
      return Outcome::kBad;
    }
    // Compact rows leave the cell of an absent number empty, full ones write 0.
    bool compact = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i]) continue;
      const FieldInfo& field = field_info(*columns_[i]);
      const std::string_view cell = cells_.cells()[i];
      compact |= cell.empty() && field.group == FieldGroup::kCommon && is_number(field.type);
      if (auto trouble = draft.set(field.id, cell)) {
        why = std::move(*trouble);
        return Outcome::kBad;
      }
    }
    if (compact) draft.keep_zeros();
    return Outcome::kFlow;
  }

 private:
  CsvCells cells_;
  std::vector<std::optional<FieldId>> columns_;
};

}  // namespace

Result<std::unique_ptr<RecordParser>> make_csv_parser(std::string_view heading, const RecordParser::Ignored& ignored) {
  CsvCells cells;
  std::vector<std::optional<FieldId>> columns;
  if (!cells.split(heading)) return fail("the heading has a quoted cell that does not end");
  bool any = false;
  for (const std::string_view name : cells.cells()) {
    columns.push_back(find_field(name));
    any |= columns.back().has_value();
    if (!columns.back()) ignored(name);
  }
  if (!any) return fail("none of the heading's columns is known here");
  return std::make_unique<CsvParser>(std::move(columns));
}

}  // namespace weir
