// Bodies of a server's answers. The first byte picks how many records the request had. Whatever they say, every record
// has one fate.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/http_reply.h"

namespace weir {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::size_t records, std::string_view body) {
  const OpenObserveReply openobserve = read_openobserve_reply(body);
  require(openobserve.confirmed || openobserve.error.size() <= 200);
  const BulkReply bulk = read_bulk_reply(body);
  const BulkOutcome outcome = read_outcome(bulk, records, [](std::size_t i) { return "r" + std::to_string(i); });
  require(outcome.settled.size() == records);
  require(outcome.refused.size() + outcome.doubtful <= bulk.items.size());
  for (const auto& refusal : outcome.refused) require(refusal.record < records);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0) weir::check(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
