#include "web/query_params.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "query/words.h"

namespace weir {
namespace {

constexpr std::uint64_t kDefaultRows = 1000;
constexpr std::uint64_t kMostRows = 100'000;

std::unexpected<TextError> fail_for(const std::string& option, const std::string& reason) {
  return std::unexpected(TextError{{option + ": " + reason}, option, reason, {}});
}

TextResult<bool> flag_param(const std::string& option, std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail_for(option, in_quotes(text) + " must be true or false");
}

TextResult<std::string> choice_param(const std::string& option, std::string_view text,
                                     std::initializer_list<std::string_view> choices) {
  std::string list;
  for (const std::string_view choice : choices) {
    if (text == choice) return std::string(text);
    list += (list.empty() ? "" : ", ") + std::string(choice);
  }
  return fail_for(option, in_quotes(text) + " must be one of " + list);
}

// Takes parameters one by one.
class Taker {
 public:
  Taker() { params_.text.limit = kDefaultRows; }

  TextResult<void> take(const std::string& name, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) return fail_for(name, "it has a NUL byte");
    if (!seen_.insert(name).second) return fail_for(name, "it is given more than once");
    QueryText& text = params_.text;
    if (std::string* target = text_of(name)) {
      *target = value;
      return {};
    }
    if (bool* target = flag_of(name)) return store(flag_param(name, value), *target);
    if (name == "num_results") return store(number_param(name, value, 1, kMostRows), text.limit);
    if (name == "sort_by") return store(choice_param(name, value, {"bytes", "packets", "time"}), text.sort);
    if (name == "sampling") return store(choice_param(name, value, {"raw", "scaled"}), text.sampling);
    return fail_for(name, "no such parameter" + nearest(name, kNames));
  }

  TextResult<QueryParams> done() {
    if (params_.text.columns.empty()) return fail_for("query", "which columns? such as sip,dip");
    return std::move(params_);
  }

 private:
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"query", "ifaces", "condition", "first", "last", "num_results", "sort_by", "sort_ascending", "in", "out", "sum",
       "biflow", "sampling", "time_resolution", "stream"});

  template <typename T>
  static TextResult<void> store(TextResult<T> value, T& target) {
    if (!value) return std::unexpected(std::move(value.error()));
    target = std::move(*value);
    return {};
  }

  std::string* text_of(const std::string& name) {
    QueryText& text = params_.text;
    const std::map<std::string_view, std::string*> texts{
        {"query", &text.columns}, {"ifaces", &text.interfaces}, {"condition", &text.condition},
        {"first", &text.first},   {"last", &text.last},         {"time_resolution", &text.time_resolution}};
    const auto at = texts.find(name);
    return at == texts.end() ? nullptr : at->second;
  }

  bool* flag_of(const std::string& name) {
    QueryText& text = params_.text;
    const std::map<std::string_view, bool*> flags{{"sort_ascending", &text.ascending},
                                                  {"in", &text.in},
                                                  {"out", &text.out},
                                                  {"sum", &text.sum},
                                                  {"biflow", &text.biflow},
                                                  {"stream", &params_.stream}};
    const auto at = flags.find(name);
    return at == flags.end() ? nullptr : at->second;
  }

  QueryParams params_;
  std::set<std::string> seen_;
};

// The members of one JSON object, handed to a Taker.
class Members : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Members> {
 public:
  explicit Members(Taker& taker) : taker_(taker) {}

  bool Default() { return wrong("it must be a text, a number or a boolean"); }
  bool Null() { return inside_; }  // as if it were not there
  bool Bool(bool value) { return take(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return take({text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return take({text, length}); }
  bool StartObject() {
    if (inside_) return wrong("it must be a text, a number or a boolean");
    return inside_ = true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_.assign(text, length);
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return true; }

  const std::optional<TextError>& error() const { return error_; }

 private:
  bool take(std::string_view value) {
    if (!inside_) return false;
    const auto taken = taker_.take(key_, value);
    if (!taken) error_ = taken.error();
    return taken.has_value();
  }
  bool wrong(const std::string& reason) {
    if (inside_) error_ = fail_for(key_, reason).error();
    return false;
  }

  Taker& taker_;
  std::string key_;
  bool inside_ = false;
  std::optional<TextError> error_;
};

}  // namespace

TextResult<std::uint64_t> number_param(const std::string& option, std::string_view text, std::uint64_t least,
                                       std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc() && end == last && value >= least && value <= most) return value;
  return fail_for(option, in_quotes(text) + " must be a whole number from " + std::to_string(least) + " to " +
                              std::to_string(most));
}

TextResult<QueryParams> query_params(const std::multimap<std::string, std::string>& url) {
  Taker taker;
  for (const auto& [name, value] : url) {
    if (auto taken = taker.take(name, value); !taken) return std::unexpected(std::move(taken.error()));
  }
  return taker.done();
}

TextResult<QueryParams> query_params(std::string_view json) {
  Taker taker;
  Members members(taker);
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  constexpr unsigned kFlags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  if (const auto parsed = reader.Parse<kFlags>(stream, members); parsed.IsError()) {
    if (members.error()) return std::unexpected(*members.error());
    if (parsed.Code() == rapidjson::kParseErrorTermination) return fail_for("body", "it must be one JSON object");
    return fail_for("body", std::string("it must be one JSON object: ") + rapidjson::GetParseError_En(parsed.Code()) +
                                " (at byte " + std::to_string(parsed.Offset()) + ")");
  }
  return taker.done();
}

}  // namespace weir
