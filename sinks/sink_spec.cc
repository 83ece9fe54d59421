#include "sinks/sink_spec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

#include "base/suggest.h"

namespace weir {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 10> kSizeUnits = {{
    {"", 1},
    {"b", 1},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"tb", 1'000'000'000'000},
    {"kib", std::uint64_t{1} << 10},
    {"mib", std::uint64_t{1} << 20},
    {"gib", std::uint64_t{1} << 30},
    {"tib", std::uint64_t{1} << 40},
}};

constexpr std::array<Unit, 7> kDurationUnits = {{
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
    {"w", 7 * 86'400'000},
    {"y", 365 * 86'400'000ULL},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Digits and one of `units`, and a product that fits 63 bits.
Result<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units, std::string_view example) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{}) {
    const std::string unit = lower(text.substr(static_cast<std::size_t>(end - text.data())));
    for (const auto& [name, factor] : units) {
      if (unit != name) continue;
      constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
      if (number > kMost / factor) return fail("it is too large");
      return number * factor;
    }
  }
  return fail("write it like " + std::string(example));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Calls visit(part) for each part of `text` between '&'s.
template <typename Visit>
void for_each_part(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    if (end != 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Result<SinkOptions::Entry> parse_option(std::string_view part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return fail("option '" + std::string(part) + "' has no value: write key=value");
  std::string key(part.substr(0, equals));
  auto value = percent_decode(part.substr(equals + 1));
  if (!value) return fail("option '" + key + "': " + value.error().message);  // the value may be a secret
  return SinkOptions::Entry{std::move(key), *std::move(value)};
}

bool is_http_option(std::string_view part, std::span<const std::string_view> http_options) {
  return std::ranges::find(http_options, part.substr(0, part.find('='))) != http_options.end();
}

// Sorts the query's parts into options and, for http, what stays in the URL.
Result<void> parse_query(std::string_view query, bool is_http, std::span<const std::string_view> http_options,
                         SinkSpec& spec) {
  std::string stays, error;
  for_each_part(query, [&](std::string_view part) {
    if (is_http && !is_http_option(part, http_options)) {
      stays.append(stays.empty() ? "?" : "&").append(part);
      return;
    }
    auto option = parse_option(part);
    if (option) {
      spec.options.push_back(*std::move(option));
    } else if (error.empty()) {
      error = option.error().message;
    }
  });
  spec.target += stays;
  if (!error.empty()) return fail(error);
  return {};
}

bool is_network_scheme(std::string_view scheme) { return scheme == "udp" || scheme == "tcp" || scheme == "tls"; }

std::string target_of(std::string_view spec, std::string_view scheme, std::size_t question) {
  if (scheme.starts_with("http")) return std::string(spec.substr(0, question));
  const std::size_t begin = std::min(scheme.size() + 1, question);
  return std::string(spec.substr(begin, question - begin));
}

}  // namespace

Result<std::vector<SinkOptions::Entry>> parse_options(std::string_view query) {
  SinkSpec spec;
  if (auto parsed = parse_query(query, false, {}, spec); !parsed) return std::unexpected(parsed.error());
  return std::move(spec.options);
}

Result<std::uint64_t> parse_size(std::string_view text) { return parse_with_unit(text, kSizeUnits, "100MB or 1GiB"); }

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto ms = parse_with_unit(text, kDurationUnits, "500ms, 10s, 5m, 1h, 30d or 2y");
  if (!ms) return std::unexpected(ms.error());
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

Result<std::string> percent_decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail("'%' must be followed by two hex digits (a '%' itself is %25)");
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

bool SinkOptions::take(std::string_view key, std::string& value) {
  asked_.emplace_back(key);
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  if (found == entries_.end()) return false;
  value = std::move(found->second);
  entries_.erase(found);
  if (std::ranges::find(entries_, key, &Entry::first) != entries_.end()) note(key, value, "it is given twice");
  return true;
}

void SinkOptions::note(std::string_view key, std::string_view value, std::string_view problem) {
  if (!error_.empty()) return;
  error_ = std::string(key) + "=" + std::string(value) + ": " + std::string(problem);
}

std::string SinkOptions::take_text(std::string_view key, std::string fallback) {
  take(key, fallback);
  return fallback;
}

std::vector<std::string> SinkOptions::take_all(std::string_view key) {
  asked_.emplace_back(key);
  std::vector<std::string> values;
  std::erase_if(entries_, [&](Entry& entry) {
    if (entry.first != key) return false;
    values.push_back(std::move(entry.second));
    return true;
  });
  return values;
}

std::uint64_t SinkOptions::take_number(std::string_view key, std::uint64_t fallback, std::uint64_t least,
                                       std::uint64_t most) {
  std::string text;
  if (!take(key, text)) return fallback;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= least && number <= most) return number;
  note(key, text, "it must be a number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

std::uint64_t SinkOptions::take_size(std::string_view key, std::uint64_t fallback) {
  std::string text;
  if (!take(key, text)) return fallback;
  const auto size = parse_size(text);
  if (size && *size > 0) return *size;
  note(key, text, size ? "it must not be zero" : size.error().message);
  return fallback;
}

std::chrono::milliseconds SinkOptions::take_duration(std::string_view key, std::chrono::milliseconds fallback) {
  std::string text;
  if (!take(key, text)) return fallback;
  // Beyond ten years sums with the clock would overflow.
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(24 * 3650);
  const auto duration = parse_duration(text);
  if (duration && duration->count() > 0 && *duration <= kMost) return *duration;
  note(key, text, duration ? "it must be more than zero and less than ten years" : duration.error().message);
  return fallback;
}

bool SinkOptions::take_flag(std::string_view key, bool fallback) {
  static constexpr std::string_view kChoices[] = {"false", "true"};
  return take_choice(key, kChoices, fallback ? 1 : 0) == 1;
}

std::size_t SinkOptions::take_choice(std::string_view key, std::span<const std::string_view> choices,
                                     std::size_t fallback) {
  std::string text;
  if (!take(key, text)) return fallback;
  const auto found = std::ranges::find(choices, text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  std::string list;
  for (const std::string_view choice : choices) list.append(list.empty() ? "" : ", ").append(choice);
  note(key, text, "it must be one of " + list);
  return fallback;
}

Result<void> SinkOptions::finish() const {
  if (!error_.empty()) return fail(error_);
  if (entries_.empty()) return {};
  const std::string& unknown = entries_.front().first;
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  std::string list;
  for (const std::string_view key : known) list.append(list.empty() ? "" : ", ").append(key);
  return fail("unknown option '" + unknown + "'" + did_you_mean(unknown, known) + " (there are: " + list + ")");
}

Result<SinkSpec> parse_sink_spec(std::string_view spec, std::span<const std::string_view> http_options) {
  static constexpr std::string_view kSchemes[] = {"stdout", "file", "store", "http", "https", "udp", "tcp", "tls"};
  const std::size_t scheme_end = std::min(spec.find_first_of(":?"), spec.size());
  SinkSpec result;
  result.scheme = spec.substr(0, scheme_end);
  if (std::ranges::find(kSchemes, result.scheme) == std::end(kSchemes)) {
    if (spec.find_first_of("./") < scheme_end) return fail("write file:" + std::string(spec) + " for a file");
    return fail("unknown sink '" + result.scheme + "'" + did_you_mean(result.scheme, kSchemes) +
                " (there are: stdout, file:PATH, store:DIR, http://…, https://…, udp://HOST:PORT, tcp://HOST:PORT, "
                "tls://HOST:PORT)");
  }
  const std::size_t question = std::min(spec.find('?'), spec.size());
  result.target = target_of(spec, result.scheme, question);
  if (is_network_scheme(result.scheme)) {
    if (!result.target.starts_with("//")) return fail("write " + result.scheme + "://HOST:PORT");
    result.target.erase(0, 2);
  }
  if (result.scheme == "stdout" && scheme_end < spec.size() && spec[scheme_end] == ':')
    return fail("stdout takes no path: write file:" + result.target + " for a file");
  const bool is_http = result.scheme.starts_with("http");
  const auto parsed = parse_query(spec.substr(std::min(question + 1, spec.size())), is_http, http_options, result);
  if (!parsed) return std::unexpected(parsed.error());
  return result;
}

RecordOptions take_record_options(SinkOptions& options, bool formats) {
  static constexpr std::string_view kFormats[] = {"json", "csv", "text"};
  static constexpr std::string_view kFields[] = {"full", "compact", "all"};
  static constexpr std::string_view kBiflows[] = {"split", "merge"};
  RecordOptions result;
  static constexpr RecordFormat kFormatOf[] = {RecordFormat::kJsonLines, RecordFormat::kCsv, RecordFormat::kText};
  if (formats) result.format = kFormatOf[options.take_choice("format", kFormats, 0)];
  result.fields = static_cast<FieldSelection>(options.take_choice("fields", kFields, 0));
  result.split_biflows = options.take_choice("biflow", kBiflows, 0) == 0;
  return result;
}

}  // namespace weir
