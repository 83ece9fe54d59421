// Reading and writing little-endian numbers, the order of everything in the store's manifest and journal.
//
// Thread rules: value types.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace weir {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

template <typename T>
void put_le(std::string& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

// Walks over bytes without ever leaving them; a read past the end yields zero and sets failed(), which stays set.
class LittleEndianReader {
 public:
  explicit LittleEndianReader(Bytes bytes) : bytes_(bytes) {}

  template <typename T>
  T take() {
    T value{};
    const Bytes from = bytes(sizeof value);
    if (!from.empty()) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  // Empty (and failed()) when fewer remain.
  Bytes bytes(std::size_t n) {
    if (n > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const Bytes taken = bytes_.first(n);
    bytes_ = bytes_.subspan(n);
    return taken;
  }

  std::size_t remaining() const { return bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  Bytes bytes_;
  bool failed_ = false;
};

}  // namespace weir
