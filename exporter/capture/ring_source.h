// Packets from any number of rings, which may come and go, as one PacketSource.
//
// A ring's counters and the frames handed over are updated under one lock, taken once per batch, so that every snapshot
// of the account balances: whatever the kernel had counted and was not handed over or dropped is held in the ring.
//
// Thread rules: next() is one thread's; everything else from any thread.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "base/unique_fd.h"
#include "exporter/capture/packet_source.h"
#include "exporter/capture/ring.h"
#include "exporter/capture/ring_reader.h"

namespace weir {

class RingSource final : public PacketSource {
 public:
  static constexpr std::size_t kBatch = 256;  // frames handed over at once, at most

  // One ring in the source.
  class Member;
  using Handle = std::shared_ptr<Member>;

  static Result<std::unique_ptr<RingSource>> create();
  ~RingSource() override;

  Handle add(std::unique_ptr<Ring> ring);
  // Takes the ring out when next() has handed over all that is in it. The handle's stats stay.
  void remove(const Handle& member);
  // Destroys those that were taken out, which takes too long for the thread that reads packets.
  void destroy_removed();

  CaptureStats stats(const Handle& member) const;
  // Where the ring is empty: gives the stats and starts them anew at zero, since another interface gets the ring. Those
  // of the whole source go on. False, and nothing done, where packets are held.
  bool take_stats(const Handle& member, CaptureStats& stats);

  Result<std::span<const Frame>> next(std::chrono::milliseconds timeout) override;
  bool ended() const override { return false; }
  void wake() override;
  CaptureStats stats() const override;

 private:
  RingSource(UniqueFd epoll, UniqueFd wake_event) : epoll_(std::move(epoll)), wake_event_(std::move(wake_event)) {}
  std::size_t collect();
  std::size_t collect_from(Member& member);
  void drop_removed();
  void update_counters();
  Result<bool> wait(std::chrono::milliseconds timeout);

  UniqueFd epoll_, wake_event_;
  mutable std::mutex mutex_;
  std::vector<Handle> members_;
  std::size_t turn_ = 0;  // of the member to read first
  bool some_removed_ = false;
  std::vector<std::unique_ptr<Ring>> removed_;
  CaptureStats past_;  // of rings that are gone, or were given to another interface
  std::uint64_t counters_read_ns_ = 0;
  std::array<Frame, kBatch> frames_;  // next()'s thread only
};

}  // namespace weir
