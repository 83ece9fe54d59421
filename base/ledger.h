// The ledger: proof that nothing is lost silently. Every stage keeps an Account in its own unit (datagrams, sets,
// flows, bytes), and at every moment that anyone can look,
//
//     in = out + held + dropped{reason}
//
// Thread rules: an Account is plain numbers without locks. Its owner updates it under whatever already serialises the
// stage (one worker's batch lock, a queue's mutex) and readers copy it under the same lock, so that what they see
// balances.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>

namespace weir {

// Reason is an enum class counted from 0 whose last enumerator is kCount, with a
// `std::string_view reason_name(Reason)` that gives the label shown to people and in metrics (snake_case).
template <typename Reason>
struct Account {
  static constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::kCount);

  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t held = 0;  // taken in, fate not yet known
  std::array<std::uint64_t, kReasons> dropped{};

  void drop(Reason reason, std::uint64_t n = 1) { dropped[static_cast<std::size_t>(reason)] += n; }
  std::uint64_t dropped_for(Reason reason) const { return dropped[static_cast<std::size_t>(reason)]; }
  std::uint64_t dropped_total() const { return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0}); }
  bool balanced() const { return in == out + held + dropped_total(); }

  Account& operator+=(const Account& other) {
    in += other.in;
    out += other.out;
    held += other.held;
    for (std::size_t i = 0; i < kReasons; ++i) dropped[i] += other.dropped[i];
    return *this;
  }
  bool operator==(const Account&) const = default;
};

// An Account without its enum, for what only prints it (status, metrics).
struct AccountView {
  std::string_view stage;  // "decode", "sink"
  std::string_view unit;   // "datagrams", "flows"
  std::uint64_t in, out, held;
  // One entry a reason, zero ones included.
  std::array<std::pair<std::string_view, std::uint64_t>, 16> dropped;
  std::size_t reasons;
};

template <typename Reason>
AccountView view(std::string_view stage, std::string_view unit, const Account<Reason>& account) {
  static_assert(Account<Reason>::kReasons <= 16);
  AccountView v{stage, unit, account.in, account.out, account.held, {}, Account<Reason>::kReasons};
  for (std::size_t i = 0; i < v.reasons; ++i) v.dropped[i] = {reason_name(static_cast<Reason>(i)), account.dropped[i]};
  return v;
}

}  // namespace weir
