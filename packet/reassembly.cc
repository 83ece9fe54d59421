#include "packet/reassembly.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t kMaxPayload = 65535;

// What makes fragments one packet's. IPv6 tells packets apart without the protocol (RFC 8200 §4.5).
struct Key {
  IpAddress src, dst;
  std::uint32_t id;
  std::uint8_t proto;
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::hash<IpAddress> hash;
    return hash(key.src) * 31 + hash(key.dst) * 17 + (std::size_t{key.id} << 8 | key.proto) * 0x9e3779b97f4a7c15ULL;
  }
};

// A packet in the making. Once `refused`, it holds nothing and only turns away what still comes.
struct Partial {
  Partial(const Key& k, std::uint64_t time_ns) : key(k), first_ns(time_ns) {}

  Key key;
  std::uint64_t first_ns;
  std::map<std::size_t, std::vector<std::uint8_t>> pieces;  // by offset, without overlap
  std::size_t received = 0;                                 // bytes of the pieces
  std::size_t total = 0;                                    // 0: the last fragment has not come
  std::uint8_t proto = 0;
  bool refused = false;
};

// What a packet and a piece cost beside its bytes: nodes of list, hash table and map.
constexpr std::size_t kPartialCost = sizeof(Partial) + 64;
constexpr std::size_t kPieceCost = 96;

std::size_t cost_of(const Partial& partial) {
  return kPartialCost + partial.received + partial.pieces.size() * kPieceCost;
}

Key key_of(const DissectedPacket& fragment) {
  const bool is_v4 = fragment.src.family == Family::kV4;
  return {fragment.src, fragment.dst, fragment.fragment_id, is_v4 ? fragment.proto : std::uint8_t{0}};
}

bool is_valid(const DissectedPacket& fragment) {
  const std::size_t size = fragment.ip_payload.size();
  const bool more = (fragment.ip_flags & 1) != 0;
  return !fragment.is_cut && size != 0 && fragment.fragment_offset + size <= kMaxPayload && (!more || size % 8 == 0);
}

enum class Fit { kNew, kDuplicate, kOverlap };

// How bytes [offset, offset + size) stand to the pieces that are there and to the packet's end.
Fit fit_of(const Partial& partial, std::size_t offset, Bytes bytes, bool last) {
  const std::size_t end = offset + bytes.size();
  const auto next = partial.pieces.lower_bound(offset);
  if (next != partial.pieces.end() && next->first == offset && std::ranges::equal(next->second, bytes) &&
      (!last || partial.total == end))
    return Fit::kDuplicate;
  if (next != partial.pieces.end() && next->first < end) return Fit::kOverlap;
  if (next != partial.pieces.begin()) {
    const auto& [before, piece] = *std::prev(next);
    if (before + piece.size() > offset) return Fit::kOverlap;
  }
  if (partial.total != 0 && (last || end > partial.total)) return Fit::kOverlap;
  if (last && next != partial.pieces.end()) return Fit::kOverlap;
  return Fit::kNew;
}

}  // namespace

struct Reassembler::Impl {
  using Partials = std::list<Partial>;

  explicit Impl(Limits l) : limits(l) {}

  // Drops what is held of `partial` and forgets it.
  void remove(Partials::iterator partial, Drop reason) {
    discard(*partial, reason);
    forget(partial);
  }

  void forget(Partials::iterator partial) {
    bytes -= cost_of(*partial);
    by_key.erase(partial->key);
    partials.erase(partial);
  }

  void discard(Partial& partial, Drop reason) {
    account.held -= partial.pieces.size();
    account.drop(reason, partial.pieces.size());
    bytes -= cost_of(partial) - kPartialCost;
    partial.pieces.clear();
    partial.received = 0;
  }

  void expire(std::uint64_t now_ns) {
    while (!partials.empty() && now_ns > partials.front().first_ns &&
           now_ns - partials.front().first_ns > limits.timeout_ns)
      remove(partials.begin(), Drop::kTimeout);
  }

