#include "store/code_table.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/bytes.h"

namespace weir {
namespace {

constexpr std::size_t kFirstSlots = 256;

// Slots are a power of two. The upper half of a product is the well-mixed one.
std::size_t slot_of(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>(hash >> 32) & (slots - 1);
}
std::uint64_t hash_of(std::uint32_t address) { return address * 0x9e3779b97f4a7c15ULL; }

std::uint64_t mix(std::uint64_t high, std::uint64_t low) {
  std::uint64_t h = high * 0x9e3779b97f4a7c15ULL;
  h = (h ^ h >> 29 ^ low) * 0xd6e8feb86659fd93ULL;
  return h ^ h >> 32;
}

std::uint64_t load64(const void* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint64_t hash_of(const AddressBytes& address) { return mix(load64(address.data()), load64(address.data() + 8)); }

AddressBytes bytes_at(const std::uint8_t* p) {
  AddressBytes bytes;
  std::memcpy(bytes.data(), p, bytes.size());
  return bytes;
}

// Names of interfaces and hosts are short: what they have beyond sixteen bytes is left to the library.
std::uint64_t hash_of(std::string_view bytes) {
  const std::size_t n = bytes.size();
  if (n > 16) return std::hash<std::string_view>{}(bytes);
  if (n >= 8) return mix(load64(bytes.data()) + n, load64(bytes.data() + n - 8));
  std::uint64_t all = 0;
  if (n > 0) std::memcpy(&all, bytes.data(), n);
  return mix(all, n);
}

bool same(std::uint32_t a, std::uint32_t b) { return a == b; }

bool same(const AddressBytes& a, const AddressBytes& b) {
  return ((load64(a.data()) ^ load64(b.data())) | (load64(a.data() + 8) ^ load64(b.data() + 8))) == 0;
}

bool same(std::string_view a, std::string_view b) {
  const std::size_t n = a.size();
  if (n != b.size()) return false;
  if (n == 0) return true;
  if (n < 8 || n > 16) return std::memcmp(a.data(), b.data(), n) == 0;
  return ((load64(a.data()) ^ load64(b.data())) | (load64(a.data() + n - 8) ^ load64(b.data() + n - 8))) == 0;
}

template <typename Slot>
void reset(PodVector<Slot>& slots, std::size_t count) {
  slots.clear();
  std::memset(static_cast<void*>(slots.grow(count)), 0, count * sizeof(Slot));
}

}  // namespace

// The code of `key`, which is `next_code` where it is new.
template <typename Key>
std::uint32_t AddressTable::find_or_add(PodVector<Slot<Key>>& slots, const Key& key, std::uint32_t next_code) {
  std::size_t at = slot_of(hash_of(key), slots.size());
  for (; slots[at].code != 0; at = (at + 1) & (slots.size() - 1)) {
    if (same(slots[at].key, key)) return slots[at].code;
  }
  slots[at] = {key, next_code};
  return next_code;
}

std::uint32_t AddressTable::code_v4(std::uint32_t address) {
  const std::uint32_t code = find_or_add(v4_slots_, address, size() + 1);
  if (code <= size()) return code;
  entries_.push_back(address);
  if ((entries_.size() - v6_.size()) * 2 > v4_slots_.size()) grow(v4_slots_);
  return code;
}

std::uint32_t AddressTable::code_v6(const AddressBytes& address) {
  const std::uint32_t code = find_or_add(v6_slots_, address, size() + 1);
  if (code <= size()) return code;
  entries_.push_back(kV6 | v6_.size());
  v6_.push_back(address);
  if (v6_.size() * 2 > v6_slots_.size()) grow(v6_slots_);
  return code;
}

void AddressTable::codes(std::span<const Asked> asked, std::uint32_t* out) {
  // All slots are asked for before the first is looked at.
  for (const Asked& a : asked) {
    if (a.family == Family::kV4) {
      __builtin_prefetch(&v4_slots_[slot_of(hash_of(load_be32(a.bytes)), v4_slots_.size())]);
    } else if (a.family == Family::kV6) {
      __builtin_prefetch(&v6_slots_[slot_of(hash_of(bytes_at(a.bytes)), v6_slots_.size())]);
    }
  }
  for (const Asked& a : asked) {
    *out++ = a.family == Family::kV4   ? code_v4(load_be32(a.bytes))
             : a.family == Family::kV6 ? code_v6(bytes_at(a.bytes))
                                       : 0;
  }
}

std::uint32_t AddressTable::code(const AddressBytes& bytes, Family family) {
  switch (family) {
    case Family::kV4: return code_v4(load_be32(bytes.data()));
    case Family::kV6: return code_v6(bytes);
    case Family::kNone: break;
  }
  return 0;
}

IpAddress AddressTable::address(std::uint32_t code) const {
  if (code == 0) return {};
  return is_v6(code) ? IpAddress::v6(v6(code).data()) : IpAddress::v4(v4(code));
}

template <typename Key>
void AddressTable::grow(PodVector<Slot<Key>>& slots) {
  PodVector<Slot<Key>> larger;
  reset(larger, slots.size() * 2);
  for (const Slot<Key>& slot : slots) {
    if (slot.code != 0) find_or_add(larger, slot.key, slot.code);
  }
  slots = std::move(larger);
}

void AddressTable::clear() {
  entries_.clear();
  v6_.clear();
  reset(v4_slots_, std::max(v4_slots_.size(), kFirstSlots));
  reset(v6_slots_, std::max(v6_slots_.size(), kFirstSlots));
}

std::size_t AddressTable::memory() const {
  return entries_.memory() + v6_.memory() + v4_slots_.memory() + v6_slots_.memory();
}

std::uint32_t BytesTable::code(std::string_view bytes) {
  if (last_ != 0 && same(this->bytes(last_), bytes)) return last_;
  const std::uint64_t hash = hash_of(bytes);
  const auto key = static_cast<std::uint32_t>(hash);
  std::size_t at = slot_of(hash, slots_.size());
  for (;; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.code == 0) break;
    if (slot.hash == key && same(this->bytes(slot.code), bytes)) return last_ = slot.code;
  }
  content_.append(bytes.data(), bytes.size());
  ends_.push_back(content_.size());
  last_ = size();
  slots_[at] = {key, last_};
  if (std::size_t{size()} * 2 > slots_.size()) {
    reset(slots_, slots_.size() * 2);
    for (std::uint32_t code = 1; code <= size(); ++code) {
      const std::uint64_t h = hash_of(this->bytes(code));
      std::size_t to = slot_of(h, slots_.size());
      while (slots_[to].code != 0) to = (to + 1) & (slots_.size() - 1);
      slots_[to] = {static_cast<std::uint32_t>(h), code};
    }
  }
  return last_;
}

std::string_view BytesTable::bytes(std::uint32_t code) const {
  if (code == 0) return {};
  return {content_.data() + ends_[code - 1], ends_[code] - ends_[code - 1]};
}

void BytesTable::clear() {
  content_.clear();
  ends_.clear();
  ends_.push_back(0);
  last_ = 0;
  reset(slots_, std::max(slots_.size(), std::size_t{16}));
}

std::size_t BytesTable::memory() const { return content_.memory() + ends_.memory() + slots_.memory(); }

}  // namespace weir
