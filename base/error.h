// How a failure that input or the system can cause travels: as a value. Exceptions are for programming errors only.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace weir {

// A failure, in words for the person who has to act on it: what, where, and what to do.
struct Error {
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message) { return std::unexpected(Error{std::move(message)}); }

// `fail(what + ": " + strerror(error_number))`.
std::unexpected<Error> fail_errno(std::string what, int error_number);

}  // namespace weir
