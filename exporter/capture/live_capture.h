// Packets from the network interfaces of a Linux host: AF_PACKET sockets with TPACKET_V3 rings that the kernel fills
// and weir reads in place (packet(7), the kernel's packet_mmap document).
//
// Every interface has a socket for each thread; with several threads they form a fanout group, which keeps both
// directions of a conversation on one thread. Interfaces are named or given by patterns; one that goes away and comes
// back is captured again, under its new index. After open() no privilege is needed any more, also for that.
//
// Thread rules: source(t) belongs to thread t; the rest from any thread. The sources live as long as the LiveCapture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "exporter/capture/packet_source.h"

namespace weir {

struct CaptureOptions {
  // Names, "any" (all interfaces, the loopback included), "!name" (all but that one; with others: taken out of them),
  // "/regex/". A name need not exist yet: it is waited for (when none of all exists, open() fails and names those that
  // do).
  std::vector<std::string> interfaces;
  std::string filter;  // pcap syntax; empty: IP, whatever tags and labels stand before it
  unsigned threads = 1;
  std::size_t block_size = 1 << 20;
  unsigned blocks = 8;          // of each ring
  unsigned retire_ms = 100;     // a block that is not full is handed over after this long
  std::uint32_t snaplen = 256;  // bytes of each packet
  bool promiscuous = true;
};

struct InterfaceStatus {
  std::string name;
  std::uint32_t index = 0;  // 0: not there now
  bool up = false;
  LinkType link_type = LinkType::kEthernet;
  CaptureStats stats;  // of all its rings since the start, its earlier lives included
  // Offloads that put packets together before they are captured ("gro", "lro", "tso"), and the ethtool command that
  // turns them off; both empty where counts are true all the same because the kernel tells segment sizes.
  std::string offloads;
  std::string advice;
  std::string last_error;
};

class LiveCapture {
 public:
  // Errors, for people: no such interface (with those there are), a filter that does not compile (with the place), a
  // link type that weir does not read, no privilege (names CAP_NET_RAW and how to grant it).
  static Result<std::unique_ptr<LiveCapture>> open(const CaptureOptions& options);
  ~LiveCapture();

  PacketSource& source(unsigned thread);
  std::vector<InterfaceStatus> interfaces() const;

 private:
  struct Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
