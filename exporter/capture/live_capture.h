// Packets from the network interfaces of a Linux host: AF_PACKET sockets with TPACKET_V3 rings that the kernel fills
// and weir reads in place (packet(7), the kernel's packet_mmap document).
//
// Every interface has a socket for each thread; with several threads they form a fanout group, which keeps both
// directions of a conversation on one thread. Interfaces are named or given by patterns; one that goes away and comes
// back is captured again, under its new index. After open() no privilege is needed any more, also for that: sockets for
// what comes later are set aside. A single thread's sockets go from interface to interface, so that only more than 64
// new ones at a time are too many; with several threads the kernel keeps a socket to its first interface, and a named
// one can come back 31 times (less where interfaces times threads exceed 8). Where they are used up, last_error says
// so.
//
// Packets come from one interface after the other, a block of each: in order within an interface and thread, between
// them out of order by the retire time at most, while weir keeps up.
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
  // Of each ring; more than two at the start share the memory of two, in smaller blocks down to 32 KiB, and an
  // interface that comes later by a pattern gets a sixteenth. All of a ring counts as the process's resident memory
  // from the start.
  std::size_t block_size = 1 << 20;
  unsigned blocks = 8;
  unsigned retire_ms = 100;     // a block that is not full is handed over after this long
  std::uint32_t snaplen = 256;  // bytes of each packet
  bool promiscuous = true;      // of Ethernet interfaces
};

struct InterfaceStatus {
  std::string name;
  std::uint32_t index = 0;  // 0: not there now
  bool up = false;          // and its link too
  LinkType link_type = LinkType::kEthernet;
  CaptureStats stats;  // of all its rings since the start, its earlier lives included
  // Offloads that put packets together before they are captured ("gro gso tso lro"), and the ethtool command that
  // turns them off; both empty where counts are true all the same because the kernel tells segment sizes. LRO it cannot
  // always tell: such packets are dropped as kUnknownOffload.
  std::string offloads;
  std::string advice;
  std::string last_error;
};

class LiveCapture {
 public:
  // Opens the sockets; starts no thread, so that privileges can be dropped for the whole process afterwards. Packets
  // come from here on. Errors, for people: no such interface (with those there are), a filter that does not compile
  // (with the place), a link type that weir does not read, no privilege (names CAP_NET_RAW and how to grant it).
  static Result<std::unique_ptr<LiveCapture>> open(const CaptureOptions& options);
  ~LiveCapture();

  // From here on, interfaces that come and go are followed, in a thread. Once.
  void follow();
  // Takes no more packets; the sources give those that were captured until now.
  void end();
  PacketSource& source(unsigned thread);
  std::vector<InterfaceStatus> interfaces() const;

 private:
  struct Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
