// Where an HTTP server listens, and who may ask it.
//
// Thread rules: value type; functions without shared state.
#pragma once

#include <string>

#include "base/error.h"

namespace weir {

struct HttpServerOptions {
  std::string address = {};     // "host:port", ":port" (loopback only) or "[v6]:port"
  std::string token = {};       // empty: none is asked for, which only loopback addresses may do
  std::string token_file = {};  // instead of `token`: read, or made with a random token where there is none
  std::string cert_file = {};   // PEM; TLS where it is given
  std::string key_file = {};
  bool may_be_off = true;  // "off" as an address, which whoever calls takes, is a remedy for errors to name
};

// `token`, or the one in `token_file`; a file made anew is only this user's to read.
Result<std::string> http_token(const HttpServerOptions& options);

}  // namespace weir
