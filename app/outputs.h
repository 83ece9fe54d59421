// What the commands that deliver flows (--to) have in common.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ledger.h"
#include "sinks/sink.h"

namespace weir {

// How long a stop may take to deliver what was received.
inline constexpr auto kShutdownLimit = std::chrono::seconds(10);

// /var/lib/weir for a system's daemon, else where a user's programs keep their state (XDG base directories).
std::filesystem::path default_state_dir();

// `state_dir`: where spools are kept, in a directory "spool"; empty: nowhere.
Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const std::vector<std::string>& specs, WhenFull when_full,
                                                      const std::filesystem::path& state_dir = {});

// The output files that this start makes: removed, empty as they are, when it fails after all.
class NewFiles {
 public:
  explicit NewFiles(const std::vector<std::string>& sinks);
  ~NewFiles();
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;

  void keep() { paths_.clear(); }

 private:
  std::vector<std::filesystem::path> paths_;
};

// "7 dropped (kernel 3, not_allowed 4)"
std::string dropped_text(const AccountView& account);
// The last word of each sink, to the log.
void log_sinks(std::span<const SinkStatus> sinks);
bool lost_flows(std::span<const SinkStatus> sinks);

}  // namespace weir
