#include "base/json_tree.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace weir {

struct JsonTree::Builder : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonTree::Builder> {
  JsonTree root;
  std::vector<JsonTree*> open{&root};  // the containers around the next value; root holds the document
  std::string key;
  std::size_t room = 0;  // for so many more values

  // Only the innermost container grows, so that pointers to the others stay good.
  JsonTree* add(std::string text = {}) {
    if (room == 0) return nullptr;
    --room;
    JsonTree& value = open.back()->items_.emplace_back();
    value.name_ = std::exchange(key, {});
    value.text_ = std::move(text);
    return &value;
  }
  bool enter() {
    JsonTree* const value = open.size() > kMostDepth ? nullptr : add();
    if (value != nullptr) open.push_back(value);
    return value != nullptr;
  }
  bool leave() {
    open.pop_back();
    return true;
  }

  bool Null() { return add() != nullptr; }
  bool Bool(bool value) { return add(value ? "true" : "false") != nullptr; }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return add({text, length}) != nullptr; }
  bool String(const char* text, rapidjson::SizeType length, bool) { return add({text, length}) != nullptr; }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key.assign(text, length);
    return true;
  }
  bool StartObject() { return enter(); }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool StartArray() { return enter(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }
};

Result<JsonTree> JsonTree::parse(std::string_view text, std::size_t most_values) {
  // Iterative: depth is the handler's to bound, not the stack's. Numbers come as text, exact to the last digit.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  Builder builder;
  builder.room = most_values;
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  if (reader.Parse<kFlags>(stream, builder).IsError()) {
    return fail("no JSON, or too much of it, at byte " + std::to_string(reader.GetErrorOffset()));
  }
  return std::move(builder.root.items_.front());
}

const JsonTree& JsonTree::operator[](std::string_view name) const {
  static const JsonTree kNothing;
  const auto found = std::ranges::find(items_, name, &JsonTree::name_);
  return found == items_.end() ? kNothing : *found;
}

std::uint64_t JsonTree::number() const {
  std::uint64_t value = 0;
  const char* const last = text_.data() + text_.size();
  const auto [end, error] = std::from_chars(text_.data(), last, value);
  return error == std::errc() && end == last ? value : 0;
}

}  // namespace weir
