#include "openobserve/json_objects.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

namespace weir {
namespace {

// Takes the text members of objects at one depth, of those only that stand in the wanted list or, for depth 1, of the
// answer itself.
struct ObjectReader : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ObjectReader> {
  std::string_view list_name;
  unsigned object_depth = 0;  // 0: not known yet, no list met
  unsigned list_depth = 0;    // of the list under way, 0 for none
  unsigned depth = 0;
  bool has_list = false;
  std::string key;
  std::vector<JsonTexts> objects;

  bool Default() {
    key.clear();
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key.assign(text, length);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (depth == object_depth && !objects.empty()) objects.back().insert_or_assign(key, std::string(text, length));
    return Default();
  }
  bool StartObject() {
    if (++depth == object_depth) objects.emplace_back();
    return Default();
  }
  bool EndObject(rapidjson::SizeType) {
    --depth;
    return Default();
  }
  bool StartArray() {
    ++depth;
    const bool wanted = depth == 1 || (depth == 2 && key == list_name);
    if (wanted && !has_list && !list_name.empty()) {
      has_list = true;
      list_depth = depth;
      object_depth = depth + 1;
    }
    return Default();
  }
  bool EndArray(rapidjson::SizeType) {
    if (depth-- == list_depth) object_depth = list_depth = 0;
    return Default();
  }
};

bool parse(std::string_view json, ObjectReader& handler) {
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(json.data(), json.size());
  // Iterative: an answer nested a thousand deep must not use up the stack.
  return !reader.Parse<rapidjson::kParseIterativeFlag>(stream, handler).IsError();
}

}  // namespace

std::optional<JsonTexts> json_texts(std::string_view json) {
  ObjectReader reader;
  reader.object_depth = 1;
  if (!parse(json, reader) || reader.objects.size() != 1) return std::nullopt;
  return std::move(reader.objects.front());
}

std::optional<std::vector<JsonTexts>> json_list(std::string_view json, std::string_view name) {
  ObjectReader reader;
  reader.list_name = name;
  if (!parse(json, reader) || !reader.has_list) return std::nullopt;
  return std::move(reader.objects);
}

}  // namespace weir
