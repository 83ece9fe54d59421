// The file of what a server refused for good, for people to look at and, maybe, to send again.
//
// One JSON object a line: {"time":"2026-01-31T12:00:00Z","status":400,"failed":1,"reason":"…","records":[…]}. `failed`
// is less than there are records where the server did not say which of them it refused.
//
// Thread rules: from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

namespace weir {

class DeadLetters {
 public:
  // An empty path: add() does nothing. When the file has half of `max_bytes` it becomes PATH.old.
  DeadLetters(std::filesystem::path path, std::uint64_t max_bytes);

  struct Letter {
    unsigned status = 0;
    std::uint64_t failed = 0;
    std::string_view reason;
    std::string_view lines;  // JSON records, each with its '\n'
  };
  // Whether it is in the file. What is not, for want of room or permission, is logged once in a row.
  bool add(const Letter& letter);

 private:
  std::string write(const std::string& line);

  const std::filesystem::path path_;
  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  bool failing_ = false;
};

}  // namespace weir
