#include "tests/codecs/json_value.h"

#include <rapidjson/istreamwrapper.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace weir::test {
namespace {

class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(JsonValue& root) { open_.push_back(&root); }

  bool Null() { return scalar(JsonValue::Kind::kNull, ""); }
  bool Bool(bool b) { return scalar(JsonValue::Kind::kBool, b ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return scalar(JsonValue::Kind::kNumber, {text, length});
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return scalar(JsonValue::Kind::kString, {text, length});
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_.assign(text, length);
    return true;
  }
  bool StartObject() { return start(JsonValue::Kind::kObject); }
  bool StartArray() { return start(JsonValue::Kind::kArray); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool EndArray(rapidjson::SizeType) { return end(); }

 private:
  JsonValue& place() {
    JsonValue& parent = *open_.back();
    if (parent.kind == JsonValue::Kind::kNull) return parent;  // the root
    if (parent.kind == JsonValue::Kind::kObject) parent.names.push_back(key_);
    return parent.items.emplace_back();
  }
  bool scalar(JsonValue::Kind kind, std::string text) {
    JsonValue& value = place();
    value.kind = kind;
    value.text = std::move(text);
    return true;
  }
  bool start(JsonValue::Kind kind) {
    JsonValue& value = place();
    value.kind = kind;
    open_.push_back(&value);
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  std::vector<JsonValue*> open_;
  std::string key_;
};

}  // namespace

const JsonValue& JsonValue::operator[](const std::string& key) const {
  static const JsonValue null;
  const auto found = std::find(names.begin(), names.end(), key);
  return found == names.end() ? null : items[static_cast<std::size_t>(found - names.begin())];
}

JsonValue read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  rapidjson::IStreamWrapper stream(file);
  JsonValue root;
  Builder builder(root);
  rapidjson::Reader reader;
  if (!reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, builder))
    throw std::runtime_error(path.string() + " is not JSON");
  return root;
}

}  // namespace weir::test
