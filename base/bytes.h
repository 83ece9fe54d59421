// Reading and writing big-endian bytes, the order of every protocol weir speaks.
//
// Thread rules: everything here is a value type; share nothing, lock nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace weir {

using Bytes = std::span<const std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Unchecked loads: the caller has proved that the bytes are there.
inline std::uint16_t load_be16(const std::uint8_t* p) {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}

inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}

inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}

// A big-endian unsigned integer of any width from 0 to 8 bytes (RFC 7011 §6.2, reduced-size encoding).
inline std::uint64_t load_be(const std::uint8_t* p, std::size_t width) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < width; ++i) v = v << 8 | p[i];
  return v;
}

inline void store_be16(std::uint8_t* p, std::uint16_t v) {
  v = __builtin_bswap16(v);
  std::memcpy(p, &v, sizeof v);
}

inline void store_be32(std::uint8_t* p, std::uint32_t v) {
  v = __builtin_bswap32(v);
  std::memcpy(p, &v, sizeof v);
}

inline void store_be64(std::uint8_t* p, std::uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(p, &v, sizeof v);
}

static_assert(std::endian::native == std::endian::little, "loads and stores swap unconditionally");

// Walks over bytes without ever leaving them. A read past the end yields zero and sets failed(), which stays set, so
// that a run of reads needs one check at its end.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return take(1) ? bytes_[at_ - 1] : std::uint8_t{0}; }
  std::uint16_t u16() { return take(2) ? load_be16(&bytes_[at_ - 2]) : std::uint16_t{0}; }
  std::uint32_t u32() { return take(4) ? load_be32(&bytes_[at_ - 4]) : 0; }
  std::uint64_t u64() { return take(8) ? load_be64(&bytes_[at_ - 8]) : 0; }

  // The next n bytes, or an empty span (and failed()) when fewer remain.
  Bytes bytes(std::size_t n) { return take(n) ? bytes_.subspan(at_ - n, n) : Bytes{}; }
  void skip(std::size_t n) { take(n); }

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }

 private:
  bool take(std::size_t n) {
    if (n > remaining()) {
      failed_ = true;
      at_ = bytes_.size();
      return false;
    }
    at_ += n;
    return true;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace weir
