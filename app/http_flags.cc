#include "app/http_flags.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "app/checks.h"
#include "app/memory_limit.h"
#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr unsigned kQueries = 4;
// Of the memory that this process may have, the share of each query's tables, in percent.
constexpr std::size_t kMemoryPercent = 12;
constexpr auto kLongestTimeout = std::chrono::hours(24);

}  // namespace

void add_http_options(CLI::App& command, HttpFlags& flags, const std::string& help, const std::string& group) {
  command.add_option("--http", flags.address, help)
      ->type_name("ADDRESS")
      ->check(not_empty())
      ->capture_default_str()
      ->group(group);
  const auto file = [&](const char* name, std::string& target, const char* text) {
    command.add_option(name, target, text)->type_name("FILE")->check(not_empty())->group(group);
  };
  file("--http-token-file", flags.token_file,
       "Whoever asks over HTTP must show the token in this file, which is made where\n"
       "there is none; needed where --http is no loopback address. Also: WEIR_HTTP_TOKEN");
  file("--http-cert", flags.cert, "Serve HTTPS with this certificate (PEM, with its chain)");
  file("--http-key", flags.key, "and this key");
}

void add_query_timeout_option(CLI::App& command, HttpFlags& flags) {
  command.add_option("--query-timeout", flags.query_timeout, "Queries over HTTP end after this long")
      ->type_name("TIME")
      ->check(not_empty())
      ->capture_default_str();
}

HttpServerOptions http_options(const HttpFlags& flags) {
  HttpServerOptions options;
  options.address = flags.address;
  options.token_file = flags.token_file;
  options.cert_file = flags.cert;
  options.key_file = flags.key;
  if (const char* token = std::getenv("WEIR_HTTP_TOKEN"); token != nullptr) options.token = token;
  return options;
}

Result<std::shared_ptr<StoreApi>> store_api(const HttpFlags& flags, const std::string& directory) {
  const auto timeout = parse_duration(flags.query_timeout);
  if (!timeout) return fail("--query-timeout " + flags.query_timeout + ": " + timeout.error().message);
  if (timeout->count() <= 0 || *timeout > kLongestTimeout) {
    return fail("--query-timeout " + flags.query_timeout + ": it must be more than zero and at most a day");
  }
  StoreApiOptions options;
  options.store = directory;
  options.memory = available_memory() / 100 * kMemoryPercent;
  options.timeout = *timeout;
  options.queries = kQueries;
  return std::make_shared<StoreApi>(std::move(options));
}

void log_http(const HttpServerOptions& options, const std::string& url, const std::string& what) {
  spdlog::info("{} on {}", what, url);
  if (!options.token.empty()) {
    spdlog::info("whoever asks there must show the token in WEIR_HTTP_TOKEN");
  } else if (!options.token_file.empty()) {
    spdlog::info("whoever asks there must show the token in {}", options.token_file);
  }
}

}  // namespace weir
