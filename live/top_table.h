// A ranking of whatever is busiest: a bounded table of keys with what each carried in every one of the last seconds.
//
// When the table is full a new key takes the place of a small one, which is counted. Keys that were silent for as long
// as the longest window leave uncounted when rows() is asked: all their rates are zero.
//
// Memory: kMaxEntries times 752 bytes (50 MB) and an index of 512 KiB at the most, provided by the system as it is
// used.
//
// Thread rules: none of its own; whoever shares one serialises it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "flow/address.h"
#include "live/amount.h"

namespace weir {

// Of a conversation, whose lower end is `a`; of a host, which is `a`; of a port, which is port_a. Parts that do not
// belong to a key are zero.
struct TopKey {
  AddressBytes a, b;
  std::uint16_t port_a, port_b;
  std::uint8_t proto;
  Family family;
  std::uint16_t unused;

  bool operator==(const TopKey&) const = default;
};
static_assert(sizeof(TopKey) == 40);

// Seconds that the rates cover.
inline constexpr std::array<std::uint64_t, 3> kTopWindows{2, 10, 40};

struct TopRates {
  std::array<std::uint64_t, kTopWindows.size()> bits_per_s{}, packets_per_s{};
};

struct TopRow {
  TopKey key;
  bool b_is_busier;  // b sent more than a
  TopRates rates;
  std::uint64_t bytes;  // since the key came into the table
};

class TopTable {
 public:
  static constexpr std::size_t kMaxEntries = 65'536;

  explicit TopTable(std::size_t max_entries = kMaxEntries);

  // `second` counts from anywhere; it may be a little behind others that were added.
  void add(const TopKey& key, bool from_b, const Amount& amount, std::uint64_t second);
  // Traffic counts in the total once, under however many keys it is.
  void add_total(const Amount& amount, std::uint64_t second) { total_.add(amount, second); }

  // The busiest over the middle window, then the longest, first. Rates cover whole seconds before `second`, and no more
  // than the `seconds_watched` that there were.
  std::vector<TopRow> rows(std::size_t limit, std::uint64_t second, std::uint64_t seconds_watched);
  TopRates total(std::uint64_t second, std::uint64_t seconds_watched) const;

  std::size_t size() const { return used_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::size_t kRing = 43;  // the longest window, and seconds that are asked for only later
  static_assert(kRing > kTopWindows.back() + 1);

  // What came in each of the last seconds. No members with initial values: the table is not to be touched before use.
  struct Seconds {
    std::uint64_t last;  // the newest second that has an amount
    std::array<Amount, kRing> ring;

    void add(const Amount& amount, std::uint64_t second);
    Amount over(std::uint64_t window, std::uint64_t second) const;
  };
  struct Entry {
    TopKey key;
    std::uint64_t bytes_from_a, bytes_from_b;
    Seconds seconds;
    std::uint64_t bytes() const { return saturating_add(bytes_from_a, bytes_from_b); }
  };
  static_assert(sizeof(Entry) == 752);

  static TopRates rates(const Seconds& seconds, std::uint64_t second, std::uint64_t seconds_watched);
  std::size_t slot_of(const TopKey& key) const;
  std::uint32_t insert(const TopKey& key, std::uint64_t second);
  std::uint32_t victim();
  void forget(const TopKey& key);
  void remove(std::uint32_t number);
  void remove_silent(std::uint64_t second);

  std::size_t max_entries_;
  std::unique_ptr<Entry[]> entries_;
  std::uint32_t used_ = 0;
  std::vector<std::uint32_t> index_;  // open addressing: number of the entry + 1, 0 for an empty slot
  std::size_t mask_;
  Seconds total_{};
  std::uint64_t dropped_ = 0;
  std::uint64_t random_ = 1;
};

}  // namespace weir
