#include "sinks/http_options.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/suggest.h"
#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr std::string_view kHttpOptions[] = {
    "form",      "index",     "batch",         "batch-bytes", "flush",       "in-flight",
    "header",    "compress",  "header-file",   "gzip",        "timeout",     "retry-max",
    "ca",        "cert",      "key",           "proxy",       "timestamp",   "spool",
    "spool-dir", "spool-max", "max-unspooled", "retries",     "dead-letter", "dead-letter-max",
    "fields",    "biflow"};
constexpr std::string_view kForms[] = {"json", "ndjson", "bulk", "multi"};   // as HttpForm
constexpr std::string_view kCompressions[] = {"none", "gzip", "zstd"};       // as HttpCompression
constexpr std::string_view kSpoolModes[] = {"off", "on-failure", "always"};  // as SpoolMode
constexpr std::string_view kTimestamps[] = {"false", "true", "received", "end"};
constexpr std::size_t kEndTimestamp = 3;
constexpr std::size_t kLargestHeaderFile = 64 * 1024;
constexpr std::uint64_t kMostFlows = 100'000;
constexpr std::uint64_t kMostBytes = 256 << 20;
constexpr std::uint64_t kMostInFlight = 64;
constexpr std::uint64_t kLeastSpool = 1'000'000;

struct CurlUrlDelete {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDelete>;

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  ::curl_free(text);
  return result;
}

// Takes the user and password out of the URL.
Result<void> split_url(const std::string& text, HttpOptions& options) {
  const CurlUrl url(::curl_url());
  const std::size_t host = text.find("://") + 3;
  if (host == text.find(':') + 3 && host < text.size() && text[host] == '/') return fail("the URL names no host");
  const CURLUcode parsed =
      host == text.size() ? CURLUE_NO_HOST : ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (parsed == CURLUE_NO_HOST || parsed == CURLUE_BAD_HOSTNAME) return fail("the URL names no host");
  if (parsed != CURLUE_OK) return fail(std::string("this is not a URL: ") + ::curl_url_strerror(parsed));
  options.user = url_part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  options.password = url_part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    ::curl_url_set(url.get(), part, nullptr, 0);
  }
  options.url = url_part(url.get(), CURLUPART_URL);
  return {};
}

bool is_token_char(char c) { return c > ' ' && c != ':' && c != '\x7f'; }

// RFC 9110 §5.1, §5.5: a name, a colon, a value without control characters.
bool is_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  return std::ranges::all_of(line.substr(0, colon), is_token_char) &&
         std::ranges::none_of(line, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

Result<void> add_header(std::string line, const std::string& where, HttpOptions& options) {
  if (!is_header(line)) return fail(where + ": a header is written NAME: VALUE");
  options.headers.push_back(std::move(line));
  return {};
}

Result<void> add_header_file(const std::string& path, HttpOptions& options) {
  const auto content = read_file(path, kLargestHeaderFile);
  if (!content) return fail("header-file: " + content.error().message);
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (auto added = add_header(std::move(line), path, options); !added) return added;
  }
  return {};
}

