// An AF_PACKET socket with a TPACKET_V3 ring (packet(7)), which can be moved from one interface to another.
//
// Thread rules: attach() and detach() from one thread at a time, beside the thread that reads the ring.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"
#include "exporter/capture/kernel_filter.h"
#include "exporter/capture/ring.h"

namespace weir {

struct RingShape {
  std::size_t block_size = 0;
  unsigned blocks = 0;
  unsigned retire_ms = 0;
};

// Sockets of one interface that share its packets, both directions of a conversation on one socket. The first that
// joins makes the group.
struct FanoutGroup {
  std::optional<std::uint16_t> id;
};

// A packet socket that receives nothing yet: the one step that needs CAP_NET_RAW. The error says so.
Result<UniqueFd> open_packet_socket();

class RingSocket final : public Ring {
 public:
  static Result<std::unique_ptr<RingSocket>> create(UniqueFd socket, const RingShape& shape);
  ~RingSocket() override;
  RingSocket(const RingSocket&) = delete;
  RingSocket& operator=(const RingSocket&) = delete;

  struct Target {
    std::uint32_t interface = 0;
    bool promiscuous = false;
    FanoutGroup* group = nullptr;  // or none
  };
  // Captures what passes `filter` on an interface that is up, and nothing else. Once a socket was in a group it cannot
  // be attached again.
  Result<void> attach(const Target& target, const FilterProgram& filter);
  // Lets nothing in any more.
  void detach();
  bool is_in_group() const { return is_in_group_; }
  bool tells_segment_sizes() const { return has_vnet_header_; }

  RingMemory memory() override;
  int fd() const override { return socket_.get(); }
  RingCounters take_counters() override;

 private:
  explicit RingSocket(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<void> set_up(const RingShape& shape);
  Result<void> set_filter(const FilterProgram& program);
  Result<void> join(FanoutGroup& group);
  Result<void> bind_to(std::uint32_t interface);
  void set_promiscuous(int option, std::uint32_t interface);

  UniqueFd socket_;
  std::span<std::uint8_t> mapped_;
  std::size_t block_size_ = 0;
  bool has_vnet_header_ = false;
  bool is_in_group_ = false;
  std::uint32_t promiscuous_on_ = 0;  // index, 0: none
};

}  // namespace weir
