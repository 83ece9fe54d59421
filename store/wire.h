// Writing and reading the parts of a segment: little-endian numbers, varints (LEB128) and byte strings.
//
// Thread rules: value types.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace weir {

// Small negative numbers as small unsigned ones, for varints.
constexpr std::uint64_t zigzag(std::uint64_t v) { return v << 1 ^ (v >> 63 != 0 ? ~std::uint64_t{0} : 0); }
constexpr std::uint64_t unzigzag(std::uint64_t v) { return v >> 1 ^ ((v & 1) != 0 ? ~std::uint64_t{0} : 0); }

inline void put_u8(std::string& out, unsigned v) { out.push_back(static_cast<char>(v)); }

template <typename T>
void put_le(std::string& out, T v) {
  char bytes[sizeof v];
  std::memcpy(bytes, &v, sizeof v);
  out.append(bytes, sizeof v);
}

inline void put_varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) put_u8(out, static_cast<unsigned>(v & 0x7f) | 0x80);
  put_u8(out, static_cast<unsigned>(v));
}

// A varint of its length, then the bytes.
inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

// Walks over bytes without ever leaving them. A read past the end, or of a varint that is too long, yields zero and
// sets failed(), which stays set.
class WireReader {
 public:
  explicit WireReader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() { return take(1) ? at_[-1] : std::uint8_t{0}; }

  template <typename T>
  T le() {
    T v{};
    if (take(sizeof v)) std::memcpy(&v, at_ - sizeof v, sizeof v);
    return v;
  }

  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;
      v |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return failed_ ? 0 : v;
    }
    failed_ = true;
    return 0;
  }

  // A varint that may be at most `limit`.
  std::uint64_t varint(std::uint64_t limit) {
    const std::uint64_t v = varint();
    if (v <= limit) return v;
    failed_ = true;
    return 0;
  }

  Bytes bytes(std::uint64_t n) { return take(n) ? Bytes(at_ - n, n) : Bytes{}; }
  std::string_view text() { return as_text(bytes(varint())); }

  // The next byte, 0 at the end.
  std::uint8_t peek() const { return at_ < end_ ? *at_ : std::uint8_t{0}; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  bool failed() const { return failed_; }
  // Everything read, and nothing wrong.
  bool done() const { return !failed_ && at_ == end_; }
  bool fail() {
    failed_ = true;
    return false;
  }

 private:
  bool take(std::uint64_t n) {
    if (failed_ || n > remaining()) {
      failed_ = true;
      return false;
    }
    at_ += n;
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

}  // namespace weir
