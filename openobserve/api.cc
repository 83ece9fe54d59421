#include "openobserve/api.h"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

constexpr std::size_t kExcerpt = 300;

// What OpenObserve says of an error, in one line.
std::string message_of(const std::string& body) {
  std::string text = body.substr(0, kExcerpt);
  if (const auto answer = json_texts(body)) {
    for (const char* name : {"message", "error"}) {
      const auto found = answer->find(name);
      if (found == answer->end() || found->second.empty()) continue;
      text = found->second.substr(0, kExcerpt);
      break;
    }
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace

OpenObserveApi::OpenObserveApi(HttpOptions http) : http_(std::move(http)), client_(http_, abort_) {}

Result<std::string> OpenObserveApi::answer(const std::string& url, HttpReply reply) const {
  if (reply.status == 0) {
    return fail(fmt::format("no answer from {}: {}; is OpenObserve running there?", url, reply.error));
  }
  if (reply.status == 401) {
    return fail(
        fmt::format("{} refuses the user and password (401); give --user and --password-file, or the whole "
                    "Authorization header in WEIR_HTTP_AUTHORIZATION",
                    http_.url));
  }
  if (reply.status == 403) {
    return fail(fmt::format("this user may not do that: {} answers 403, {}", url, message_of(reply.body)));
  }
  if (reply.status < 200 || reply.status > 299) {
    return fail(fmt::format("{} answers {}: {}", url, reply.status, message_of(reply.body)));
  }
  return std::move(reply.body);
}

Result<std::string> OpenObserveApi::get(const std::string& path) {
  return answer(url(path), client_.request(HttpMethod::kGet, url(path)));
}

Result<std::string> OpenObserveApi::send(HttpMethod method, const std::string& path, std::string_view json) {
  return answer(url(path), client_.request(method, url(path), json));
}

Result<std::vector<JsonTexts>> OpenObserveApi::list(const std::string& path, std::string_view name) {
  auto body = get(path);
  if (!body) return std::unexpected(body.error());
  auto objects = json_list(*body, name);
  if (!objects) {
    return fail(
        fmt::format("{} does not answer as OpenObserve does; --url is the server's address, such as "
                    "http://localhost:5080",
                    url(path)));
  }
  return std::move(*objects);
}

}  // namespace weir
