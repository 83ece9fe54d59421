// What may stand in a spool's files: a header with its item, and settlements. Everything that is accepted is whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sinks/spool_format.h"

namespace weir {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_item(Bytes bytes) {
  const auto header = read_spool_header(bytes);
  if (!header) return;
  const auto parcel = read_spool_item(*header, bytes.subspan(kSpoolItemHeader));
  if (!parcel) return;
  require(static_cast<std::size_t>(std::ranges::count(parcel->lines(), '\n')) == parcel->records());
}

// Any bits settle a parcel's records and no others.
void check_bits(Bytes bytes) {
  constexpr std::uint32_t kRecords = 21, kFlows = 13;
  Parcel parcel(1, std::string(kRecords, '\n'), kRecords, kFlows);
  parcel.restore({bytes.begin(), bytes.end()});
  require(parcel.pending() <= kRecords && parcel.pending_flows() <= kFlows);
  require(parcel.settle_first(parcel.pending()) <= kFlows && parcel.pending() == 0 && parcel.pending_flows() == 0);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::check_item({data, size});
  weir::check_bits({data, size});
  return 0;
}
