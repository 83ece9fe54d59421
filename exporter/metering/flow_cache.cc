#include "exporter/metering/flow_cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "exporter/metering/initiator.h"

namespace weir {
namespace {

using namespace flow_state;

constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint16_t kFlagFin = 0x001, kFlagSyn = 0x002, kFlagRst = 0x004, kFlagAck = 0x010;

// Each meter of the process numbers its flows from a place of its own. Numbers stay below 2^53, which JSON readers that
// keep numbers as floating point can still tell apart.
std::uint64_t first_flow_id() {
  static std::atomic<std::uint64_t> meters{0};
  return (meters.fetch_add(1, std::memory_order_relaxed) % 512 << 44) + 1;
}

// The state bits that a packet can set.
std::uint16_t seen_in(const MeteredPacket& packet) {
  const unsigned from_b = packet.from_b ? 1 : 0;
  unsigned bits = static_cast<unsigned>(kSeen) << from_b;
  if (packet.info.proto != kTcp) return static_cast<std::uint16_t>(bits);
  const unsigned flags = packet.info.tcp_flags;
  if ((flags & kFlagAck) != 0) bits |= kAck;
  if ((flags & kFlagFin) != 0) bits |= static_cast<unsigned>(kFin) << from_b;
  if ((flags & kFlagRst) != 0) bits |= kRst;
  return static_cast<std::uint16_t>(bits);
}

bool is_closed(std::uint16_t state) { return (state & kRst) != 0 || (state & kBothFin) == kBothFin; }

IdleTimeout idle_timeout(std::uint16_t state, std::uint8_t proto) {
  if (is_closed(state)) return IdleTimeout::kClosed;
  if ((state & kBothSeen) != kBothSeen && (state & kAck) == 0) return IdleTimeout::kUnanswered;
  return proto == kUdp ? IdleTimeout::kUdp : IdleTimeout::kIdle;
}

bool begins_connection(const PacketInfo& packet) {
  return packet.proto == kTcp && (packet.tcp_flags & (kFlagSyn | kFlagAck)) == kFlagSyn;
}

}  // namespace

FlowCache::FlowCache(const MeterOptions& options, FlowRecordWriter& records, MeterStatus& status)
    : records_(records),
      status_(status),
      side_(options.local_nets, options.own_nets),
      active_ns_(options.active_ns),
      idle_ns_{std::min(options.unanswered_idle_ns, options.idle_ns), std::min(options.udp_idle_ns, options.idle_ns),
               options.idle_ns, std::min(options.closed_ns, options.idle_ns)},
      sampling_rate_(options.packet_sampling * options.flow_sampling),
      has_ports_(options.key.ports),
      max_flows_(static_cast<std::uint32_t>(options.max_flows)),
      pages_(options.max_flows * sizeof(FlowEntry)),
      entries_(pages_.as<FlowEntry>()),
      index_(options.max_flows),
      wheel_(entries_),
      next_flow_id_(first_flow_id()) {}

void FlowCache::prefetch_entry(MeteredPacket& packet) const {
  packet.candidate = index_.find(hash32(packet), [](std::uint32_t) { return true; });
  if (packet.candidate == kNoEntry) return;
  const FlowEntry& entry = entries_[packet.candidate];
  __builtin_prefetch(&entry, 1);
  __builtin_prefetch(&entry.half(packet.from_b), 1);
}

std::uint32_t FlowCache::find_or_create(const MeteredPacket& packet) {
  const std::uint32_t found =
      index_.find(hash32(packet), [&](std::uint32_t number) { return entries_[number].has_key(packet.key); });
  return found != kNoEntry ? found : create(packet);
}

void FlowCache::count(const MeteredPacket& packet) {
  const std::uint64_t time = packet.time_ns;
  std::uint32_t number = packet.candidate;
  if (number == kNoEntry || !entries_[number].has_key(packet.key)) number = find_or_create(packet);
  FlowEntry& entry = entries_[number];
  const std::uint16_t seen = seen_in(packet);
  if (is_over(entry, time) || is_slice_over(entry, time) || is_closed(entry.state)) restart_or_cut(entry, packet);
  if ((entry.state & (seen | kSeveral)) != (seen | kSeveral) || (packet.info.tcp_flags & kFlagSyn) != 0)
    learn(number, entry, seen, packet);
  entry.start_ns = std::min(entry.start_ns, time);
  entry.last_ns = std::max(entry.last_ns, time);

  FlowHalf& half = entry.half(packet.from_b);
  if (half.packets == 0) begin_half(half, packet);
  half.packets += packet.packets;
  half.bytes += packet.bytes;
  half.first_ns = std::min(half.first_ns, time);
  half.last_ns = std::max(half.last_ns, time);
  half.tcp_flags |= packet.info.tcp_flags;
  half.min_ttl = std::min(half.min_ttl, packet.info.ttl);
  half.max_ttl = std::max(half.max_ttl, packet.info.ttl);
  half.min_length = std::min(half.min_length, packet.shortest);
  half.max_length = std::max(half.max_length, packet.longest);
}

// A closed connection goes on with its last packets, until another one begins.
void FlowCache::restart_or_cut(FlowEntry& entry, const MeteredPacket& packet) {
  if (is_over(entry, packet.time_ns) || (is_closed(entry.state) && begins_connection(packet.info))) {
    end_slice(entry, end_of(entry), packet.time_ns);
    begin_flow(entry, packet);
  } else if (is_slice_over(entry, packet.time_ns)) {
    end_slice(entry, FlowEnd::kActive, packet.time_ns);
  }
}

void FlowCache::begin_half(FlowHalf& half, const MeteredPacket& packet) {
  const PacketInfo& info = packet.info;
  half.first_ns = half.last_ns = packet.time_ns;
  half.flow_label = info.flow_label;
  half.tos = info.tos;
  half.min_ttl = half.max_ttl = info.ttl;
  half.min_length = packet.shortest;
  half.max_length = packet.longest;
  half.icmp_type = info.icmp_type;
  half.icmp_code = info.icmp_code;
  half.has_icmp = info.has_icmp;
}

std::uint32_t FlowCache::create(const MeteredPacket& packet) {
  const std::uint32_t number = take_entry(packet.time_ns);
  while (!index_.insert(hash32(packet), number)) {
    const std::uint32_t other = index_.in_the_way_of(hash32(packet));
    end_slice(entries_[other], FlowEnd::kTableFull, packet.time_ns);
    wheel_.remove(other);
    remove(other);
  }
  FlowEntry& entry = entries_[number];
  entry.set_key(packet.key);
  begin_flow(entry, packet);
  wheel_.insert(number, deadline(entry, packet.time_ns));
  ++status_.flows_active;
  return number;
}

void FlowCache::begin_flow(FlowEntry& entry, const MeteredPacket& packet) {
  entry.state = 0;
  entry.timeout = IdleTimeout::kUnanswered;
  entry.last_ns = packet.time_ns;
  entry.start_ns = kNoStart;  // the halves are zero, as they are left at the end of a slice
  entry.flow_id = next_flow_id_++;
  ++status_.flows_created;
  ++status_.protocols[static_cast<std::size_t>(live_protocol(packet.key.proto()))].flows;

  unsigned state = find_initiator(packet.info).is_sender == packet.from_b ? kReversed : 0;
  const PacketDirection direction = side_.of(packet);
  if (direction != PacketDirection::kUnknown)
    state |= (direction == PacketDirection::kIn) == packet.from_b ? kInFromB : kInFromA;
  if (has_ports_ && packet.info.has_ports) state |= kHasPorts;
  if (packet.info.mac != nullptr) {
    state |= kHasMac;
    std::memcpy((packet.from_b ? entry.mac_a : entry.mac_b).data(), packet.info.mac, 6);
    std::memcpy((packet.from_b ? entry.mac_b : entry.mac_a).data(), packet.info.mac + 6, 6);
  }
  entry.state = static_cast<std::uint16_t>(state);
}

// What a packet tells that most packets do not.
void FlowCache::learn(std::uint32_t number, FlowEntry& entry, std::uint16_t seen, const MeteredPacket& packet) {
  if ((packet.info.tcp_flags & kFlagSyn) != 0) learn_initiator(entry, packet);
  if ((entry.state & kBothSeen) != 0 || packet.packets > 1) entry.state |= kSeveral;
  const bool was_closed = is_closed(entry.state);
  entry.state |= seen;
  entry.timeout = idle_timeout(entry.state, entry.key().proto());
  if (was_closed || !is_closed(entry.state)) return;
  // Every other change only puts the deadline off.
  wheel_.remove(number);
  wheel_.insert(number, packet.time_ns + idle_ns(IdleTimeout::kClosed));
}

void FlowCache::learn_initiator(FlowEntry& entry, const MeteredPacket& packet) {
  const Initiator initiator = find_initiator(packet.info);
  if (!initiator.is_certain || (entry.state & (kHandshake | kExported)) != 0) return;
  const bool reversed = initiator.is_sender == packet.from_b;
  entry.state = static_cast<std::uint16_t>((entry.state & ~kReversed) | kHandshake | (reversed ? kReversed : 0));
}

// Stamps that go back further than the idle timeout are of another time, and another flow's.
bool FlowCache::is_over(const FlowEntry& entry, std::uint64_t now_ns) const {
  if (now_ns >= entry.last_ns) return now_ns - entry.last_ns >= idle_ns(entry.timeout);
  return entry.last_ns - now_ns >= idle_ns(IdleTimeout::kIdle);
}

bool FlowCache::is_slice_over(const FlowEntry& entry, std::uint64_t now_ns) const {
  return now_ns >= entry.start_ns && now_ns - entry.start_ns >= active_ns_;
}

// When the entry must be looked at next. A slice that has no packet yet may begin at once.
std::uint64_t FlowCache::deadline(const FlowEntry& entry, std::uint64_t now_ns) const {
  const std::uint64_t start = entry.start_ns == kNoStart ? now_ns : entry.start_ns;
  return std::min(entry.last_ns + idle_ns(entry.timeout), start + active_ns_);
}

FlowEnd FlowCache::end_of(const FlowEntry& entry) const {
  return entry.timeout == IdleTimeout::kClosed ? FlowEnd::kClosed : FlowEnd::kIdle;
}

void FlowCache::end_slice(FlowEntry& entry, FlowEnd reason, std::uint64_t now_ns) {
  if (entry.start_ns == kNoStart) return;
  if (looks_) looks_->slice_ends(static_cast<std::uint32_t>(&entry - entries_));
  records_.write(entry, reason, now_ns);
  ++status_.records[static_cast<std::size_t>(reason)];
  entry.state |= kExported;
  entry.start_ns = kNoStart;
  entry.a_to_b = entry.b_to_a = {};
}

void FlowCache::remove(std::uint32_t number) {
  FlowEntry& entry = entries_[number];
  index_.erase(static_cast<std::uint32_t>(entry.key().hash()), number);
  entry.rest = 0;
  entry.next = free_;
  free_ = number;
  --status_.flows_active;
}

std::uint32_t FlowCache::take_entry(std::uint64_t now_ns) {
  if (free_ == kNoEntry && used_ == max_flows_) make_room(now_ns);
  if (free_ == kNoEntry) return used_++;
  return std::exchange(free_, entries_[free_].next);
}

// Ends a sixteenth of all flows at once, so that looking at all of them is paid for by many: single packets that nobody
// answered, oldest first, then whatever was silent longest.
void FlowCache::make_room(std::uint64_t now_ns) {
  ++status_.emergencies;
  struct Candidate {
    std::uint64_t rank;
    std::uint32_t number;
  };
  std::vector<Candidate> candidates(max_flows_);
  for (std::uint32_t i = 0; i < max_flows_; ++i) {
    const std::uint64_t keep = (entries_[i].state & kSeveral) != 0 ? std::uint64_t{1} << 63 : 0;
    candidates[i] = {keep | entries_[i].last_ns, i};
  }
  const auto worst = candidates.begin() + std::max<std::uint32_t>(1, max_flows_ / 16);
  const auto less_useful = [](const Candidate& l, const Candidate& r) {
    return std::pair(l.rank, l.number) < std::pair(r.rank, r.number);
  };
  if (worst != candidates.end()) std::nth_element(candidates.begin(), worst, candidates.end(), less_useful);
  for (auto at = candidates.begin(); at != worst; ++at) {
    end_slice(entries_[at->number], FlowEnd::kTableFull, now_ns);
    wheel_.remove(at->number);
    remove(at->number);
  }
}

void FlowCache::watch(bool on) {
  if (!on) {
    looks_.reset();
  } else if (!looks_) {
    looks_ = std::make_unique<FlowLooks>(entries_, max_flows_, sampling_rate_);
  }
}

void FlowCache::expire(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  wheel_.advance(now_ns, [&](std::uint32_t number) { look_at(number, now_ns); });
}

void FlowCache::look_at(std::uint32_t number, std::uint64_t now_ns) {
  FlowEntry& entry = entries_[number];
  if (is_over(entry, now_ns)) {
    end_slice(entry, end_of(entry), now_ns);
    return remove(number);
  }
  if (is_slice_over(entry, now_ns)) end_slice(entry, FlowEnd::kActive, now_ns);
  wheel_.insert(number, deadline(entry, now_ns));
}

void FlowCache::finish() {
  for (std::uint32_t i = 0; i < used_; ++i) {
    if (!entries_[i].is_used()) continue;
    end_slice(entries_[i], FlowEnd::kShutdown, now_ns_);
    wheel_.remove(i);
    remove(i);
  }
}

}  // namespace weir
