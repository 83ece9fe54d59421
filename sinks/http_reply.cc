#include "sinks/http_reply.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t kExcerpt = 200;

struct FailureFinder : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FailureFinder> {
  PartialFailure found;
  std::string key;

  bool Default() {
    key.clear();
    return true;
  }
  bool Uint(unsigned v) { return Uint64(v); }
  bool Uint64(std::uint64_t v) {
    if (key == "failed") found.failed += v;
    return Default();
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (key == "error" && found.error.empty()) found.error = excerpt({text, length});
    return Default();
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key.assign(text, length);
    return true;
  }
};

}  // namespace

HttpVerdict judge(const HttpReply& reply) {
  if (reply.status >= 200 && reply.status < 300) return HttpVerdict::kTaken;
  const bool may_help = reply.status == 0 || reply.status == 408 || reply.status == 429 || reply.status >= 500;
  return may_help ? HttpVerdict::kRetry : HttpVerdict::kRefuse;
}

PartialFailure find_partial_failure(std::string_view body) {
  FailureFinder finder;
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(body.data(), body.size());
  // Iterative: a body nested a thousand deep must not use up the stack.
  const auto result = reader.Parse<rapidjson::kParseIterativeFlag>(stream, finder);
  return result.IsError() ? PartialFailure{} : finder.found;
}

std::string excerpt(std::string_view text) {
  std::string result(text.substr(0, kExcerpt));
  std::ranges::replace_if(result, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return result;
}

std::string describe(const HttpReply& reply) {
  if (reply.status == 0) return reply.error;
  const std::string status = "the server answered " + std::to_string(reply.status);
  return reply.body.empty() ? status : status + ": " + excerpt(reply.body);
}

}  // namespace weir
