// From packets to flows: dissects frames, keeps the flow table, and writes each flow that ends, or is due, into
// batches.
//
// A flow is a conversation, both directions in one entry: its forward direction is that of the initiator (by TCP
// handshake, group address, ICMP type, ports, else the first packet's sender). It ends by a timeout, by TCP, or because
// the table is full; an active timeout cuts it into slices that share a flow_id and keep the same forward direction.
// Only slices that had a packet make a record. Which packet is counted in which slice follows from the packets' times
// alone, not from when expire() is called. What becomes of a packet is counted, as is why each flow ended. A packet
// whose IP header was read is counted, even if what follows is cut or malformed.
//
// The record of a flow (flow/flow.h), FlowProtocol::kWeir: bytes and packets are IP octets and packets on the wire (a
// super-packet counts as the packets it was made of); in_if and flow_direction 0 where the forward direction entered by
// the interface, out_if and flow_direction 1 where it left by it, with the interface's name (in_if without
// flow_direction where nothing tells); the other direction in the reverse fields, present when it had a packet. Where
// only the other direction had one, bytes and packets are 0 and the times those of the reverse. Times are the packets'
// stamps, in nanoseconds; ip_ttl is the least; ip_tos, ICMP type and flow label are of the direction's first packet.
// time_received_ns is the packet time at which the record was written, to the second.
//
// Memory is fixed at construction by `max_flows` (about 210 bytes each) and provided by the system as it is used; once
// used it stays.
//
// Thread rules: one thread. status() copies plain numbers; whoever shares a Meter serialises it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ledger.h"
#include "exporter/capture/packet_source.h"
#include "flow/address.h"
#include "flow/batch.h"
#include "live/protocol_seconds.h"
#include "live/talk.h"

namespace weir {

// Settable parts of a flow's key, beside addresses, protocol and ports.
struct FlowKeyFields {
  bool ports = true;  // false: conversations of hosts
  bool vlan = true;
  bool interface = true;
};

enum class PacketSampling : std::uint8_t { kDeterministic, kRandom };

struct MeterOptions {
  std::size_t max_flows = 1'000'000;
  FlowKeyFields key{};
  // Timeouts, in ns of packet time. None of the idle ones is longer than idle_ns.
  std::uint64_t active_ns = 60'000'000'000;
  std::uint64_t idle_ns = 15'000'000'000;
  std::uint64_t udp_idle_ns = 10'000'000'000;        // UDP that was answered
  std::uint64_t unanswered_idle_ns = 5'000'000'000;  // one direction only, other than a TCP connection under way
  std::uint64_t closed_ns = 1'000'000'000;           // after FIN of both sides, or RST
  std::uint32_t packet_sampling = 1;                 // one of so many packets
  PacketSampling packet_sampling_mode = PacketSampling::kDeterministic;
  std::uint32_t flow_sampling = 1;  // one of so many flows, by a hash of the key
  bool inside_tunnels = false;      // meter what VXLAN, Geneve, GRE and IP-in-IP carry instead of the tunnel
  bool drop_duplicates = false;     // the same packet seen again within a second (a mirror port's second copy)
  // Prefixes on the inside: a packet to one is "in", one from it "out". When empty, the frame's own direction counts,
  // and where that is unknown `own_nets`.
  std::vector<Prefix> local_nets{};
  std::vector<Prefix> own_nets{};
  // Records carry the least and greatest packet length and TTL of each direction as extras: IANA's elements 25, 26, 52
  // and 53, those of the reverse direction under RFC 5103's enterprise number.
  bool extremes = false;
  // Stamps that differ from the wall clock by more than this are replaced by it, counted; 0: stamps are right (files).
  std::uint64_t max_clock_error_ns = 0;
  // Of the records made.
  std::uint32_t observation_domain_id = 0;
  IpAddress exporter_address{};
  std::string host{};
};

enum class PacketDrop : std::uint8_t {
  kNotIp,
  kTruncated,
  kMalformed,
  kTooManyLayers,
  kUnknownLinkType,
  kDuplicate,
  kNotSampled,  // packet or flow sampling passed it over
  kCount
};
std::string_view reason_name(PacketDrop reason);

// Why a flow's record was written (IE 136 and more).
enum class FlowEnd : std::uint8_t { kIdle, kActive, kClosed, kShutdown, kTableFull, kCount };
std::string_view reason_name(FlowEnd reason);

struct MeterStatus {
  Account<PacketDrop> packets;          // out: counted into a flow
  std::uint64_t wire_packets = 0;       // what they were on the wire: super-packets count as many
  std::uint64_t bytes = 0;              // IP octets counted into flows
  std::uint64_t fragments = 0;          // of `packets.out`
  std::uint64_t incomplete = 0;         // of `packets.out`: what follows the IP header was cut or malformed
  std::uint64_t clock_corrections = 0;  // stamps replaced
  std::uint64_t flows_created = 0;      // = flows_active + flows that ended
  std::size_t flows_active = 0;
  std::size_t max_flows = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(FlowEnd::kCount)> records{};  // written, by reason
  ProtocolSums protocols{};       // packets and bytes counted into flows, and flows created
  std::uint64_t emergencies = 0;  // how often the table was full, and the least useful sixteenth of it was ended

  MeterStatus& operator+=(const MeterStatus& other);
};

class Meter {
 public:
  // Throws std::invalid_argument for options outside their limits, std::bad_alloc where the table cannot be had.
  // Records go to `out`, which must outlive the Meter and which nobody else writes to; who owns it flushes it.
  Meter(const MeterOptions& options, BatchWriter& out);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // Takes frames of any interfaces, in the order of capture, and writes what is due at their times. `wall_ns` is the
  // wall time now (ignored where stamps are right).
  void add(std::span<const Frame> frames, std::uint64_t wall_ns);
  // Writes what is due at `now_ns` (packet time). Call a few times a second, also when nothing comes.
  void expire(std::uint64_t now_ns);
  // Writes everything (kShutdown).
  void finish();

  // The name of an interface, for records written from now on.
  void set_interface_name(std::uint32_t index, std::string_view name);

  // Begins to look at what flows carry, or ends it and gives its memory back. Costs nothing while off.
  void watch(bool on);
  // Looks at some thousands of flows; true when there are more. REQUIRES watch(true), as take_talks() does.
  bool look();
  // What flows carried from look to look, scaled by the sampling rates. What a flow carried before it was first looked
  // at is left out when it is older than the watching.
  std::vector<Talk> take_talks();

  // `status().protocols`, without the rest.
  const ProtocolSums& protocols() const;
  MeterStatus status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
