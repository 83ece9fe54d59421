#include "store/intake.h"

#include <algorithm>
#include <utility>

#include "store/segment_writer.h"

namespace weir {
namespace {

// A frame is written when so much has gathered, or after a moment.
constexpr std::size_t kFrameRows = 64 * 1024;
constexpr std::size_t kFrameBytes = 32 << 20;
constexpr auto kFrameDelay = std::chrono::milliseconds(250);
// Frames that have so many rows on average stay as they are.
constexpr std::size_t kLargeFrameRows = 16 * 1024;
// So many small frames become one.
constexpr std::size_t kFanIn = 16;
// With the time that fsync itself takes, a second.
constexpr auto kSyncDelay = std::chrono::milliseconds(500);
// Flows with much in their arena: memory is bounded all the same.
constexpr std::size_t kBufferBytes = 512 << 20;
// Cuts that wait to become segments.
constexpr std::size_t kMostCuts = 4;
constexpr auto kRetryDelay = std::chrono::seconds(1);

}  // namespace

Intake::Intake(Options options, std::deque<Cut> left, std::uint64_t next_journal)
    : options_(std::move(options)), next_journal_(next_journal), cuts_(std::move(left)) {}

bool Intake::full() const { return rows() >= options_.segment_rows || bytes_ >= kBufferBytes; }

bool Intake::has_unsynced() const {
  return std::ranges::any_of(unsynced_, [](const Unsynced& entry) { return entry.rows != 0 && !entry.lost; });
}

bool Intake::has_lost() const { return std::ranges::any_of(unsynced_, &Unsynced::lost); }

StoreDrop Intake::reason() const {
  const std::optional<Error>& error = trouble_ ? trouble_ : build_trouble_;
  return error && says_disk_full(*error) ? StoreDrop::kDiskFull : StoreDrop::kWriteError;
}

void Intake::append(const FlowBatch& batch) {
  const std::uint64_t count = batch.flows().size();
  std::unique_lock lock(mutex_);
  flows_.in += count;
  if (blocked_ || !wait_for_room(lock)) {
    flows_.drop(reason(), count);
    lost_ += count;
    return;
  }
  add(batch);
  if (pending() >= kFrameRows || bytes_ - framed_bytes_ >= kFrameBytes || full()) try_frame();
  if (!blocked_ && full()) cut();
}

// While segments are made more slowly than flows come, the caller waits; when they cannot be made, it does not.
bool Intake::wait_for_room(std::unique_lock<std::mutex>& lock) {
  cuts_changed_.wait(lock, [this] { return cuts_.size() < kMostCuts || build_trouble_ || closing_; });
  return cuts_.size() < kMostCuts && !closing_;
}

void Intake::add(const FlowBatch& batch) {
  const Clock::time_point now = Clock::now();
  if (rows() == 0) first_row_ = now;
  if (pending() == 0) {
    first_pending_ = now;
    wake_.notify_one();
  }
  buffer_.append(batch);
  bytes_ += batch.bytes_used();
  flows_.held += batch.flows().size();
}

// The rows of the next frame: those that are in none, and those of small frames that it stands for. `keep` of the
// frames there are remain.
Intake::LiveFrame Intake::next_frame(std::size_t& keep) const {
  keep = frames_.size();
  // A full frame is the last to repeat rows of others.
  if (!frames_.empty() && buffer_.rows() - frames_.front().first >= kFrameRows) {
    keep = 0;
    return {frames_.front().first, 0};
  }
  LiveFrame frame{framed_, 0};
  for (;;) {
    std::size_t run = 0;
    while (run < keep && frames_[keep - run - 1].level == frame.level) ++run;
    if (run < kFanIn - 1) return frame;
    const std::size_t first = frames_[keep - run].first;
    if (buffer_.rows() - first > kFrameRows) return frame;
    keep -= run;
    frame = {first, frame.level + 1};
  }
}

Result<void> Intake::write_frame() {
  if (pending() == 0) return {};
  if (journal_ && !journal_->usable()) journal_.reset();
  if (!journal_) {
    auto created = JournalWriter::create(*options_.files, options_.dir, next_journal_);
    if (!created) return std::unexpected(created.error());
    journal_ = *std::move(created);
    frames_.clear();
    if (cut_journal_ == 0) cut_journal_ = next_journal_;
    ++next_journal_;
  }
  std::size_t keep = 0;
  const LiveFrame frame = next_frame(keep);
  const std::size_t rows = buffer_.rows() - frame.first;
  SegmentOptions options;
  options.journal_first = options.journal_last = journal_->number();
  const std::string image = encode_segment(buffer_, frame.first, rows, options);
  auto written =
      journal_->append(image, static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(frames_.size() - keep));
  if (!written) return written;
  frames_.resize(keep);
  frames_.push_back(frame);
  note_written(pending());
  if (buffer_.rows() >= std::min(kFrameRows, frames_.size() * kLargeFrameRows)) let_go();
  return {};
}

// The rows in memory are in frames that nothing will stand for.
void Intake::let_go() {
  cut_rows_ += buffer_.rows();
  clamped_ += buffer_.clamped();
  buffer_.clear();
  framed_ = 0;
  frames_.clear();
}

void Intake::note_written(std::uint64_t rows) {
  if (!has_unsynced()) {
    first_unsynced_ = Clock::now();
    wake_.notify_one();
  }
  if (unsynced_.empty() || unsynced_.back().file != journal_) unsynced_.push_back({journal_, 0});
  unsynced_.back().rows += rows;
  framed_ = buffer_.rows();
  framed_bytes_ = bytes_;
}

void Intake::try_frame() {
  const auto written = write_frame();
  if (written) {
    if (std::exchange(trouble_, std::nullopt))
      options_.warn("writing again, after " + std::to_string(lost_) + " flows lost");
    blocked_ = false;
    lost_ = 0;
    return;
  }
  if (!trouble_) options_.warn(written.error().message + "; flows are dropped until it can be written again");
  trouble_ = written.error();
  blocked_ = true;
  retry_ = Clock::now() + kRetryDelay;
  wake_.notify_one();
}

void Intake::drop_pending() {
  const std::size_t count = pending();
  flows_.held -= count;
  flows_.drop(reason(), count);
  lost_ += count;
  blocked_ = false;
  if (cut_rows_ + framed_ != 0) return cut();
  clamped_ += buffer_.clamped();
  buffer_.clear();
  bytes_ = 0;
}

void Intake::cut() {
  cuts_.push_back({cut_journal_, next_journal_ - 1});
  let_go();
  cut_rows_ = bytes_ = framed_bytes_ = 0;
  journal_.reset();
  cut_journal_ = 0;
  cut_wanted_ = false;
  cuts_changed_.notify_all();
}

void Intake::cut_if_due(Clock::time_point now) {
  if (blocked_ || rows() == 0) return;
  if (!cut_wanted_ && !full() && now < first_row_ + options_.segment_age) return;
  try_frame();
  if (!blocked_) cut();
}

void Intake::cut_now() {
  const std::lock_guard lock(mutex_);
  cut_wanted_ = true;
  cut_if_due(Clock::now());
}

void Intake::flush() {
  {
    const std::lock_guard lock(mutex_);
    try_frame();
    if (blocked_) drop_pending();
  }
  sync();
  std::unique_lock lock(mutex_);
  cuts_changed_.wait(lock, [this] { return !has_lost() || build_trouble_ || closing_; });
}

// fsync goes on beside append().
void Intake::sync() {
  const std::lock_guard syncing(syncing_);
  std::vector<Unsynced> todo;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(unsynced_, std::back_inserter(todo), [](const Unsynced& e) { return e.rows != 0 && !e.lost; });
    first_unsynced_ = Clock::now();
  }
  for (const Unsynced& entry : todo) {
    const auto synced = entry.file->sync();
    const std::lock_guard lock(mutex_);
    note_synced(entry, synced);
  }
}

