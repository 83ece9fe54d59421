// Random traffic, metered, held against a meter that keeps every conversation in a map and says what it does in the
// plainest way.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

#include "tests/exporter/metering_rig.h"

namespace weir {
namespace {

using namespace test;

struct Side {
  std::uint64_t packets = 0, bytes = 0, first = 0, last = 0;
  unsigned flags = 0, tos = 0, ttl = 255;
  auto operator<=>(const Side&) const = default;
};

// A record in the order in which two lists of them are compared; `flow` says which are slices of one flow.
struct Slice {
  std::string src, dst;
  unsigned src_port = 0, dst_port = 0, proto = 0, vlan = 0;
  Side forward, reverse;
  std::uint64_t flow = 0;
  auto operator<=>(const Slice&) const = default;
};

struct Seen {
  Packet packet;
  std::uint64_t time = 0;
  unsigned segment = 0;
};

class PlainMeter {
 public:
  explicit PlainMeter(const MeterOptions& options) : options_(options) {}

  void add(const Seen& seen) {
    const Packet& p = seen.packet;
    const End from{p.src, p.src_port}, to{p.dst, p.dst_port};
    const Key key{std::min(from, to), std::max(from, to), p.proto, p.vlan};
    auto found = conversations_.find(key);
    if (found != conversations_.end()) {
      Conversation& c = found->second;
      const bool begins = p.proto == kTcpProto && (p.tcp_flags & (kSyn | kAck)) == kSyn;
      const bool over =
          seen.time >= c.last ? seen.time - c.last >= timeout(c, p.proto) : c.last - seen.time >= options_.idle_ns;
      if (over || (is_closed(c) && begins)) {
        write(key, c);
        conversations_.erase(found);
        found = conversations_.end();
      } else if (c.start && seen.time >= *c.start && seen.time - *c.start >= options_.active_ns) {
        write(key, c);
      }
    }
    if (found == conversations_.end()) {
      Conversation c;
      c.id = ++last_id_;
      c.initiator = guess(p, from, to);
      c.last = seen.time;
      found = conversations_.emplace(key, c).first;
    }
    count(found->second, seen, from, to);
  }

  std::vector<Slice> finish() {
    for (auto& [key, c] : conversations_) write(key, c);
    conversations_.clear();
    return slices_;
  }

 private:
  using End = std::pair<std::string, unsigned>;
  using Key = std::tuple<End, End, unsigned, unsigned>;
  struct Conversation {
    std::uint64_t id = 0;
    End initiator;
    bool certain = false, exported = false, rst = false, ack = false;
    std::map<End, bool> fin;
    std::map<End, bool> spoke;
    std::optional<std::uint64_t> start;
    std::uint64_t last = 0;
    std::map<End, Side> sides;
  };

  static End guess(const Packet& p, const End& from, const End& to) {
    if (p.proto == kTcpProto && (p.tcp_flags & kSyn) != 0) return (p.tcp_flags & kAck) != 0 ? to : from;
    const bool from_client = p.src_port >= 32768, to_client = p.dst_port >= 32768;
    if (from_client != to_client) return from_client ? from : to;
    return p.src_port < p.dst_port ? to : from;
  }

  static bool is_closed(const Conversation& c) { return c.rst || c.fin.size() == 2; }

  std::uint64_t timeout(const Conversation& c, unsigned proto) const {
    const auto limited = [&](std::uint64_t t) { return std::min(t, options_.idle_ns); };
    if (is_closed(c)) return limited(options_.closed_ns);
    if (c.spoke.size() < 2 && !c.ack) return limited(options_.unanswered_idle_ns);
    return proto == kUdpProto ? limited(options_.udp_idle_ns) : options_.idle_ns;
  }

