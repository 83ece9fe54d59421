// Reading JSON in tests, by RapidJSON's SAX reader: an independent check of what weir writes.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace weir::test {

// One value of a record, as text: numbers by their exact digits, strings without quotes, true/false/null by name, and
// lists and objects as their compact JSON text.
using Record = std::map<std::string, std::string>;

// The members of one JSON object. Throws std::runtime_error when the text is not exactly one valid object, or when a
// key stands twice.
Record parse_record(const std::string& text);

// One record a line.
std::vector<Record> parse_records(const std::string& json_lines);

}  // namespace weir::test
