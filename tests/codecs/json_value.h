// A JSON document as a tree, for reading expectations in tests.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir::test {

struct JsonValue {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;                // of a number, string or bool
  std::vector<std::string> names;  // of an object's items
  std::vector<JsonValue> items;

  // A member; a null value when there is none.
  const JsonValue& operator[](const std::string& key) const;
  bool is_string() const { return kind == Kind::kString; }
  std::uint64_t number() const { return text.empty() ? 0 : std::stoull(text); }
};

// Throws std::runtime_error when the file is not JSON.
JsonValue read_json(const std::filesystem::path& path);

}  // namespace weir::test
