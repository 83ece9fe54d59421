#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <optional>

#include "collector/import/extra_text.h"
#include "collector/import/record_parser.h"

namespace weir {
namespace {

bool is_list(FieldType type) { return type == FieldType::kUnsignedList || type == FieldType::kAddressList; }

std::uint64_t all_common(unsigned word) {
  std::uint64_t bits = 0;
  for (const FieldInfo& field : kFields) {
    const auto n = static_cast<unsigned>(field.id);
    if (field.group == FieldGroup::kCommon && n >> 6 == word) bits |= std::uint64_t{1} << (n & 63);
  }
  return bits;
}

// The reader calls itself for every bracket.
constexpr unsigned kMaxDepth = 64;

// Takes the events of one record. Numbers come as they are written.
class Handler {
 public:
  Handler(FlowDraft& draft, const RecordParser::Ignored& ignored, const rapidjson::MemoryStream& stream)
      : draft_(draft), ignored_(ignored), stream_(stream) {}

  bool Null() { return value(JsonKind::kOther, "null"); }
  bool Bool(bool b) { return value(JsonKind::kOther, b ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return value(JsonKind::kOther, {text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return value(JsonKind::kText, {text, length}); }
  bool StartObject() {
    if (depth_++ == 0) return true;
    return start_nested();
  }
  bool EndObject(rapidjson::SizeType) { return --depth_ == 0 || end_nested(); }
  bool StartArray() {
    ++depth_;
    if (depth_ == 2 && field_ && is_list(field_info(*field_).type)) {
      draft_.clear_list(*field_);
      in_list_ = true;
      return true;
    }
    return start_nested();
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    if (depth_ != 1 || !in_list_) return end_nested();
    in_list_ = false;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ != 1) return true;
    key_.assign(text, length);
    field_ = find_key(key_);
    if (!field_) return true;
    const auto n = static_cast<unsigned>(*field_);
    seen_[n >> 6] |= std::uint64_t{1} << (n & 63);
    return true;
  }
  // SAX events that raw numbers leave no use for.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  // A record with a field left out of those that full records always have is a compact one: what it names is there.
  bool compact() const {
    static const std::uint64_t common[2] = {all_common(0), all_common(1)};
    return (seen_[0] & common[0]) != common[0] || (seen_[1] & common[1]) != common[1];
  }
  const std::string& trouble() const { return trouble_; }

 private:
  // Keys mostly come in the order of the table.
  std::optional<FieldId> find_key(std::string_view name) {
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const std::size_t at = (next_ + i) % kFieldCount;
      if (kFields[at].name != name) continue;
      next_ = at + 1;
      return kFields[at].id;
    }
    return std::nullopt;
  }

  bool fail(std::string what) {
    trouble_ = std::move(what);
    return false;
  }

  bool value(JsonKind kind, std::string_view text) {
    if (depth_ == 0) return fail("not a JSON object");
    if (in_list_) {
      if (depth_ > 2) return true;
      if (auto trouble = draft_.add_item(*field_, text)) return fail(std::move(*trouble));
      return true;
    }
    if (depth_ > 1) return true;
    if (field_) {
      if (kind == JsonKind::kOther && text == "null") return true;
      if (auto trouble = draft_.set(*field_, text)) return fail(std::move(*trouble));
      return true;
    }
    if (!add_extra(draft_, key_, kind, text)) ignored_(key_);
    return true;
  }

  bool start_nested() {
    if (depth_ == 1) return fail("not a JSON object");
    if (field_) return fail(key_ + ": a list or an object cannot stand here");
    if (depth_ == 2) nested_begin_ = stream_.Tell() - 1;
    if (depth_ > kMaxDepth) return fail("brackets deeper than " + std::to_string(kMaxDepth));
    return true;
  }
  bool end_nested() {
    if (depth_ != 1) return true;
    const std::string_view text(stream_.begin_ + nested_begin_, stream_.Tell() - nested_begin_);
    if (!add_extra(draft_, key_, JsonKind::kOther, text)) ignored_(key_);
    return true;
  }

  FlowDraft& draft_;
  const RecordParser::Ignored& ignored_;
  const rapidjson::MemoryStream& stream_;
  unsigned depth_ = 0;
  bool in_list_ = false;
  std::optional<FieldId> field_;
  std::string key_;
  std::size_t next_ = 0;
  std::size_t nested_begin_ = 0;
  std::uint64_t seen_[2] = {};
  std::string trouble_;
};

std::string_view syntax_error(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty: return "empty";
    case rapidjson::kParseErrorDocumentRootNotSingular: return "something stands behind the object";
    case rapidjson::kParseErrorObjectMissName: return "a name was expected";
    case rapidjson::kParseErrorObjectMissColon: return "a ':' was expected";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "a ',' or '}' was expected";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "a ',' or ']' was expected";
    case rapidjson::kParseErrorStringInvalidEncoding: return "not UTF-8";
    case rapidjson::kParseErrorStringMissQuotationMark: return "a text does not end";
    default: return "a value was expected";
  }
}

class JsonParser : public RecordParser {
 public:
  explicit JsonParser(Ignored ignored) : ignored_(std::move(ignored)) {}

  Outcome parse(std::string_view text, FlowDraft& draft, std::string& why) override {
    constexpr unsigned kPlain = rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream stream(text.data(), text.size());
    Handler handler(draft, ignored_, stream);
    // Looking at every character for what few lines have would take a quarter of the time.
    const bool ascii = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    const rapidjson::ParseResult result =
        ascii ? reader_.Parse<kPlain>(stream, handler)
              : reader_.Parse < kPlain | rapidjson::kParseValidateEncodingFlag > (stream, handler);
    if (result.IsError()) {
      why = handler.trouble();
      if (why.empty()) {
        why = "not JSON at character " + std::to_string(result.Offset() + 1) + ": ";
        why += syntax_error(result.Code());
      }
      return Outcome::kBad;
    }
    if (handler.compact()) draft.keep_zeros();
    return Outcome::kFlow;
  }

 private:
  Ignored ignored_;
  rapidjson::Reader reader_;
};

}  // namespace

std::unique_ptr<RecordParser> make_json_parser(RecordParser::Ignored ignored) {
  return std::make_unique<JsonParser>(std::move(ignored));
}

}  // namespace weir
