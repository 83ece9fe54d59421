#include "exporter/metering/fragments.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/hash.h"

namespace weir {
namespace {

// What fragments of one datagram share. IPv6 identifications are the host's (RFC 8200 §4.5), IPv4's the protocol's.
std::uint64_t id_of(const PacketInfo& fragment) {
  std::uint64_t words[5];
  std::memcpy(words, fragment.src.data(), 16);
  std::memcpy(words + 2, fragment.dst.data(), 16);
  const unsigned proto = fragment.family == Family::kV4 ? fragment.proto : 0U;
  words[4] = fragment.fragment_id | std::uint64_t{proto} << 32 | static_cast<std::uint64_t>(fragment.family) << 40;
  return hash_words<5>(words);
}

bool is_past(std::uint64_t since_ns, std::uint64_t limit_ns, std::uint64_t now_ns) {
  const std::uint64_t apart = now_ns > since_ns ? now_ns - since_ns : since_ns - now_ns;
  return apart >= limit_ns;
}

}  // namespace

bool FragmentTable::resolve(MeteredPacket& fragment) {
  PacketInfo& info = fragment.info;
  const std::uint64_t id = id_of(info);
  Datagram& datagram = find_or_make(id, fragment.time_ns);
  if (info.fragment_offset == 0) {
    remember_first(id, datagram, fragment);
    return true;
  }
  if (!datagram.has_first && !datagram.is_given_up) {
    wait(id, datagram, fragment);
    return false;
  }
  join(info, datagram);
  return true;
}

void FragmentTable::wait(std::uint64_t id, Datagram& datagram, const MeteredPacket& fragment) {
  if (datagram.waiting.empty()) waits_.push_back({fragment.time_ns, id});
  Waiting& copy = datagram.waiting.emplace_back(Waiting{fragment, {}});
  if (fragment.info.mac != nullptr) std::copy_n(fragment.info.mac, copy.mac.size(), copy.mac.begin());
  copy.packet.info.ip = nullptr;
  ++waiting_;
  while (waiting_ > kMaxWaiting || waits_.size() > kMaxDatagrams) give_up_oldest_wait();
}

void FragmentTable::join(PacketInfo& fragment, const Datagram& datagram) {
  if (!datagram.has_first) return;
  fragment.proto = datagram.proto;
  fragment.has_ports = datagram.has_ports;
  fragment.src_port = datagram.src_port;
  fragment.dst_port = datagram.dst_port;
}

FragmentTable::Datagram& FragmentTable::find_or_make(std::uint64_t id, std::uint64_t time_ns) {
  if (const auto found = datagrams_.find(id); found != datagrams_.end()) return found->second;
  if (ages_.size() >= kMaxDatagrams) forget_oldest();
  ages_.push_back({time_ns, id});
  Datagram& made = datagrams_[id];
  made.since_ns = time_ns;
  return made;
}

// An identification that comes again is another datagram's, which makes this one's ports those of old.
void FragmentTable::remember_first(std::uint64_t id, Datagram& datagram, const MeteredPacket& fragment) {
  const PacketInfo& info = fragment.info;
  datagram.has_first = true;
  datagram.has_ports = info.has_ports;
  datagram.proto = info.proto;
  datagram.src_port = info.src_port;
  datagram.dst_port = info.dst_port;
  release(datagram);
  if (datagram.since_ns == fragment.time_ns || ages_.size() >= kMaxDatagrams) return;
  datagram.since_ns = fragment.time_ns;
  ages_.push_back({fragment.time_ns, id});
}

void FragmentTable::release(Datagram& datagram) {
  waiting_ -= datagram.waiting.size();
  for (Waiting& waiting : datagram.waiting) {
    join(waiting.packet.info, datagram);
    released_.push_back(waiting);
  }
  datagram.waiting = {};
}

void FragmentTable::give_up_oldest_wait() {
  const auto found = datagrams_.find(waits_.front().id);
  waits_.pop_front();
  if (found == datagrams_.end() || found->second.has_first) return;
  found->second.is_given_up = true;
  release(found->second);
}

void FragmentTable::forget_oldest() {
  const Age age = ages_.front();
  ages_.pop_front();
  const auto found = datagrams_.find(age.id);
  if (found == datagrams_.end() || found->second.since_ns != age.since_ns) return;
  release(found->second);
  datagrams_.erase(found);
}

void FragmentTable::expire(std::uint64_t now_ns) {
  while (!waits_.empty() && is_past(waits_.front().since_ns, kWaitNs, now_ns)) give_up_oldest_wait();
  while (!ages_.empty() && is_past(ages_.front().since_ns, kKeepNs, now_ns)) forget_oldest();
}

void FragmentTable::clear() {
  while (!ages_.empty()) forget_oldest();
  waits_.clear();
  datagrams_.clear();
}

std::vector<FragmentTable::Waiting>& FragmentTable::released() {
  handed_over_.clear();
  std::swap(handed_over_, released_);
  for (Waiting& waiting : handed_over_) {
    if (waiting.packet.info.mac != nullptr) waiting.packet.info.mac = waiting.mac.data();
  }
  return handed_over_;
}

}  // namespace weir
