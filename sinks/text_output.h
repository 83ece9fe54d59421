// Where the bytes of a TextSink go: a file with rotation, or standard output.
//
// Thread rules: one thread at a time (the sink's writer).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

struct WriteResult {
  enum class Outcome : std::uint8_t {
    kWritten,
    kFailed,   // nothing of the text stays in a regular file; a later write may succeed
    kGone,     // nobody will ever read this output again
    kAborted,  // `abort` was set while the output took nothing
  };
  Outcome outcome = Outcome::kWritten;
  std::string error;
};

class TextOutput {
 public:
  virtual ~TextOutput() = default;

  // Writes `text`, whole lines. Waits while a pipe is full, until `abort` is set.
  virtual WriteResult write(std::string_view text, const std::atomic<bool>& abort) = 0;
  // Closes and opens again by name. On failure the old file stays open.
  virtual Result<void> reopen() { return {}; }
  // Does what is due by time (rotation), and says when to call again; nothing: never.
  virtual std::optional<std::chrono::steady_clock::time_point> tick() { return std::nullopt; }
};

// Writes all of `text` to `fd` for the outputs. A regular file is cut back to where it ended when the text does not
// fit, so that it never holds a torn record. `what` names the output in errors.
WriteResult write_whole(int fd, std::string_view text, const std::string& what, const std::atomic<bool>& abort);

}  // namespace weir
