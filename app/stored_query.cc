#include "app/stored_query.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <map>
#include <string_view>

#include "base/file.h"

namespace weir {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

// Scalars by their keys, those of objects inside behind "OBJECT.".
class Scalars : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Scalars> {
 public:
  bool Null() { return true; }
  bool Bool(bool value) { return set(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return set({text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return set({text, length}); }
  bool StartObject() {
    if (++depth_ == 2) outer_ = key_ + ".";
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (--depth_ == 1) outer_.clear();
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_.clear();
    for (const char c : std::string_view(text, length)) {
      if (c != '_') key_ += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return true;
  }
  // Lists stand for nothing that is known here.
  bool StartArray() { return depth_++ > 0; }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return true;
  }

  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  bool set(std::string_view value) {
    if (depth_ == 0) return false;
    if (depth_ <= 2 && !value.empty()) values_[outer_ + key_] = value;
    return true;
  }

  std::map<std::string, std::string> values_;
  std::string outer_, key_;
  int depth_ = 0;
};

struct Known {
  std::string_view key, option;
};

constexpr std::array kKnown = std::to_array<Known>({
    {"ifaces", "--ifaces"},
    {"condition", "--condition"},
    {"first", "--first"},
    {"last", "--last"},
    {"in", "--in"},
    {"out", "--out"},
    {"sum", "--sum"},
    {"format", "--format"},
    {"sortby", "--sort"},
    {"sortascending", "--ascending"},
    {"numresults", "--limit"},
    {"dnsresolution.enabled", "--resolve"},
    {"dnsresolution.maxrows", "--resolve-rows"},
    {"dnsresolution.timeout", "--resolve-timeout"},
    {"resolve", "--resolve"},
    {"resolverows", "--resolve-rows"},
    {"resolvetimeout", "--resolve-timeout"},
    {"maxmempct", "--memory"},
});

// A key whose number means something else than the option's, in the option's words. Zero is goquery's "not given".
std::string as_option_value(std::string_view key, const std::string& value) {
  if (key == "maxmempct") return value == "0" ? "" : value + "%";
  if (key == "dnsresolution.timeout") {
    return value == "0" ? "" : value.find_first_not_of("0123456789") == std::string::npos ? value + "ns" : value;
  }
  if (value == "0" && (key == "numresults" || key.ends_with("rows") || key.ends_with("timeout"))) return "";
  return value;
}

Result<std::string> content_of(const std::string& path) {
  if (path != "-") return read_file(path, kLargestFile);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

}  // namespace

Result<StoredQuery> read_stored_query(const std::string& path) {
  const auto content = content_of(path);
  if (!content) return std::unexpected(content.error());
  const std::string name = path == "-" ? "standard input" : path;
  rapidjson::MemoryStream stream(content->data(), content->size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  Scalars scalars;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
  if (const auto parsed = reader.Parse<kFlags>(stream, scalars); parsed.IsError()) {
    return fail(name + " is not a stored query: " + rapidjson::GetParseError_En(parsed.Code()) + " at byte " +
                std::to_string(parsed.Offset()) + "; it takes one JSON object");
  }
  StoredQuery stored;
  for (const auto& [key, value] : scalars.values()) {
    if (key == "query") stored.columns = value;
    const auto known = std::ranges::find(kKnown, key, &Known::key);
    if (known == kKnown.end()) continue;
    const std::string text = as_option_value(key, value);
    if (!text.empty()) stored.options.push_back(std::string(known->option) + "=" + text);
  }
  return stored;
}

}  // namespace weir