bool has_authorization(const HttpOptions& options) {
  return std::ranges::any_of(options.headers, [](std::string_view header) {
    constexpr std::string_view kName = "authorization:";
    return std::ranges::equal(header.substr(0, kName.size()), kName,
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
  });
}

Result<void> settle_authorization(HttpOptions& options) {
  if (has_authorization(options)) {
    options.user.clear();
    options.password.clear();
    return {};
  }
  const char* const from_environment = std::getenv("WEIR_HTTP_AUTHORIZATION");
  if (!options.user.empty() || !options.password.empty() || from_environment == nullptr) return {};
  return add_header("Authorization: " + std::string(from_environment), "WEIR_HTTP_AUTHORIZATION", options);
}

Result<void> take_headers(SinkOptions& given, HttpOptions& options) {
  for (std::string& header : given.take_all("header")) {
    if (auto added = add_header(std::move(header), "header", options); !added) return added;
  }
  options.given_headers = options.headers;
  options.header_file = given.take_text("header-file");
  if (!options.header_file.empty()) {
    if (auto added = add_header_file(options.header_file, options); !added) return added;
  }
  return settle_authorization(options);
}

void take_request_options(SinkOptions& given, HttpOptions& options) {
  options.batch_flows = given.take_number("batch", options.batch_flows, 1, kMostFlows);
  options.batch_bytes = given.take_size("batch-bytes", options.batch_bytes);
  options.flush = given.take_duration("flush", options.flush);
  options.in_flight = given.take_number("in-flight", options.in_flight, 1, kMostInFlight);
  options.timeout = given.take_duration("timeout", options.timeout);
  const bool gzip = given.take_flag("gzip", false);
  options.compression = HttpCompression(given.take_choice("compress", kCompressions, gzip ? 1 : 0));
  options.ca = given.take_text("ca");
  options.cert = given.take_text("cert");
  options.key = given.take_text("key");
  options.proxy = given.take_text("proxy");
}

// `path` begins at the URL's first '/' behind the host.
Result<void> take_target(SinkOptions& given, std::string_view path, HttpOptions& options) {
  options.target = recognise_target(path);
  const auto recognised = static_cast<std::size_t>(options.target.form);
  const std::string form = given.take_text("form");
  if (!form.empty()) {
    const auto at = std::ranges::find(kForms, form);
    if (at == std::end(kForms)) return fail("form=" + form + ": it must be json, ndjson, bulk or multi");
    options.target.form = HttpForm(at - std::begin(kForms));
    // Another kind of server, that confirms by its status alone.
    if (options.target.form == HttpForm::kJson || options.target.form == HttpForm::kNdjson)
      options.target.openobserve = false;
    if (options.target.form == HttpForm::kMulti) options.target.openobserve = true;
  }
  options.target.index = given.take_text("index");
  if (options.target.form != HttpForm::kBulk)
    return options.target.index.empty() ? Result<void>() : fail("index is an option of bulk requests (form=bulk)");
  const bool named = recognised == static_cast<std::size_t>(HttpForm::kBulk) && names_index(path);
  if (options.target.index.empty() && !named) return fail("the URL names no index or stream; add index=NAME");
  return {};
}

void take_records(SinkOptions& given, HttpOptions& options) {
  options.records = take_record_options(given, false);
  options.records.format = RecordFormat::kJsonLines;
  const std::size_t timestamp = given.take_choice("timestamp", kTimestamps, options.target.openobserve ? 1 : 0);
  options.records.timestamp = timestamp != 0;
  options.records.timestamp_of_end = timestamp == kEndTimestamp;
}

// A directory's name for a URL: its host, for people, and a checksum of all of it.
std::string spool_name(const HttpOptions& options) {
  const std::size_t host = options.name.find("://") + 3;
  std::string name = options.name.substr(host, options.name.find('/', host) - host);
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == ':' || c == '[' || c == ']'; }, '_');
  const std::string key = options.url + ' ' + options.target.index;
  constexpr std::uint64_t kBasis = 0xcbf29ce484222325, kPrime = 0x100000001b3;  // FNV-1a: the same for ever
  std::uint64_t hash = kBasis;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return fmt::format("{}-{:016x}", name, hash);
}

Result<void> take_spool(SinkOptions& given, const std::filesystem::path& base, HttpOptions& options) {
  OutboxOptions& outbox = options.outbox;
  outbox.name = options.name;
  outbox.senders = options.in_flight;
  outbox.longest_pause = given.take_duration("retry-max", outbox.longest_pause);
  outbox.max_unspooled = given.take_size("max-unspooled", outbox.max_unspooled);
  const std::string dir = given.take_text("spool-dir");
  if (!dir.empty()) options.spool.dir = dir;
  if (dir.empty() && !base.empty()) options.spool.dir = base / spool_name(options);
  const bool anywhere = !options.spool.dir.empty();
  outbox.mode = SpoolMode(given.take_choice("spool", kSpoolModes, anywhere ? 1 : 0));
  if (outbox.mode != SpoolMode::kOff && !anywhere)
    return fail("there is no directory for the spool: add spool-dir=DIR");
  options.spool.max_bytes = given.take_size("spool-max", options.spool.max_bytes);
  if (options.spool.max_bytes < kLeastSpool) return fail("spool-max must be 1MB or more");
  const std::string retries = given.take_text("retries");
  if (retries.empty()) return {};
  if (outbox.mode != SpoolMode::kOff)
    return fail("retries needs spool=off: a spool keeps records until they are taken");
  SinkOptions again({{"retries", retries}});
  outbox.retries = static_cast<std::uint32_t>(again.take_number("retries", 0, 0, 1'000'000));
  return again.finish();
}