void Intake::note_synced(const Unsynced& entry, const Result<void>& synced) {
  const auto at = std::ranges::find(unsynced_, entry.file, &Unsynced::file);
  if (at == unsynced_.end()) return;  // a segment has its rows meanwhile
  if (synced) {
    flows_.out += entry.rows;
    flows_.held -= entry.rows;
    at->rows -= entry.rows;
    if (at->rows == 0 && at->file != journal_) unsynced_.erase(at);
    return;
  }
  // Once fsync has failed nobody knows what is on the disk: make a segment of the rows, which can still be read.
  if (!sync_trouble_) options_.warn(synced.error().message + "; the flows are written again as a segment");
  sync_trouble_ = synced.error();
  at->lost = true;
  if (journal_ != entry.file) return;
  journal_.reset();
  cut_wanted_ = true;
  cut_if_due(Clock::now());
}

Intake::Clock::time_point Intake::next_deadline() const {
  Clock::time_point next = Clock::now() + std::chrono::hours(1);
  if (blocked_) {
    next = std::min(next, retry_);
  } else {
    if (pending() != 0) next = std::min(next, first_pending_ + kFrameDelay);
    if (rows() != 0) next = std::min(next, first_row_ + options_.segment_age);
  }
  if (has_unsynced()) next = std::min(next, first_unsynced_ + kSyncDelay);
  return next;
}

