#include "sinks/spool.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <type_traits>
#include <utility>

#include "base/file_lock.h"
#include "sinks/spool_segment.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using ItemState = SpoolSegment::ItemState;

// A segment is the unit of dropping: small beside the spool, large beside an item.
constexpr std::uint64_t kSegmentsInSpool = 32;
constexpr std::uint64_t kSmallestSegment = 64 << 10;
constexpr std::uint64_t kLargestSegment = 64 << 20;
// A segment that is still being written goes, once settled, when it has this size: removing is not free either.
constexpr std::uint64_t kWorthRemoving = 1 << 20;

}  // namespace

class Spool::Impl {
 public:
  Impl(SpoolOptions options, std::function<void(SpoolLoss)> lost, FileLock lock)
      : options_(std::move(options)),
        lost_(std::move(lost)),
        lock_(std::move(lock)),
        segment_bytes_(std::clamp(options_.max_bytes / kSegmentsInSpool, kSmallestSegment, kLargestSegment)) {}

  ~Impl() {
    close_current();
    remove_settled();
  }

  Result<void> load() {
    const auto numbers = find_segments(options_.dir);
    if (!numbers) return std::unexpected(numbers.error());
    for (const std::uint64_t number : *numbers) {
      auto segment = SpoolSegment::load(options_.dir, number, options_.warn);
      if (!segment) return std::unexpected(segment.error());
      segments_.emplace(number, *std::move(segment));
    }
    for (auto it = segments_.begin(); it != segments_.end(); ++it) add_found(it);
    if (found_.damaged != 0) {
      options_.warn(fmt::format("{}: {} flows are damaged and lost", options_.dir.string(), found_.damaged));
    }
    remove_settled();
    return {};
  }

  SpoolFound found() const { return found_; }
  std::size_t waiting() const { return waiting_; }
  SpoolUsage usage() const { return {flows_, bytes_}; }

  Result<void> append(Parcel& parcel, bool take) {
    const std::string item = make_spool_item(parcel);
    const ItemState state = take ? ItemState::kTaken : ItemState::kWaiting;
    const std::lock_guard lock(mutex_);
    auto written = write(item, parcel, state);
    // On a full disk a segment that nobody needs any more may be the room there is.
    if (!written && current_ != 0 && segments_.at(current_).unsettled() == 0) {
      close_current();
      written = write(item, parcel, state);
    }
    if (!written) return std::unexpected(written.error());
    parcel.place = {current_, *written};
    dirty_ = true;
    return {};
  }

  std::optional<Parcel> take() {
    std::unique_lock lock(mutex_);
    while (waiting_ != 0) {
      const SpoolPlace place = next_waiting();
      SpoolSegment& segment = segments_.at(place.segment);
      change(segment, [&] { segment.set_taken(place.index); });
      const SpoolSegment::Item item = segment.item(place.index);
      const fs::path path = segment.path();
      const bool recovered = segment.recovered();
      lock.unlock();
      auto parcel = read_parcel(path, item.offset, item.stored);
      lock.lock();
      const auto still = segments_.find(place.segment);
      if (!parcel) {
        still == segments_.end() ? lost_({recovered, item.left, 0}) : give_up(still, place.index);
        continue;
      }
      parcel->place = place;
      parcel->recovered = recovered;
      if (still == segments_.end()) return parcel;  // its bits, where it had any, are gone: some go twice
      if (const auto* bits = still->second.settled_bits(place.index)) parcel->restore(*bits);
      return parcel;
    }
    return std::nullopt;
  }

  Result<void> settle(const Parcel& parcel) {
    const std::lock_guard lock(mutex_);
    const auto it = segments_.find(parcel.place.segment);
    if (it == segments_.end()) return {};  // dropped meanwhile, to make room
    return settle(it, parcel.place.index, static_cast<std::uint32_t>(parcel.pending_flows()), parcel.settled_bits());
  }

  bool holds(SpoolPlace place) const {
    const std::lock_guard lock(mutex_);
    return segments_.contains(place.segment);
  }

