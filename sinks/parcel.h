// Records on their way to a server: JSON lines that were made together, and which of them are still to be delivered.
//
// A parcel begins with all its records pending. What is settled, because it was taken or refused for good, leaves it;
// the rest keeps its order and its numbers, so that a server can be told the same identity again (`_id` of _bulk) and a
// spool can remember what is done.
//
// Thread rules: a value type; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// Where a spool keeps a parcel. The default is nowhere.
struct SpoolPlace {
  std::uint64_t segment = 0;  // 0: nowhere
  std::uint32_t index = 0;

  explicit operator bool() const { return segment != 0; }
};

class Parcel {
 public:
  Parcel() = default;
  // `lines`: `records` lines, each with its '\n'. `id` is the parcel's own for good, across restarts.
  Parcel(std::uint64_t id, std::string lines, std::uint32_t records, std::uint32_t flows);

  std::uint64_t id() const { return id_; }
  // What is pending.
  std::string_view lines() const { return lines_; }
  std::size_t pending() const { return records_ - settled_; }
  std::uint64_t pending_flows() const { return flows_ - flows_before(settled_); }
  // The buffer of the lines, for other lines. REQUIRES that nothing is pending.
  std::string release_buffer() { return std::move(lines_); }
  // The number that the i-th pending record had at the beginning.
  std::uint32_t number(std::size_t i) const { return numbers_.empty() ? static_cast<std::uint32_t>(i) : numbers_[i]; }

  // At the beginning.
  std::uint32_t records() const { return records_; }
  std::uint32_t flows() const { return flows_; }

  // The first `count` pending lines.
  std::string_view first_lines(std::size_t count) const;
  // Settles, of the first settled.size() pending records, those that are marked. Returns how many flows that is: of
  // `flows` over `records` evenly, since a split biflow is one flow and two records, and exact in the sum.
  std::uint64_t settle(const std::vector<bool>& settled);
  std::uint64_t settle_first(std::size_t count);

  // One bit a record of the beginning, lowest first: set where it is settled.
  std::vector<std::uint8_t> settled_bits() const;
  // Settles what `bits`, of settled_bits(), says. REQUIRES that nothing is settled yet.
  void restore(const std::vector<std::uint8_t>& bits);

  SpoolPlace place;
  std::uint64_t order = 0;   // among the parcels of a sink
  std::size_t charged = 0;   // bytes of memory that its sink counts for it
  std::uint32_t failed = 0;  // tries without an answer that settles anything
  bool recovered = false;    // of an earlier process
  bool refused = false;      // a server refused some of it for good
  bool unconfirmed = false;  // a server may have taken it without saying so

 private:
  std::uint64_t flows_before(std::uint64_t records) const { return records_ == 0 ? 0 : flows_ * records / records_; }

  std::uint64_t id_ = 0;
  std::string lines_;
  std::uint32_t records_ = 0;
  std::uint32_t flows_ = 0;
  std::uint32_t settled_ = 0;
  std::vector<std::uint32_t> numbers_;  // of the pending records; empty: all are pending
};

}  // namespace weir
