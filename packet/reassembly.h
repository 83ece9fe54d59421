// Putting fragmented IP packets together again (RFC 791, RFC 8200 §4.5), for UDP datagrams larger than the path's MTU.
//
// Thread rules: one thread. Memory: at most Limits::bytes, oldest packet dropped first. Overlapping fragments drop the
// whole packet (RFC 5722).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/ledger.h"
#include "packet/dissect.h"

namespace weir {

class Reassembler {
 public:
  struct Limits {
    std::size_t bytes = 4 << 20;                // of all packets in the making
    std::uint64_t timeout_ns = 30'000'000'000;  // since a packet's first fragment, by capture time
  };
  enum class Drop : std::uint8_t { kTimeout, kMemory, kOverlap, kInvalid, kUnfinished, kCount };

  Reassembler();
  explicit Reassembler(Limits limits);
  ~Reassembler();

  // Takes one fragment (packet.is_fragment). When it completes its packet, returns the whole IP payload (from the
  // transport header on), valid until the next call.
  std::optional<Bytes> add(const DissectedPacket& packet, std::uint64_t time_ns);
  // What is still incomplete is dropped as kUnfinished.
  void finish();

  // In fragments.
  const Account<Drop>& account() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string_view reason_name(Reassembler::Drop reason);

}  // namespace weir
