#include "tests/support/json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <sstream>
#include <stdexcept>

namespace weir::test {
namespace {

// Values at depth 1 become text; deeper ones are written out again as they come.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  explicit Handler(Record& record) : record_(record) {}

  bool Null() {
    return scalar("null", [&] { return nested_.Null(); });
  }
  bool Bool(bool b) {
    return scalar(b ? "true" : "false", [&] { return nested_.Bool(b); });
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const std::string digits(text, length);
    return scalar(digits, [&] { return nested_.RawValue(text, length, rapidjson::kNumberType); });
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return scalar(std::string(text, length), [&] { return nested_.String(text, length); });
  }
  bool StartObject() {
    if (depth_++ == 0) return true;
    return nested_.StartObject();
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ > 1) return nested_.Key(text, length);
    key_.assign(text, length);
    return !record_.contains(key_);
  }
  bool EndObject(rapidjson::SizeType) { return --depth_ == 0 || (nested_.EndObject() && finish()); }
  bool StartArray() { return depth_++ != 0 && nested_.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return --depth_ != 0 && nested_.EndArray() && finish(); }

 private:
  template <typename Write>
  bool scalar(const std::string& text, Write write) {
    if (depth_ == 0) return false;
    if (depth_ > 1) return write();
    record_[key_] = text;
    return true;
  }
  bool finish() {
    if (depth_ != 1) return true;
    record_[key_] = buffer_.GetString();
    buffer_.Clear();
    nested_.Reset(buffer_);
    return true;
  }

  Record& record_;
  std::string key_;
  int depth_ = 0;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> nested_{buffer_};
};

}  // namespace

Record parse_record(const std::string& text) {
  Record record;
  Handler handler(record);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  if (!reader.Parse<kFlags>(stream, handler)) throw std::runtime_error("not a JSON object: " + text);
  return record;
}

std::vector<Record> parse_records(const std::string& json_lines) {
  std::vector<Record> records;
  std::istringstream stream(json_lines);
  for (std::string line; std::getline(stream, line);) records.push_back(parse_record(line));
  return records;
}

}  // namespace weir::test
