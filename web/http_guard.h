// Who may ask an HTTP server: the rules, apart from the server.
//
//   with a token     whoever shows it (Authorization: Bearer TOKEN); what is open needs none
//   without          only this machine listens (HttpServer sees to it), so what is left to keep out are web pages of
//                    others in a browser here: by their Host (DNS rebinding), Sec-Fetch-Site and Origin headers
//
// Thread rules: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/address.h"

namespace weir {

// The headers that count; empty where there is none.
struct HttpCaller {
  std::string_view host = {}, origin = {}, sec_fetch_site = {}, authorization = {};
};

struct HttpRefusal {
  int status;  // 401 or 403
  std::string_view reason;
};

// None: it may. `token` is empty where none is configured; `open` tells a route that needs none.
std::optional<HttpRefusal> refusal(const HttpCaller& caller, std::string_view token, bool open);

// It shows the token, or none is configured. Takes as long for any wrong token of one length.
bool shows_token(std::string_view authorization, std::string_view token);

bool is_loopback(const IpAddress& address);
// "localhost", "127.0.0.1:8080", "[::1]:8080": this machine and no other by name.
bool is_loopback_host(std::string_view host);

}  // namespace weir
