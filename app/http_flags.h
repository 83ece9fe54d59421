// The options of the commands that serve HTTP.
//
// Thread rules: functions without shared state.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/error.h"
#include "web/server_options.h"
#include "web/store_api.h"

namespace weir {

struct HttpFlags {
  std::string address;  // the default, set before the options are defined; "off": none
  std::string token_file = {}, cert = {}, key = {};
  std::string query_timeout = "60s";
};

// --http (with `help`), --http-token-file, --http-cert, --http-key; `flags` outlives `command`.
void add_http_options(CLI::App& command, HttpFlags& flags, const std::string& help,
                      const std::string& group = "Options");
// --query-timeout, of those that serve a store.
void add_query_timeout_option(CLI::App& command, HttpFlags& flags);

// With the token of WEIR_HTTP_TOKEN in the environment.
HttpServerOptions http_options(const HttpFlags& flags);
// The API of the store in `directory`.
Result<std::shared_ptr<StoreApi>> store_api(const HttpFlags& flags, const std::string& directory);

// Says where the server answers, and how to get its token.
void log_http(const HttpServerOptions& options, const std::string& url, const std::string& what);

}  // namespace weir
