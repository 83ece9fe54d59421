// Dictionaries as bytes (docs/store-format.md, "Dictionaries").
//
// Thread rules: functions without shared state.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/segment.h"

namespace weir {

// REQUIRES both sorted and without doubles.
std::string encode_addresses(std::span<const std::uint32_t> v4, std::span<const AddressBytes> v6);
// Errors: malformed, not sorted, more than `limit` entries. REQUIRES kPackSlack readable bytes beyond `bytes`.
Result<AddressDictionary> decode_addresses(Bytes bytes, std::uint64_t limit);

// Byte strings one after the other, in ascending order.
class BytesEncoder {
 public:
  void add(std::string_view bytes);
  std::uint32_t size() const { return size_; }
  // What decode_bytes() takes.
  std::string finish() const;

 private:
  std::uint32_t size_ = 0;
  std::string last_;
  std::string entries_;
  std::uint64_t content_ = 0;
};

Result<BytesDictionary> decode_bytes(Bytes bytes);

// What is compressed, or shares prefixes, may grow to this when it is read.
constexpr std::uint64_t expansion_limit(std::uint64_t stored) {
  return std::max<std::uint64_t>(std::uint64_t{16} << 20, 64 * stored);
}

}  // namespace weir
