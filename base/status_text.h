// Pieces of the status pages that daemons print for people.
//
// Pure functions, save resident_memory(), which asks the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ledger.h"

namespace weir {

// "42 s", "3 min 2 s", "5 h 7 min", "12 d 3 h"
std::string duration_text(std::uint64_t ns);
std::string mebibytes_text(std::size_t bytes);
// From `then_ns` to `now_ns`; 0 where a clock went back.
std::uint64_t elapsed_ns(std::uint64_t now_ns, std::uint64_t then_ns);

// Bytes of memory that this process has resident.
std::size_t resident_memory();

// An account on a line, and each reason that dropped something on one of its own.
void append_account(std::string& text, std::string_view what, const AccountView& account);
template <typename Reason>
void append_account(std::string& text, std::string_view what, const Account<Reason>& account) {
  append_account(text, what, view({}, {}, account));
}

// The last words: whether the ledger balances, else what does not.
void append_balance(std::string& text, const std::vector<std::string>& imbalances);

// "flows at x: 3 is not 4" into `wrong` when the account does not balance.
void check_balance(std::vector<std::string>& wrong, std::string_view what, const AccountView& account);
void check_equal(std::vector<std::string>& wrong, std::string_view what, std::uint64_t left, std::uint64_t right);
template <typename Reason>
void check_balance(std::vector<std::string>& wrong, std::string_view what, const Account<Reason>& account) {
  check_balance(wrong, what, view({}, {}, account));
}

}  // namespace weir
