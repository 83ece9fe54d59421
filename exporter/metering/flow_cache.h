// Inside exporter/metering: the flow table. One entry per conversation, out of a pool of fixed size; packets are
// counted into entries, and entries become records when a slice is over or the flow has ended.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "exporter/metering/flow_entry.h"
#include "exporter/metering/flow_index.h"
#include "exporter/metering/flow_looks.h"
#include "exporter/metering/lazy_pages.h"
#include "exporter/metering/meter.h"
#include "exporter/metering/metered_packet.h"
#include "exporter/metering/packet_side.h"
#include "exporter/metering/record_writer.h"
#include "exporter/metering/timer_wheel.h"

namespace weir {

class FlowCache {
 public:
  FlowCache(const MeterOptions& options, FlowRecordWriter& records, MeterStatus& status);

  // For each packet of a batch the three, one after the other for the whole batch, so that the memory that the last
  // one needs is on its way.
  void prefetch_index(const MeteredPacket& packet) const { index_.prefetch(hash32(packet)); }
  void prefetch_entry(MeteredPacket& packet) const;
  void count(const MeteredPacket& packet);

  // Writes what is due at `now_ns`.
  void expire(std::uint64_t now_ns);
  // Writes everything.
  void finish();

  // As Meter's.
  void watch(bool on);
  bool look() { return looks_->look(used_, now_ns_); }
  std::vector<Talk> take_talks() { return looks_->take(); }

 private:
  static std::uint32_t hash32(const MeteredPacket& packet) { return static_cast<std::uint32_t>(packet.hash); }

  std::uint32_t find_or_create(const MeteredPacket& packet);
  std::uint32_t create(const MeteredPacket& packet);
  void restart_or_cut(FlowEntry& entry, const MeteredPacket& packet);
  void begin_flow(FlowEntry& entry, const MeteredPacket& packet);
  void begin_half(FlowHalf& half, const MeteredPacket& packet);
  void learn(std::uint32_t number, FlowEntry& entry, std::uint16_t seen, const MeteredPacket& packet);
  void learn_initiator(FlowEntry& entry, const MeteredPacket& packet);
  std::uint64_t idle_ns(IdleTimeout timeout) const { return idle_ns_[static_cast<std::size_t>(timeout)]; }
  bool is_over(const FlowEntry& entry, std::uint64_t now_ns) const;
  bool is_slice_over(const FlowEntry& entry, std::uint64_t now_ns) const;
  std::uint64_t deadline(const FlowEntry& entry, std::uint64_t now_ns) const;
  FlowEnd end_of(const FlowEntry& entry) const;
  void end_slice(FlowEntry& entry, FlowEnd reason, std::uint64_t now_ns);
  void look_at(std::uint32_t number, std::uint64_t now_ns);
  void remove(std::uint32_t number);
  std::uint32_t take_entry(std::uint64_t now_ns);
  void make_room(std::uint64_t now_ns);

  FlowRecordWriter& records_;
  MeterStatus& status_;
  PacketSide side_;
  std::uint64_t active_ns_;
  std::array<std::uint64_t, 4> idle_ns_;  // by IdleTimeout
  std::uint32_t sampling_rate_;
  bool has_ports_;
  std::uint32_t max_flows_;
  LazyPages pages_;
  FlowEntry* entries_;
  FlowIndex index_;
  TimerWheel wheel_;
  std::unique_ptr<FlowLooks> looks_;  // null while nobody watches
  std::uint32_t used_ = 0;            // entries from here on were never used
  std::uint32_t free_ = kNoEntry;     // list of entries that were
  std::uint64_t next_flow_id_;
  std::uint64_t now_ns_ = 0;  // the time of the newest packet or expire()
};

}  // namespace weir
