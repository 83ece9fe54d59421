#include "sinks/http_options.h"

#include <curl/curl.h>
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

constexpr std::string_view kHttpOptions[] = {"batch",   "batch-bytes", "flush",   "header", "header-file", "gzip",
                                             "timeout", "timestamp",   "retries", "fields", "biflow"};
constexpr std::size_t kLargestHeaderFile = 64 * 1024;
constexpr std::uint64_t kMostFlows = 100'000;
constexpr std::uint64_t kMostBytes = 256 << 20;

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
  if (const std::string path = given.take_text("header-file"); !path.empty()) {
    if (auto added = add_header_file(path, options); !added) return added;
  }
  return settle_authorization(options);
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

bool is_openobserve(std::string_view url) {
  return url.find("/api/") != std::string_view::npos && url.ends_with("/_json");
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

Result<HttpOptions> parse_http_options(std::string_view spec) {
  auto parsed = parse_sink_spec(spec, kHttpOptions);
  if (!parsed) return std::unexpected(parsed.error());
  HttpOptions options;
  options.name = http_display_name(spec);
  if (!spec.substr(parsed->scheme.size()).starts_with("://")) return fail("write " + parsed->scheme + "://HOST/PATH");
  if (auto split = split_url(parsed->target, options); !split) return std::unexpected(split.error());

  SinkOptions given(std::move(parsed->options));
  options.batch_flows = given.take_number("batch", options.batch_flows, 1, kMostFlows);
  options.batch_bytes = given.take_size("batch-bytes", options.batch_bytes);
  options.flush = given.take_duration("flush", options.flush);
  options.timeout = given.take_duration("timeout", options.timeout);
  options.retries = given.take_number("retries", options.retries, 0, 100);
  options.gzip = given.take_flag("gzip", options.gzip);
  options.records = take_record_options(given, false);
  options.records.format = RecordFormat::kJsonArrayItems;
  options.records.timestamp = given.take_flag("timestamp", is_openobserve(options.name));
  if (auto taken = take_headers(given, options); !taken) return std::unexpected(taken.error());
  if (auto finished = given.finish(); !finished) return std::unexpected(finished.error());
  if (options.batch_bytes > kMostBytes) return fail("batch-bytes: it must be at most 256MiB");
  warn_of_misspelt_options(options);
  return options;
}

}  // namespace weir
