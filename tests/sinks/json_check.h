// Reading back what was written, by RapidJSON's SAX reader.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::sample {

// The members of one JSON object in order, values as their raw JSON (strings unescaped and in quotes). Fails the test,
// and returns what was read so far, when `json` is not valid UTF-8 JSON.
using Members = std::vector<std::pair<std::string, std::string>>;
Members parse_object(std::string_view json);

// Value of a member, "" where there is none.
std::string value_of(const Members& members, std::string_view name);

// The lines of `text`; fails the test when the last one has no end.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace weir::sample
