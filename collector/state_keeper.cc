#include "collector/state_keeper.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "collector/selector.h"

namespace weir {
namespace {

// Saving may take at most this part of the time, so that a flood of templates does not turn into a flood of writes.
constexpr std::uint64_t kRestPerSave = 20;

// Bytes a second that may be written for the sake of sequence numbers alone.
constexpr std::uint64_t kSequenceBytesPerSecond = 256 * 1024;

}  // namespace

StateKeeper::StateKeeper(StateDir directory, std::vector<Lane*> lanes) : directory_(std::move(directory)) {
  for (Lane* lane : lanes) entries_.push_back({lane});
}

StateKeeper::~StateKeeper() { stop(false); }

Result<void> StateKeeper::restore() {
  const auto workers = static_cast<unsigned>(entries_.size());
  for (const StateDir::Saved& file : directory_.read_all()) {
    for (unsigned i = 0; i < workers; ++i) {
      const auto wanted = [=](const IpAddress& exporter) { return worker_for(exporter, workers) == i; };
      const auto lock = entries_[i].lane->lock();
      const auto loaded = entries_[i].lane->decoder().load(as_bytes(file.content), wanted);
      if (loaded) continue;
      directory_.move_aside(file.path, loaded.error().message);
      break;
    }
  }
  for (unsigned i = 0; i < workers; ++i) {
    if (auto saved = save(i); !saved) return saved;
  }
  directory_.remove_others(workers);
  return {};
}

void StateKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void StateKeeper::stop(bool save_all) {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wakeup_.notify_all();
    thread_.join();
  }
  if (!save_all) return;
  for (unsigned i = 0; i < entries_.size(); ++i) note(save(i));
}

std::string StateKeeper::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void StateKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!wakeup_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    lock.unlock();
    save_changed();
    lock.lock();
  }
}

bool StateKeeper::is_due(const Entry& entry, std::uint64_t now_ns) {
  if (now_ns < entry.next_save_ns) return false;
  const auto lock = entry.lane->lock();
  const Decoder& decoder = entry.lane->decoder();
  if (decoder.state_version() != entry.saved_version) return true;
  return decoder.messages().out != entry.saved_messages && now_ns >= entry.next_sequence_save_ns;
}

void StateKeeper::save_changed() {
  for (unsigned i = 0; i < entries_.size(); ++i) {
    const std::uint64_t before = steady_time_ns();
    if (!is_due(entries_[i], before)) continue;
    note(save(i));
    const std::uint64_t after = steady_time_ns();
    entries_[i].next_save_ns = after + kRestPerSave * (after - before);
  }
}

Result<void> StateKeeper::save(unsigned worker) {
  Entry& entry = entries_[worker];
  std::string content;
  std::uint64_t version;
  std::uint64_t messages;
  {
    const auto lock = entry.lane->lock();
    version = entry.lane->decoder().state_version();
    messages = entry.lane->decoder().messages().out;
    content = entry.lane->decoder().save();
  }
  auto saved = directory_.save(worker, static_cast<unsigned>(entries_.size()), as_bytes(content));
  if (!saved) return saved;
  entry.saved_version = version;
  entry.saved_messages = messages;
  entry.next_sequence_save_ns = steady_time_ns() + content.size() * kNsPerSecond / kSequenceBytesPerSecond;
  return saved;
}

void StateKeeper::note(const Result<void>& saved) {
  const std::string error = saved ? "" : saved.error().message;
  const std::lock_guard lock(mutex_);
  if (!error.empty() && error != last_error_) spdlog::error("{}; templates may be lost at a restart", error);
  last_error_ = error;
}

}  // namespace weir