  static void count(Conversation& c, const Seen& seen, const End& from, const End& to) {
    const Packet& p = seen.packet;
    if (p.proto == kTcpProto) {
      if ((p.tcp_flags & kSyn) != 0 && !c.certain && !c.exported) {
        c.initiator = (p.tcp_flags & kAck) != 0 ? to : from;
        c.certain = true;
      }
      if ((p.tcp_flags & kFin) != 0) c.fin[from] = true;
      c.rst |= (p.tcp_flags & kRst) != 0;
      c.ack |= (p.tcp_flags & kAck) != 0;
    }
    c.spoke[from] = true;
    c.start = std::min(c.start.value_or(seen.time), seen.time);
    c.last = std::max(c.last, seen.time);
    Side& side = c.sides[from];
    if (side.packets == 0) side = {.first = seen.time, .last = seen.time, .tos = p.tos};
    side.first = std::min(side.first, seen.time);
    side.last = std::max(side.last, seen.time);
    side.ttl = std::min<unsigned>(side.ttl, p.ttl);
    if (p.proto == kTcpProto) side.flags |= p.tcp_flags;
    // A super-packet, one packet of it after the other.
    std::size_t left = p.payload;
    const std::size_t headers = p.length() - p.payload;
    do {
      const std::size_t piece = seen.segment == 0 ? left : std::min<std::size_t>(left, seen.segment);
      side.packets += 1;
      side.bytes += headers + piece;
      left -= piece;
    } while (left != 0);
  }

  void write(const Key& key, Conversation& c) {
    if (!c.start) return;
    const auto& [one, other, proto, vlan] = key;
    const End responder = c.initiator == one ? other : one;
    slices_.push_back({c.initiator.first, responder.first, c.initiator.second, responder.second, proto, vlan,
                       c.sides[c.initiator], c.sides[responder], c.id});
    c.start.reset();
    c.sides.clear();
    c.exported = true;
  }

  MeterOptions options_;
  std::map<Key, Conversation> conversations_;
  std::vector<Slice> slices_;
  std::uint64_t last_id_ = 0;
};

Slice slice_of(const Record& r) {
  Slice s{r.src(), r.dst(), r.flow.src_port, r.flow.dst_port, r.flow.proto, r.flow.vlan_id, {}, {}, r.cold.flow_id};
  if (r.flow.packets != 0)
    s.forward = {r.flow.packets, r.flow.bytes, r.flow.time_flow_start_ns, r.flow.time_flow_end_ns, r.flow.tcp_flags,
                 r.flow.ip_tos,  r.flow.ip_ttl};
  if (r.has_reverse())
    s.reverse = {r.cold.reverse_packets,
                 r.cold.reverse_bytes,
                 r.cold.reverse_time_flow_start_ns,
                 r.cold.reverse_time_flow_end_ns,
                 r.cold.reverse_tcp_flags,
                 0,
                 255};
  return s;
}

// Records do not say these of the reverse direction.
void forget_unwritten(std::vector<Slice>& slices) {
  for (Slice& s : slices) s.reverse.tos = 0, s.reverse.ttl = 255;
}

// Numbers flows in the order of their first slices.
void renumber(std::vector<Slice>& slices) {
  std::sort(slices.begin(), slices.end(), [](const Slice& l, const Slice& r) {
    const auto start = [](const Slice& s) {
      return std::min(s.forward.packets != 0 ? s.forward.first : ~std::uint64_t{0},
                      s.reverse.packets != 0 ? s.reverse.first : ~std::uint64_t{0});
    };
    return std::tuple(start(l), l.src, l.dst, l.src_port, l.dst_port, l.proto, l.vlan, l.forward, l.reverse) <
           std::tuple(start(r), r.src, r.dst, r.src_port, r.dst_port, r.proto, r.vlan, r.forward, r.reverse);
  });
  std::map<std::uint64_t, std::uint64_t> numbers;
  for (Slice& s : slices) s.flow = numbers.emplace(s.flow, numbers.size()).first->second;
}

class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : random_(seed) {}