  Partials::iterator find_or_start(const Key& key, std::uint64_t time_ns) {
    const auto [found, is_new] = by_key.try_emplace(key);
    if (is_new) {
      found->second = partials.emplace(partials.end(), key, time_ns);
      bytes += kPartialCost;
    }
    return found->second;
  }

  void store(Partial& partial, const DissectedPacket& fragment, bool last) {
    const Bytes payload = fragment.ip_payload;
    const std::size_t offset = fragment.fragment_offset;
    partial.pieces.emplace(offset, std::vector<std::uint8_t>(payload.begin(), payload.end()));
    partial.received += payload.size();
    bytes += payload.size() + kPieceCost;
    if (offset == 0) partial.proto = fragment.payload_proto;
    if (last) partial.total = offset + payload.size();
    ++account.held;
  }

  Packet complete(Partials::iterator partial) {
    whole.clear();
    for (const auto& [offset, piece] : partial->pieces) whole.insert(whole.end(), piece.begin(), piece.end());
    const Packet packet{partial->proto, whole};
    account.held -= partial->pieces.size();
    account.out += partial->pieces.size();
    forget(partial);
    return packet;
  }

  Limits limits;
  Account<Drop> account;
  Partials partials;  // oldest first
  std::unordered_map<Key, Partials::iterator, KeyHash> by_key;
  std::size_t bytes = 0;  // the cost of all partials
  std::vector<std::uint8_t> whole;
};

Reassembler::Reassembler() : Reassembler(Limits{}) {}
Reassembler::Reassembler(Limits limits) : impl_(std::make_unique<Impl>(limits)) {}
Reassembler::Reassembler(Reassembler&&) noexcept = default;
Reassembler& Reassembler::operator=(Reassembler&&) noexcept = default;
Reassembler::~Reassembler() = default;

std::optional<Reassembler::Packet> Reassembler::add(const DissectedPacket& fragment, std::uint64_t time_ns) {
  Impl& impl = *impl_;
  ++impl.account.in;
  impl.expire(time_ns);
  if (!is_valid(fragment)) {
    impl.account.drop(Drop::kInvalid);
    return std::nullopt;
  }

  const auto partial = impl.find_or_start(key_of(fragment), time_ns);
  const bool last = (fragment.ip_flags & 1) == 0;
  const Fit fit =
      partial->refused ? Fit::kOverlap : fit_of(*partial, fragment.fragment_offset, fragment.ip_payload, last);
  if (fit == Fit::kDuplicate) {
    impl.account.drop(Drop::kDuplicate);
  } else if (fit == Fit::kOverlap) {
    impl.account.drop(Drop::kOverlap);
    impl.discard(*partial, Drop::kOverlap);
    partial->refused = true;
  } else {
    impl.store(*partial, fragment, last);
    if (partial->received == partial->total) return impl.complete(partial);
  }
  while (impl.bytes > impl.limits.bytes) impl.remove(impl.partials.begin(), Drop::kMemory);
  return std::nullopt;
}

void Reassembler::finish() {
  while (!impl_->partials.empty()) impl_->remove(impl_->partials.begin(), Drop::kUnfinished);
}

const Account<Reassembler::Drop>& Reassembler::account() const { return impl_->account; }

std::string_view reason_name(Reassembler::Drop reason) {
  switch (reason) {
    case Reassembler::Drop::kTimeout: return "timeout";
    case Reassembler::Drop::kMemory: return "memory";
    case Reassembler::Drop::kOverlap: return "overlap";
    case Reassembler::Drop::kInvalid: return "invalid";
    case Reassembler::Drop::kDuplicate: return "duplicate";
    case Reassembler::Drop::kUnfinished: return "unfinished";
    case Reassembler::Drop::kCount: break;
  }
  return "";
}

}  // namespace weir
