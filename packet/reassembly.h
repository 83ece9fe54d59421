// Putting fragmented IP packets together again (RFC 791, RFC 8200 §4.5), for UDP datagrams larger than the path's MTU.
//
// Thread rules: one thread. Memory: at most Limits::bytes, oldest packet dropped first. Overlapping fragments drop the
// whole packet, and what still comes of it until its timeout (RFC 5722); an exact duplicate costs only itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/ledger.h"
#include "packet/dissect.h"

namespace weir {

class Reassembler {
 public:
  struct Limits {
    std::size_t bytes = 4 << 20;                // of all packets in the making, bookkeeping included
    std::uint64_t timeout_ns = 30'000'000'000;  // since a packet's first fragment, by capture time
  };
  enum class Drop : std::uint8_t {
    kTimeout,
    kMemory,
    kOverlap,
    kInvalid,  // cut by the capture, beyond 65535 bytes, or not a multiple of 8 though more follow
    kDuplicate,
    kUnfinished,
    kCount
  };

  struct Packet {
    std::uint8_t proto;  // what `payload` begins with
    Bytes payload;       // all that was fragmented: what follows the IPv4 header, or the IPv6 Fragment header
  };

  Reassembler();
  explicit Reassembler(Limits limits);
  Reassembler(Reassembler&&) noexcept;
  Reassembler& operator=(Reassembler&&) noexcept;
  ~Reassembler();

  // Takes one fragment (fragment.is_fragment). When it completes its packet, returns that, valid until the next call;
  // dissect_reassembled() reads it.
  std::optional<Packet> add(const DissectedPacket& fragment, std::uint64_t time_ns);
  // At the end of input: what is still incomplete is dropped as kUnfinished.
  void finish();

  // In fragments.
  const Account<Drop>& account() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string_view reason_name(Reassembler::Drop reason);

}  // namespace weir
