#include "web/http_guard.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "flow/endpoint.h"
#include "query/words.h"

namespace weir {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool is_own_origin(std::string_view origin, std::string_view host) {
  return origin == "http://" + std::string(host) || origin == "https://" + std::string(host);
}

}  // namespace

bool shows_token(std::string_view authorization, std::string_view token) {
  if (token.empty()) return true;
  if (lower(authorization.substr(0, kScheme.size())) != kScheme) return false;
  std::string_view shown = authorization.substr(kScheme.size());
  while (shown.starts_with(' ')) shown.remove_prefix(1);
  return shown.size() == token.size() && ::CRYPTO_memcmp(shown.data(), token.data(), token.size()) == 0;
}

bool is_loopback(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  if (plain.family == Family::kV4) return plain.bytes[0] == 127;
  return plain == *IpAddress::parse("::1");
}

bool is_loopback_host(std::string_view host) {
  if (host.empty() || host.find_first_of("/@ \t") != std::string_view::npos) return false;
  const auto parsed = parse_host_port(host, 80);
  if (!parsed) return false;
  if (lower(parsed->host) == "localhost") return true;
  const auto address = IpAddress::parse(parsed->host);
  return address && is_loopback(*address);
}

std::optional<HttpRefusal> refusal(const HttpCaller& caller, std::string_view token, bool open) {
  if (!token.empty()) {
    if (open || shows_token(caller.authorization, token)) return std::nullopt;
    return HttpRefusal{401, "a token is needed: Authorization: Bearer TOKEN"};
  }
  if (!is_loopback_host(caller.host)) {
    return HttpRefusal{403,
                       "asked under a host name that is not this machine's; use localhost, or configure a token "
                       "(--http-token-file)"};
  }
  if (open) return std::nullopt;
  const bool own_site =
      caller.sec_fetch_site.empty() || caller.sec_fetch_site == "same-origin" || caller.sec_fetch_site == "none";
  if (!own_site || (!caller.origin.empty() && !is_own_origin(caller.origin, caller.host))) {
    return HttpRefusal{403, "asked by another web site"};
  }
  return std::nullopt;
}

}  // namespace weir
