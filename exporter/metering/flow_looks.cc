#include "exporter/metering/flow_looks.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr std::uint32_t kTurn = 4096;  // entries; some 50 µs of a thread that captures
// Stamps of several interfaces are not quite in order.
constexpr std::uint64_t kDisorder = 1'000'000'000;

Amount difference(const FlowHalf& half, const Amount& seen) {
  return {half.bytes - seen.bytes, half.packets - seen.packets};
}

Talk from_a(const FlowEntry& entry) {
  const FlowKey key = entry.key();
  Talk talk{};
  std::memcpy(talk.src.data(), key.a, sizeof key.a);
  std::memcpy(talk.dst.data(), key.b, sizeof key.b);
  talk.family = key.family();
  talk.proto = key.proto();
  if ((entry.state & flow_state::kHasPorts) == 0) return talk;
  talk.src_port = key.port_a();
  talk.dst_port = key.port_b();
  talk.service_port = (entry.state & flow_state::kReversed) != 0 ? key.port_a() : key.port_b();
  return talk;
}

}  // namespace

FlowLooks::FlowLooks(const FlowEntry* entries, std::size_t max_flows, std::uint64_t sampling_rate)
    : entries_(entries), sampling_rate_(sampling_rate), pages_(max_flows * sizeof(Seen)), seen_(pages_.as<Seen>()) {}

bool FlowLooks::look(std::uint32_t used, std::uint64_t now_ns) {
  if (next_ == 0) {
    quiet_ns_ = first_ ? 0 : began_ns_ - std::min(began_ns_, kDisorder);
    began_ns_ = now_ns;
  }
  const std::uint32_t end = std::min(next_ + kTurn, used);
  for (; next_ < end; ++next_) {
    const FlowEntry& entry = entries_[next_];
    if (entry.is_used() && entry.last_ns >= quiet_ns_) tell(next_);
  }
  if (next_ < used) return true;
  next_ = 0;
  first_ = false;
  return false;
}

void FlowLooks::slice_ends(std::uint32_t number) {
  tell(number);
  seen_[number] = {};
}

void FlowLooks::tell(std::uint32_t number) {
  const FlowEntry& entry = entries_[number];
  Seen& seen = seen_[number];
  const Amount a = difference(entry.a_to_b, seen.from_a), b = difference(entry.b_to_a, seen.from_b);
  if (is_through(number) && (a.packets != 0 || b.packets != 0)) {
    Talk talk = from_a(entry);
    talk.amount = a.scaled(sampling_rate_);
    if (a.packets != 0) talks_.push_back(talk);
    if (b.packets != 0) talks_.push_back(talk.reversed(b.scaled(sampling_rate_)));
  }
  seen = {{entry.a_to_b.bytes, entry.a_to_b.packets}, {entry.b_to_a.bytes, entry.b_to_a.packets}};
}

}  // namespace weir
