// What a server's answer means for the records that were sent.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/http_client.h"

namespace weir {

enum class HttpVerdict : std::uint8_t {
  kTaken,
  kRetry,   // no answer, 408, 429 or 5xx: another try may help
  kRefuse,  // every other status: it will not
};
HttpVerdict judge(const HttpReply& reply);

// OpenObserve answers with 200 even where it took only some records:
// {"code":200,"status":[{"name":"netflow","successful":998,"failed":2,"error":"…"}]}
struct PartialFailure {
  std::uint64_t failed = 0;
  std::string error;
};
// All zero when `body` is anything else.
PartialFailure find_partial_failure(std::string_view body);

// One line for people: the error, or the status and the start of the body.
std::string describe(const HttpReply& reply);
// The first bytes of a text that a server sent, control characters blanked.
std::string excerpt(std::string_view text);

}  // namespace weir
