// The words of the query language, for completion and help.
//
// Thread rules: functions without shared state.
#pragma once

#include <string_view>
#include <vector>

namespace weir {

struct FieldHelp {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view description;  // empty where the name says it
  std::string_view type;         // ip, number, text, time, …
  bool column = true;            // may be one
  bool condition = true;         // may stand in one
};

std::vector<FieldHelp> field_help();
// One spelling of each: "=", "not in", "&".
std::vector<std::string_view> condition_operators();
// Names that only conditions know: snet, net, dir, …
std::vector<std::string_view> condition_keywords();

}  // namespace weir
