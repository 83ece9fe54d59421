// Provisional codes for addresses and byte strings, in order of appearance: code 1 is the first entry, 0 is "absent".
//
// Thread rules: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "flow/address.h"
#include "store/pod_vector.h"

namespace weir {

class AddressTable {
 public:
  AddressTable() { clear(); }

  std::uint32_t code_v4(std::uint32_t address);
  std::uint32_t code_v6(const AddressBytes& address);
  std::uint32_t code(const AddressBytes& bytes, Family family);
  // The same for many at once, which costs much less where the table is larger than the nearer caches.
  struct Asked {
    const std::uint8_t* bytes;
    Family family;
  };
  void codes(std::span<const Asked> asked, std::uint32_t* out);

  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  // REQUIRES 0 < code <= size().
  bool is_v6(std::uint32_t code) const { return (entries_[code - 1] & kV6) != 0; }
  std::uint32_t v4(std::uint32_t code) const { return static_cast<std::uint32_t>(entries_[code - 1]); }
  const AddressBytes& v6(std::uint32_t code) const { return v6_[static_cast<std::uint32_t>(entries_[code - 1])]; }
  // Code 0: no address.
  IpAddress address(std::uint32_t code) const;

  void clear();
  std::size_t memory() const;

 private:
  static constexpr std::uint64_t kV6 = std::uint64_t{1} << 32;
  template <typename Key>
  struct Slot {
    Key key;
    std::uint32_t code;  // 0: free
  };
  template <typename Key>
  static std::uint32_t find_or_add(PodVector<Slot<Key>>& slots, const Key& key, std::uint32_t next_code);
  template <typename Key>
  static void grow(PodVector<Slot<Key>>& slots);

  PodVector<std::uint64_t> entries_;  // an IPv4 address; or kV6 and an index of v6_
  PodVector<AddressBytes> v6_;
  PodVector<Slot<std::uint32_t>> v4_slots_;
  PodVector<Slot<AddressBytes>> v6_slots_;
};

class BytesTable {
 public:
  BytesTable() { clear(); }

  std::uint32_t code(std::string_view bytes);
  std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size() - 1); }
  // Code 0: empty. Good until the next code().
  std::string_view bytes(std::uint32_t code) const;

  void clear();
  std::size_t memory() const;

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t code;
  };

  PodVector<char> content_;
  PodVector<std::uint64_t> ends_;  // ends_[code]; ends_[0] is 0
  PodVector<Slot> slots_;
  std::uint32_t last_ = 0;  // the code that was given last
};

}  // namespace weir
