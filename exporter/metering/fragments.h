// Inside exporter/metering: later fragments have no ports; they get those of their datagram's first fragment. One that
// comes before it waits, as a summary.
//
// Memory is bounded: beyond kMaxDatagrams the oldest is forgotten, beyond kMaxWaiting those that waited longest go on
// without ports, as they do kWaitNs after they came.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "exporter/metering/metered_packet.h"

namespace weir {

class FragmentTable {
 public:
  static constexpr std::size_t kMaxDatagrams = 16384;
  static constexpr std::size_t kMaxWaiting = 4096;
  static constexpr std::uint64_t kWaitNs = 2'000'000'000;
  static constexpr std::uint64_t kKeepNs = 30'000'000'000;  // how long a first fragment's ports are remembered

  // A fragment that waited, without its frame: info.ip is null.
  struct Waiting {
    MeteredPacket packet;
    std::array<std::uint8_t, 12> mac;
  };

  // Takes a fragment. True: it has what can be known of its ports and goes on. False: it waits for its first fragment,
  // as a copy.
  bool resolve(MeteredPacket& fragment);
  // Forgets what is too old at `now_ns`.
  void expire(std::uint64_t now_ns);
  // Forgets everything.
  void clear();

  // Those that wait no longer, since the last call; good until the next.
  std::vector<Waiting>& released();
  bool has_released() const { return !released_.empty(); }
  // That wait, or were not taken by released() yet.
  std::size_t held() const { return waiting_ + released_.size(); }

 private:
  struct Datagram {
    std::uint64_t since_ns = 0;
    bool has_first = false;
    bool is_given_up = false;  // nobody waits for the first fragment any more
    // Of the first fragment.
    bool has_ports = false;
    std::uint8_t proto = 0;
    std::uint16_t src_port = 0, dst_port = 0;
    std::vector<Waiting> waiting;
  };
  struct Age {
    std::uint64_t since_ns;
    std::uint64_t id;
  };

  Datagram& find_or_make(std::uint64_t id, std::uint64_t time_ns);
  void remember_first(std::uint64_t id, Datagram& datagram, const MeteredPacket& fragment);
  void wait(std::uint64_t id, Datagram& datagram, const MeteredPacket& fragment);
  static void join(PacketInfo& fragment, const Datagram& datagram);
  void release(Datagram& datagram);
  void give_up_oldest_wait();
  void forget_oldest();

  std::unordered_map<std::uint64_t, Datagram> datagrams_;  // by a digest with a secret seed
  std::deque<Age> ages_;                                   // when datagrams were first seen, or seen anew
  std::deque<Age> waits_;                                  // when datagrams began to wait
  std::size_t waiting_ = 0;
  std::vector<Waiting> released_, handed_over_;
};

}  // namespace weir