  Seen next() {
    // Mostly bursts, now and then a pause, sometimes a little back.
    const unsigned kind = pick(100);
    if (kind < 80) time_ += pick(50) * 1'000'000;
    if (kind >= 80 && kind < 97) time_ += pick(3000) * 1'000'000ULL;
    if (kind >= 97) time_ -= std::min<std::uint64_t>(time_, pick(20) * 1'000'000);
    ++time_;  // no two at once
    Seen seen;
    seen.time = time_;
    Packet& p = seen.packet;
    const bool v6 = pick(3) == 0;
    const std::string net = v6 ? "2001:db8::" : "10.0.0.";
    const unsigned from = 1 + pick(3);
    p.src = net + std::to_string(from);
    p.dst = net + std::to_string(1 + (from + pick(2)) % 3);
    static constexpr std::uint16_t kPorts[] = {53, 443, 40000, 50000};
    p.src_port = kPorts[pick(4)];
    p.dst_port = kPorts[pick(4)];
    p.proto = pick(2) == 0 ? kTcpProto : kUdpProto;
    static constexpr unsigned kFlags[] = {kAck, kAck, kAck, kAck | kPush, kSyn, kSyn | kAck, kFin | kAck, kRst};
    p.tcp_flags = kFlags[pick(8)];
    p.payload = pick(2000);
    p.ttl = static_cast<std::uint8_t>(1 + pick(255));
    p.tos = static_cast<std::uint8_t>(pick(256));
    p.vlan = pick(8) == 0 ? 1 + pick(2) : 0;
    p.id = pick(65536);
    if (pick(4) == 0) seen.segment = 100 + pick(1400);
    return seen;
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::mt19937_64 random_;
  std::uint64_t time_ = 0;
};

void compare(std::uint64_t seed, const MeterOptions& options) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  MeterRig rig(options);
  PlainMeter plain(options);
  Traffic traffic(seed);
  std::vector<Buffer> bytes;
  std::vector<Frame> frames;
  std::uint64_t wire_packets = 0;
  std::mt19937_64 random(seed);
  for (unsigned burst = 0; burst < 60; ++burst) {
    bytes.clear();
    frames.clear();
    for (std::size_t i = 0; i <= random() % 100; ++i) {
      Seen seen = traffic.next();
      seen.time += kStart;
      plain.add(seen);
      bytes.push_back(seen.packet.frame());
      Frame& frame = frames.emplace_back();
      frame.time_ns = seen.time;
      frame.captured = frame.wire_length = static_cast<std::uint32_t>(bytes.back().size());
      frame.segment_size = static_cast<std::uint16_t>(seen.segment);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i].data = bytes[i].data();
    rig.meter.add(frames, 0);
  }
  std::vector<Slice> expected = plain.finish(), got;
  for (const Record& r : rig.finish()) got.push_back(slice_of(r));
  for (const Slice& s : expected) wire_packets += s.forward.packets + s.reverse.packets;
  forget_unwritten(expected);
  renumber(expected);
  renumber(got);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(got[i] == expected[i]) << i << " of " << got.size();
  const MeterStatus status = rig.meter.status();
  EXPECT_EQ(status.wire_packets, wire_packets);
  EXPECT_TRUE(status.packets.balanced());
  EXPECT_EQ(status.flows_active, 0U);
}

TEST(MeterProperty, EqualsAPlainMeter) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    compare(seed, {.max_flows = 5000});
    compare(seed, {.max_flows = 5000, .active_ns = 3 * kSecond, .idle_ns = 2 * kSecond});
    compare(seed, {.max_flows = 5000,
                   .active_ns = kSecond,
                   .idle_ns = 20 * kSecond,
                   .udp_idle_ns = kSecond,
                   .unanswered_idle_ns = 7 * kSecond,
                   .closed_ns = 100'000'000});
    if (HasFatalFailure()) return;
  }
}

// However small the table, no packet is lost.
TEST(MeterProperty, SmallTablesLoseNothing) {
  for (const std::size_t max_flows : {1U, 2U, 7U, 50U}) {
    MeterRig rig({.max_flows = max_flows});
    Traffic traffic(max_flows);
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < 3000; ++i) {
      const Seen seen = traffic.next();
      bytes += seen.packet.length();
      rig.send(seen.packet, seen.time);
      ASSERT_LE(rig.meter.status().flows_active, max_flows);
    }
    std::uint64_t metered_bytes = 0, packets = 0;
    for (const Record& r : rig.finish()) {
      metered_bytes += r.all_bytes();
      packets += r.all_packets();
    }
    EXPECT_EQ(packets, 3000U);
    EXPECT_EQ(metered_bytes, bytes);
  }
}

}  // namespace
}  // namespace weir
