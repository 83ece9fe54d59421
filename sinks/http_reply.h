// What a server's answer means for the records that were sent.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/http_client.h"

namespace weir {

enum class HttpVerdict : std::uint8_t {
  kTaken,         // 2xx: what the body says of it counts
  kRetry,         // no answer, 408, 429 or 5xx: another try may help; 3xx: another URL
  kTooLarge,      // 413: a smaller request may help
  kUnauthorized,  // 401, 403: other credentials may help
  kRefuse,        // every other status of 4xx: it will not
};
HttpVerdict judge(const HttpReply& reply);

// Whether the server may have taken what it did not confirm. It has not where there was no connection, or a status
// says so.
bool may_have_taken(const HttpReply& reply);

// OpenObserve answers with 200 even where it took only some records, and does not say which:
// {"code":200,"status":[{"name":"netflow","successful":998,"failed":2,"error":"…"}]}
struct OpenObserveReply {
  bool confirmed = false;  // the body is such an answer, whole, with code 200
  std::uint64_t failed = 0;
  std::string error;
};
OpenObserveReply read_openobserve_reply(std::string_view body);

// The answer of _bulk: {"took":30,"errors":true,"items":[{"create":{"_id":"…","status":429,"error":{"reason":"…"}}},…]}
struct BulkItem {
  std::string id;
  unsigned status = 0;
  std::string error;
};
struct BulkReply {
  bool confirmed = false;  // whole, and with "errors"
  bool errors = false;
  std::vector<BulkItem> items;
};
BulkReply read_bulk_reply(std::string_view body);

// What became of each of `count` records: taken, to be tried again, or refused for a reason. Items are found by their
// id, or by their place where there are no ids and as many items as records; of two for one record the first counts.
// Records without an item count as taken: a server may be set to tell of failures only. `doubtful` failures belong to
// records that nobody can tell, which count as taken too.
struct BulkOutcome {
  std::vector<bool> settled;  // not to be sent again
  struct Refusal {
    std::size_t record;
    unsigned status;
    std::string error;
  };
  std::vector<Refusal> refused;
  std::uint64_t doubtful = 0;
  std::string error;  // the first of all
};
BulkOutcome read_outcome(const BulkReply& reply, std::size_t count,
                         const std::function<std::string(std::size_t)>& id_of_record);

// One line for people: the error, or the status and the start of the body.
std::string describe(const HttpReply& reply);
// The first bytes of a text that a server sent, control characters blanked.
std::string excerpt(std::string_view text, std::size_t most = 200);

}  // namespace weir
