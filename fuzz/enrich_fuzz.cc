// Any bytes as the data section of a database, as a whole database file, and as a file of own networks: what is read is
// fit to be put into a batch.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "enrich/database_record.h"
#include "enrich/geo_database.h"
#include "enrich/network_table.h"
#include "flow/batch.h"

namespace {

void check(const weir::PlaceDraft& draft) {
  weir::FlowBatch batch;
  const std::uint16_t number = batch.add_place(draft.place(), draft.texts());
  if (number == 0) std::abort();
  std::size_t length = 0;
  for (const auto text : weir::kPlaceTexts) length += batch.text(batch.place(number).*text).size();
  if (length != draft.texts().size()) std::abort();
}

void as_database(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const auto database = weir::GeoDatabase::open("/proc/self/fd/" + std::to_string(file));
  ::close(file);
  if (!database) return;
  for (const char* text : {"0.0.0.0", "10.0.1.1", "255.255.255.255", "::", "2001:db8::1"}) {
    const auto address = weir::IpAddress::parse(text);
    const std::uint32_t record = (*database)->find(address->bytes, address->family);
    if (record == 0) continue;
    weir::PlaceDraft draft;
    (*database)->add_to(draft, record);
    check(draft);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t kind = data[0];
  ++data;
  --size;
  if (kind % 3 == 0) {
    weir::PlaceDraft draft;
    (void)weir::read_database_record({data, size}, 0, draft);
    check(draft);
  } else if (kind % 3 == 1) {
    as_database(data, size);
  } else {
    const auto table = weir::NetworkTable::parse({reinterpret_cast<const char*>(data), size}, "networks.csv");
    if (table) (void)table->find({10, 0, 0, 1}, weir::Family::kV4);
  }
  return 0;
}
