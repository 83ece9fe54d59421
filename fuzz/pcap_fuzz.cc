// Any bytes as a capture file: read, dissected, put together from fragments, and searched for export datagrams.
#include <cstdint>
#include <cstdlib>

#include "collector/file_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t delivered = 0;
  std::uint64_t sum = 0;
  weir::FileSource source({}, [&](const weir::Session&, weir::Bytes message, std::uint64_t) {
    ++delivered;
    for (const std::uint8_t byte : message) sum += byte;  // every byte handed out must be there
  });
  auto capture = weir::PacketFile::open(weir::Bytes(data, size));
  if (!capture) return 0;
  (void)source.read(*capture);
  source.finish();
  const auto& packets = source.counts().packets;
  const auto& fragments = source.fragments();
  if (!packets.balanced() || packets.out != delivered) std::abort();
  if (!fragments.balanced() || fragments.held != 0 || fragments.in != source.counts().fragments) std::abort();
  return sum == UINT64_MAX ? 1 : 0;
}
