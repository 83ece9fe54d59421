#include "tests/sinks/json_check.h"

#include <gtest/gtest.h>
#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace weir::sample {
namespace {

// Numbers come as their exact text (kParseNumbersAsStringsFlag), so nothing is rounded on the way.
struct Collector : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Collector> {
  Members members;
  std::string list;
  bool in_list = false;

  bool take(std::string value) {
    if (in_list) {
      list += list.size() == 1 ? value : "," + value;
    } else {
      members.back().second = std::move(value);
    }
    return true;
  }
  bool Default() { return false; }
  bool Null() { return take("null"); }
  bool Bool(bool v) { return take(v ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return take({text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return take('"' + std::string(text, length) + '"');
  }
  bool StartObject() { return true; }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    members.emplace_back(std::string(text, length), "");
    return true;
  }
  bool StartArray() {
    in_list = true;
    list = "[";
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    in_list = false;
    return take(list + "]");
  }
};

}  // namespace

Members parse_object(std::string_view json) {
  Collector collector;
  rapidjson::Reader reader;
  rapidjson::MemoryStream bytes(json.data(), json.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  const auto result = reader.Parse<kFlags>(stream, collector);
  EXPECT_FALSE(result.IsError()) << rapidjson::GetParseError_En(result.Code()) << " at " << result.Offset() << " of "
                                 << json;
  return collector.members;
}

std::string value_of(const Members& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) return value;
  }
  return "";
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    EXPECT_NE(end, std::string_view::npos) << "no end of line: " << text;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace weir::sample