void take_dead_letters(SinkOptions& given, HttpOptions& options) {
  const std::string path = given.take_text("dead-letter");
  if (path != "none") options.dead_letters = path;
  if (path.empty() && options.outbox.mode != SpoolMode::kOff)
    options.dead_letters = options.spool.dir / "dead-letter.json";
  options.dead_letters_max = given.take_size("dead-letter-max", options.dead_letters_max);
}

// A misspelt option cannot be told for sure from a parameter of the server's, so the log says what may have been meant.
void warn_of_misspelt_options(const HttpOptions& options) {
  std::string_view query = options.url;
  query.remove_prefix(std::min(query.find('?'), query.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    const std::string_view key = parameter.substr(0, parameter.find('='));
    const std::string hint = did_you_mean(key, kHttpOptions);
    if (!hint.empty()) spdlog::warn("{}: '{}' is no option of weir's and stays in the URL{}", options.name, key, hint);
  }
}

}  // namespace

std::string http_display_name(std::string_view spec) {
  spec = spec.substr(0, spec.find_first_of("?#"));
  const std::size_t slashes = spec.find("://");
  const std::size_t host = slashes == std::string_view::npos ? spec.find(':') + 1 : slashes + 3;
  const std::size_t path = spec.find('/', host);
  const std::size_t at = spec.substr(0, path).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(spec);
  return std::string(spec.substr(0, host)).append(spec.substr(at + 1));
}

Result<HttpOptions> parse_http_options(std::string_view spec, const std::filesystem::path& spool_dir) {
  auto parsed = parse_sink_spec(spec, kHttpOptions);
  if (!parsed) return std::unexpected(parsed.error());
  HttpOptions options;
  options.name = http_display_name(spec);
  if (!spec.substr(parsed->scheme.size()).starts_with("://")) return fail("write " + parsed->scheme + "://HOST/PATH");
  if (auto split = split_url(parsed->target, options); !split) return std::unexpected(split.error());

  SinkOptions given(std::move(parsed->options));
  const std::size_t path = std::min(options.name.find('/', options.name.find("://") + 3), options.name.size());
  if (auto taken = take_target(given, options.name.substr(path), options); !taken)
    return std::unexpected(taken.error());
  take_request_options(given, options);
  take_records(given, options);
  if (auto taken = take_spool(given, spool_dir, options); !taken) return std::unexpected(taken.error());
  take_dead_letters(given, options);
  if (auto taken = take_headers(given, options); !taken) return std::unexpected(taken.error());
  if (auto finished = given.finish(); !finished) return std::unexpected(finished.error());
  if (options.batch_bytes > kMostBytes) return fail("batch-bytes: it must be at most 256MiB");
  warn_of_misspelt_options(options);
  if (options.records.timestamp_of_end) {
    spdlog::warn(
        "{}: timestamp=end: OpenObserve refuses records older than 5 hours, so that flows which were long, or "
        "waited in the spool, may end in the dead-letter file",
        options.name);
  }
  return options;
}

Result<std::vector<std::string>> reload_headers(const HttpOptions& options) {
  HttpOptions anew;
  anew.headers = options.given_headers;
  anew.user = options.user;
  anew.password = options.password;
  if (!options.header_file.empty()) {
    if (auto added = add_header_file(options.header_file, anew); !added) return std::unexpected(added.error());
  }
  if (auto settled = settle_authorization(anew); !settled) return std::unexpected(settled.error());
  return std::move(anew.headers);
}

}  // namespace weir