  Result<void> sync() {
    Result<UniqueFd> file;
    fs::path path;
    {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(dirty_, false) || current_ == 0) return {};
      path = segments_.at(current_).path();
      file = segments_.at(current_).handle();
    }
    if (!file) return std::unexpected(file.error());
    struct stat info{};
    if (::fstat(file->get(), &info) == 0 && info.st_nlink == 0) return lose_file(path);
    if (::fdatasync(file->get()) != 0) return fail_errno("cannot sync " + path.string(), errno);
    return {};
  }

 private:
  using Segments = std::map<std::uint64_t, SpoolSegment>;

  // Keeps the sums over all segments while `act` changes one.
  template <typename Act>
  std::invoke_result_t<Act> change(SpoolSegment& segment, Act act) {
    struct Keep {
      Impl& impl;
      const SpoolSegment& segment;
      const SpoolFigures before;
      ~Keep() { impl.count(before, segment.figures()); }
    } const keep{*this, segment, segment.figures()};
    return act();
  }

  void count(const SpoolFigures& before, const SpoolFigures& after) {
    flows_ += after.flows - before.flows;
    bytes_ += after.bytes - before.bytes;
    waiting_ += after.waiting - before.waiting;
  }

  void add_found(Segments::iterator it) {
    const auto next = std::next(it);
    const bool adjoins = next != segments_.end() && next->first == it->first + 1 && next->second.position();
    if (adjoins) it->second.close_gap(*next->second.position());
    count({}, it->second.figures());
    found_.flows += it->second.figures().flows + it->second.damaged();
    found_.damaged += it->second.damaged();
    next_number_ = it->first + 1;
    position_ = it->second.position().value_or(position_) + it->second.flows_taken();
  }

  Result<std::uint32_t> write(const std::string& item, const Parcel& parcel, ItemState state) {
    if (auto ready = prepare(item.size()); !ready) return std::unexpected(ready.error());
    SpoolSegment& segment = segments_.at(current_);
    auto written = change(segment, [&] { return segment.append(item, parcel, state); });
    if (written) position_ += parcel.pending_flows();
    return written;
  }

  // A segment to append `size` bytes to, within the spool's bound.
  Result<void> prepare(std::uint64_t size) {
    const std::uint64_t most = options_.max_bytes;
    if (size + kSpoolSegmentHeader > most) return fail("spool-max is smaller than a single request");
    while (bytes_ + size + kSpoolSegmentHeader > most && !segments_.empty()) drop_oldest();
    if (current_ != 0 && segments_.at(current_).size() + size <= segment_bytes_) return {};
    close_current();
    auto segment = SpoolSegment::create(options_.dir, next_number_, position_);
    if (!segment) return std::unexpected(segment.error());
    count({}, segment->figures());
    current_ = next_number_++;
    segments_.emplace(current_, *std::move(segment));
    return {};
  }

  void close_current() {
    const auto it = segments_.find(std::exchange(current_, 0));
    if (it == segments_.end()) return;
    if (const auto closed = it->second.close(); !closed) options_.warn(closed.error().message);
    if (it->second.unsettled() == 0) remove(it);
  }

  void drop_oldest() {
    const auto it = segments_.begin();
    if (it->first == current_) current_ = 0;
    const SpoolLoss loss{it->second.recovered(), it->second.waiting_flows(), 0};
    remove(it);
    if (loss.full != 0) lost_(loss);
  }

  void remove(Segments::iterator it) {
    count(it->second.figures(), {});
    it->second.remove();
    segments_.erase(it);
  }

  void remove_settled() {
    for (auto it = segments_.begin(); it != segments_.end();) {
      const auto next = std::next(it);
      if (it->second.unsettled() == 0) remove(it);
      it = next;
    }
  }

  // REQUIRES waiting_ != 0.
  SpoolPlace next_waiting() {
    for (auto it = segments_.lower_bound(cursor_.segment);; ++it) {
      const auto index = it->second.next_waiting(it->first == cursor_.segment ? cursor_.index : 0);
      if (!index) continue;
      cursor_ = {it->first, *index + 1};
      return {it->first, *index};
    }
  }

  // Of an item that was taken just now and cannot be read.
  void give_up(Segments::iterator it, std::uint32_t index) {
    const std::uint32_t flows = it->second.item(index).left;
    lost_({it->second.recovered(), 0, flows});
    options_.warn(fmt::format("{}: {} flows cannot be read any more", it->second.path().string(), flows));
    static_cast<void>(settle(it, index, 0, {}));
  }

  Result<void> settle(Segments::iterator it, std::uint32_t index, std::uint32_t left, std::vector<std::uint8_t> bits) {
    SpoolSegment& segment = it->second;
    if (segment.item(index).state == ItemState::kSettled) return {};
    const bool last = left == 0 && segment.unsettled() == 1;
    if (last && (it->first != current_ || segment.size() >= kWorthRemoving)) {
      change(segment, [&] { segment.forget(index); });
      it->first == current_ ? close_current() : remove(it);
      return {};
    }
    auto noted = change(segment, [&] { return segment.settle(index, left, std::move(bits)); });
    if (noted || segment.unsettled() != 0) return noted;
    close_current();  // a full disk: gone is as good as noted
    return {};
  }

  // Somebody removed the file that is written: what is in it cannot be read again.
  Result<void> lose_file(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (current_ != 0 && segments_.at(current_).path() == path) close_current();
    return fail(path.string() + " was removed while it was in use");
  }

  const SpoolOptions options_;
  const std::function<void(SpoolLoss)> lost_;
  const FileLock lock_;
  const std::uint64_t segment_bytes_;
  SpoolFound found_;

  mutable std::mutex mutex_;
  Segments segments_;
  std::uint64_t current_ = 0;  // the segment that is written; 0: none
  std::uint64_t next_number_ = 1;
  std::uint64_t position_ = 0;  // flows that were ever taken
  SpoolPlace cursor_;           // what is waiting is not before this
  bool dirty_ = false;
  // Read without the lock.
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> flows_ = 0, bytes_ = 0;
};

Spool::Spool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options, std::function<void(SpoolLoss)> lost) {
  const fs::path dir = options.dir;
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) {
    return fail("cannot make the spool's directory " + dir.string() + ": " + error.message() +
                "; choose another with --state-dir or spool-dir=, or none with spool=off");
  }
  const fs::path lock_path = dir / "lock";
  auto lock = FileLock::try_lock(lock_path);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) {
    return fail("the spool " + dir.string() + " is in use by process " + FileLock::holder(lock_path) +
                "; stop it, or choose another spool-dir");
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(lost), std::move(**lock));
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return std::unique_ptr<Spool>(new Spool(std::move(impl)));
}

SpoolFound Spool::found() const { return impl_->found(); }
Result<void> Spool::append(Parcel& parcel, bool take) { return impl_->append(parcel, take); }
std::optional<Parcel> Spool::take() { return impl_->take(); }
Result<void> Spool::settle(const Parcel& parcel) { return impl_->settle(parcel); }
bool Spool::holds(SpoolPlace place) const { return impl_->holds(place); }
std::size_t Spool::waiting() const { return impl_->waiting(); }
SpoolUsage Spool::usage() const { return impl_->usage(); }
Result<void> Spool::sync() { return impl_->sync(); }

}  // namespace weir