void Intake::run() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    wake_.wait_until(lock, next_deadline());
    const Clock::time_point now = Clock::now();
    if (blocked_ ? now >= retry_ : pending() != 0 && now >= first_pending_ + kFrameDelay) try_frame();
    cut_if_due(now);
    if (!has_unsynced() || now < first_unsynced_ + kSyncDelay) continue;
    lock.unlock();
    sync();
    lock.lock();
  }
}

void Intake::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  // What a failing disk has left without a durable place.
  flows_.drop(StoreDrop::kWriteError, std::exchange(flows_.held, 0));
  wake_.notify_all();
  cuts_changed_.notify_all();
}

Cut* Intake::next_cut() {
  std::unique_lock lock(mutex_);
  cuts_changed_.wait(lock, [this] { return !cuts_.empty() || closing_; });
  return closing_ ? nullptr : &cuts_.front();
}

void Intake::done() {
  std::unique_lock lock(mutex_);
  const Cut cut = cuts_.front();
  cuts_.pop_front();
  std::erase_if(unsynced_, [&](const Unsynced& entry) {
    if (entry.file->number() > cut.journal_last) return false;
    if (closing_) return true;  // accounted for by close()
    flows_.out += entry.rows;
    flows_.held -= entry.rows;
    return true;
  });
  if (!has_lost()) sync_trouble_.reset();
  if (std::exchange(build_trouble_, std::nullopt)) options_.warn("segments can be written again");
  cuts_changed_.notify_all();
}

void Intake::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!build_trouble_) options_.warn("cannot make a segment, its flows stay in the journal: " + error.message);
  build_trouble_ = error;
  ++failures_;
  cuts_changed_.notify_all();
}

bool Intake::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  cuts_changed_.wait_for(lock, time, [this] { return closing_ || waiting_; });
  return !closing_;
}

// One attempt may have been under way before the caller asked; what the next one says counts.
Result<void> Intake::wait_for_cuts() {
  std::unique_lock lock(mutex_);
  waiting_ = true;
  cuts_changed_.notify_all();
  const std::uint64_t enough = failures_ + 2;
  cuts_changed_.wait(lock, [&] { return cuts_.empty() || failures_ >= enough || closing_; });
  waiting_ = false;
  if (cuts_.empty()) return {};
  return build_trouble_ ? std::unexpected(*build_trouble_) : fail("the store is being closed");
}

Intake::Status Intake::status() const {
  const std::lock_guard lock(mutex_);
  Status status{flows_, clamped_ + buffer_.clamped(), {}};
  for (const std::optional<Error>* trouble : {&build_trouble_, &sync_trouble_, &trouble_}) {
    if (*trouble) status.error = (*trouble)->message;
  }
  return status;
}

}  // namespace weir
