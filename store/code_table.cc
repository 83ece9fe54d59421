#include "store/code_table.h"

#include <algorithm>
#include <array>
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
std::uint64_t hash_v4(std::uint32_t address) { return address * 0x9e3779b97f4a7c15ULL; }

std::uint64_t hash_v6(const AddressBytes& address) {
  std::uint64_t high, low;
  std::memcpy(&high, address.data(), 8);
  std::memcpy(&low, address.data() + 8, 8);
  std::uint64_t h = high * 0x9e3779b97f4a7c15ULL;
  h = (h ^ h >> 29 ^ low) * 0xd6e8feb86659fd93ULL;
  return h ^ h >> 32;
}

template <typename Slot>
void reset(PodVector<Slot>& slots, std::size_t count) {
  slots.clear();
  std::memset(static_cast<void*>(slots.grow(count)), 0, count * sizeof(Slot));
}

}  // namespace

std::uint32_t AddressTable::code_v4(std::uint32_t address) {
  std::size_t at = slot_of(hash_v4(address), v4_slots_.size());
  for (;; at = (at + 1) & (v4_slots_.size() - 1)) {
    const Slot& slot = v4_slots_[at];
    if (slot.code == 0) break;
    if (slot.key == address) return slot.code;
  }
  entries_.push_back(address);
  const std::uint32_t code = size();
  v4_slots_[at] = {address, code};
  if (++v4_used_ * 2 > v4_slots_.size()) grow(v4_slots_);
  return code;
}

void AddressTable::codes_v4(const std::uint32_t* addresses, std::span<std::uint32_t> out) {
  // The table of a busy router does not fit the nearer caches: all slots are asked for before the first is looked at.
  for (std::size_t i = 0; i < out.size(); ++i) {
    __builtin_prefetch(&v4_slots_[slot_of(hash_v4(addresses[i]), v4_slots_.size())]);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = code_v4(addresses[i]);
}

std::uint32_t AddressTable::code_v6(const AddressBytes& address) {
  const std::uint64_t hash = hash_v6(address);
  const auto key = static_cast<std::uint32_t>(hash);
  std::size_t at = slot_of(hash, v6_slots_.size());
  for (;; at = (at + 1) & (v6_slots_.size() - 1)) {
    const Slot& slot = v6_slots_[at];
    if (slot.code == 0) break;
    if (slot.key == key && v6(slot.code) == address) return slot.code;
  }
  entries_.push_back(kV6 | v6_.size());
  v6_.push_back(address);
  const std::uint32_t code = size();
  v6_slots_[at] = {key, code};
  if (v6_.size() * 2 > v6_slots_.size()) grow(v6_slots_);
  return code;
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

void AddressTable::grow(PodVector<Slot>& slots) {
  PodVector<Slot> larger;
  reset(larger, slots.size() * 2);
  for (const Slot& slot : slots) {
    if (slot.code == 0) continue;
    const std::uint64_t hash = is_v6(slot.code) ? hash_v6(v6(slot.code)) : hash_v4(slot.key);
    std::size_t at = slot_of(hash, larger.size());
    while (larger[at].code != 0) at = (at + 1) & (larger.size() - 1);
    larger[at] = slot;
  }
  slots = std::move(larger);
}

void AddressTable::clear() {
  entries_.clear();
  v6_.clear();
  v4_used_ = 0;
  reset(v4_slots_, std::max(v4_slots_.size(), kFirstSlots));
  reset(v6_slots_, std::max(v6_slots_.size(), kFirstSlots));
}

std::size_t AddressTable::memory() const {
  return entries_.memory() + v6_.memory() + v4_slots_.memory() + v6_slots_.memory();
}

std::uint32_t BytesTable::code(std::string_view bytes) {
  if (last_ != 0 && this->bytes(last_) == bytes) return last_;
  const std::uint64_t hash = std::hash<std::string_view>{}(bytes);
  const auto key = static_cast<std::uint32_t>(hash);
  std::size_t at = slot_of(hash, slots_.size());
  for (;; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.code == 0) break;
    if (slot.hash == key && this->bytes(slot.code) == bytes) return last_ = slot.code;
  }
  content_.append(bytes.data(), bytes.size());
  ends_.push_back(content_.size());
  last_ = size();
  slots_[at] = {key, last_};
  if (std::size_t{size()} * 2 > slots_.size()) {
    reset(slots_, slots_.size() * 2);
    for (std::uint32_t code = 1; code <= size(); ++code) {
      const std::uint64_t h = std::hash<std::string_view>{}(this->bytes(code));
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
