#include "web/fields_json.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "query/field.h"
#include "query/field_help.h"

namespace weir {
namespace {

std::vector<std::string> texts(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    parts.emplace_back(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(text.size(), parts.back().size() + 1));
  }
  return parts;
}

}  // namespace

std::string fields_json() {
  JsonText json;
  json.begin_object();
  json.objects("columns", field_help(), [&](const FieldHelp& field) {
    json.text("name", field.name);
    json.items("aliases", texts(field.aliases));
    json.text("description", field.description);
    json.text("type", field.type);
    json.flag("column", field.column);
    json.flag("condition", field.condition);
  });
  json.objects("aliases", column_shorthands(), [&](const ColumnShorthand& shorthand) {
    json.text("name", shorthand.name);
    json.items("columns", split(shorthand.columns));
  });
  json.items("operators", texts(condition_operators()));
  json.items("keywords", texts(condition_keywords()));
  json.end_object();
  return json.take();
}

}  // namespace weir
