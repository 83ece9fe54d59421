// Cuts a TCP byte stream into IPFIX messages by the length in their headers (RFC 7011 §10.4).
//
// Thread rules: one thread. Memory is bounded by the longest message, 65535 bytes, and grows only as bytes arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace weir {

class StreamFramer {
 public:
  static constexpr std::size_t kHeader = 16;
  static constexpr std::size_t kMaxMessage = 65535;

  // Where the next bytes of the stream go; never empty while broken() is false. Tell by filled() how many came.
  std::span<std::uint8_t> space();
  void filled(std::size_t n) { end_ += n; }

  // The next whole message, good until space() is called; empty when there is none (yet).
  Bytes next();

  // The stream is not IPFIX: a version other than 10, or a length below that of the header. Nothing more comes of it.
  bool broken() const { return broken_; }
  // Bytes of a message that has begun and is not whole.
  std::size_t partial() const { return end_ - begin_; }

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what is not handed out yet
  std::size_t end_ = 0;
  bool broken_ = false;
};

}  // namespace weir
