// Where packets come from: a live ring, a capture file or a ring in user memory, all through the same few verbs.
//
// Thread rules: one thread calls next(); wake() and stats() from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/ledger.h"
#include "packet/dissect.h"

namespace weir {

// Which way a packet went, seen from the host that captured it.
enum class PacketDirection : std::uint8_t {
  kUnknown,  // a mirror port, a capture file: nobody on this host sent or received it
  kIn,
  kOut,
};

// One frame as it was captured.
struct Frame {
  std::uint64_t time_ns = 0;  // since the Unix epoch, of the kernel's or the file's stamp
  const std::uint8_t* data = nullptr;
  std::uint32_t captured = 0;     // bytes at `data`
  std::uint32_t wire_length = 0;  // of the whole frame
  std::uint32_t interface = 0;    // the system's index (ifIndex); of a capture file its interface's number, from 1
  // Of a super-packet (GRO, TSO: many packets of one TCP or UDP flow, put together by the network card or the kernel):
  // how much transport payload each of the packets on the wire carried. 0: an ordinary packet.
  std::uint16_t segment_size = 0;
  std::uint16_t vlan_tci = 0;  // the 802.1Q tag that the kernel took off the frame, where has_vlan
  LinkType link_type = LinkType::kEthernet;
  PacketDirection direction = PacketDirection::kUnknown;
  bool has_vlan = false;

  Bytes bytes() const { return {data, captured}; }
};

enum class CaptureDrop : std::uint8_t {
  kRingFull,  // the kernel had no room: weir was too slow, or the ring is too small
  // A super-packet whose segment size the kernel cannot describe (LRO of old drivers, SCTP): it leaves it out.
  kUnknownOffload,
  kBadBlock,  // a block of the ring contradicts itself: never seen of a kernel
  kCount
};
std::string_view reason_name(CaptureDrop reason);

struct CaptureStats {
  // in: what passed the filter; out: handed over by next(); held: in the ring.
  Account<CaptureDrop> packets;
  std::uint64_t super_packets = 0;  // of those handed over, with a segment size
  std::uint64_t freezes = 0;        // how often the kernel found the ring full

  CaptureStats& operator+=(const CaptureStats& other);
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // Some frames, waiting for the first at most `timeout`; none when the time is over or wake() was called. They are
  // good until the next call. Errors end the source.
  virtual Result<std::span<const Frame>> next(std::chrono::milliseconds timeout) = 0;
  // No frame will ever come again: the end of a file.
  virtual bool ended() const = 0;
  virtual void wake() = 0;
  virtual CaptureStats stats() const = 0;
};

}  // namespace weir
