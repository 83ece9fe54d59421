// What is needed of the JSON that an API answers: the plain members of objects in a list.
//
// Thread rules: functions without shared state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Members that are texts; all others are left out.
using JsonTexts = std::map<std::string, std::string, std::less<>>;

// The text members of an object; nothing when `json` is not one object.
std::optional<JsonTexts> json_texts(std::string_view json);

// Those of each object in the list that `json` is, or that its member `name` is; nothing when there is no such list.
std::optional<std::vector<JsonTexts>> json_list(std::string_view json, std::string_view name);

}  // namespace weir
