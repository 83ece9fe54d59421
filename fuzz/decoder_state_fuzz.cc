// The saved state of a decoder: whatever the file holds, loading it is an error or leaves a sound decoder.
#include "fuzz/decoder_fuzz.h"

namespace {

// The checksum would stop nearly every input: it is put right where there is room for a header.
std::vector<std::uint8_t> with_header(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes = {'w', 'e', 'i', 'r', 'D', 'E', 'C', '1'};
  bytes.resize(20);
  bytes.insert(bytes.end(), data, data + size);
  weir::store_be64(&bytes[8], size);
  std::uint32_t crc = ~0U;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
  }
  weir::store_be32(&bytes[16], ~crc);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::Decoder::Limits limits = weir::fuzz::small_limits();
  weir::Decoder decoder(limits);
  const bool loaded = decoder.load(with_header(data, size)).has_value();
  weir::fuzz::check(decoder, limits);
  if (!loaded) weir::fuzz::require(decoder.exporters().empty());
  return 0;
}
