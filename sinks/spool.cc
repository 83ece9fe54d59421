#include "sinks/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/unique_fd.h"
#include "sinks/spool_format.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// A segment is the unit of dropping: small beside the spool, large beside an item.
constexpr std::uint64_t kSegmentsInSpool = 32;
constexpr std::uint64_t kSmallestSegment = 64 << 10;
constexpr std::uint64_t kLargestSegment = 64 << 20;
// A segment that is still being written goes, once settled, when it has this size: removing is not free either.
constexpr std::uint64_t kWorthRemoving = 1 << 20;

enum class ItemState : std::uint8_t { kWaiting, kTaken, kSettled };

struct Item {
  std::uint64_t offset = 0;
  std::uint32_t stored = 0;
  std::uint32_t flows = 0;  // not settled
  ItemState state = ItemState::kWaiting;
};

struct Segment {
  fs::path path, done_path;
  std::uint64_t size = 0, done_size = 0;
  std::vector<Item> items;
  std::size_t unsettled = 0;
  std::map<std::uint32_t, std::vector<std::uint8_t>> bits;  // of items settled in part by an earlier process
  bool recovered = false;
};

Result<void> sync_directory(const fs::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno("cannot sync directory " + directory.string(), errno);
  return {};
}

// Appends to a file all of `content` or, on an error, nothing.
Result<void> append_whole(int fd, std::uint64_t size_before, std::string_view content, const fs::path& path) {
  auto written = write_all(fd, as_bytes(content), path.string());
  if (!written && ::ftruncate(fd, static_cast<off_t>(size_before)) != 0) {
    return fail(written.error().message + ", nor cut what was written of it");
  }
  return written;
}

// The number in NNNNNNNNNN.spool; 0 for other files.
std::uint64_t segment_number(const fs::path& path) {
  if (path.extension() != ".spool") return 0;
  const std::string stem = path.stem().string();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return error == std::errc() && end == stem.data() + stem.size() ? number : 0;
}

}  // namespace

class Spool::Impl {
 public:
  Impl(SpoolOptions options, std::function<void(SpoolLoss)> lost, FileLock lock)
      : options_(std::move(options)),
        lost_(std::move(lost)),
        lock_(std::move(lock)),
        segment_bytes_(std::clamp(options_.max_bytes / kSegmentsInSpool, kSmallestSegment, kLargestSegment)) {}

  ~Impl() {
    if (current_) static_cast<void>(::fdatasync(current_.get()));
    current_.reset();
    current_number_ = 0;
    for (auto it = segments_.begin(); it != segments_.end();) {
      const auto next = std::next(it);
      if (it->second.unsettled == 0) remove(it);
      it = next;
    }
  }

  Result<void> load() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(options_.dir, error)) {
      if (const std::uint64_t number = segment_number(entry.path()); number != 0) {
        if (auto loaded = load_segment(number, entry.path()); !loaded) return loaded;
      }
    }
    if (error) return fail("cannot read " + options_.dir.string() + ": " + error.message());
    if (!segments_.empty()) next_number_ = segments_.rbegin()->first + 1;
    found_flows_ = flows_;
    for (auto it = segments_.begin(); it != segments_.end();) {
      const auto next = std::next(it);
      if (it->second.unsettled == 0) remove(it);
      it = next;
    }
    return {};
  }

  std::uint64_t found_flows() const { return found_flows_; }
  std::size_t waiting() const { return waiting_; }
  SpoolUsage usage() const { return {flows_, bytes_}; }

  Result<void> append(Parcel& parcel, bool take) {
    const std::string item = make_spool_item(parcel);
    const std::lock_guard lock(mutex_);
    auto written = write(item);
    // On a full disk a segment that nobody needs any more may be the room there is.
    if (!written && current_ && segments_.at(current_number_).unsettled == 0) {
      close_current();
      written = write(item);
    }
    if (!written) return written;
    Segment& segment = segments_.at(current_number_);
    const auto flows = static_cast<std::uint32_t>(parcel.pending_flows());
    parcel.place = {current_number_, static_cast<std::uint32_t>(segment.items.size())};
    segment.items.push_back({segment.size, static_cast<std::uint32_t>(item.size() - kSpoolItemHeader), flows,
                             take ? ItemState::kTaken : ItemState::kWaiting});
    ++segment.unsettled;
    segment.size += item.size();
    bytes_ += item.size();
    flows_ += flows;
    if (!take) ++waiting_;
    dirty_ = true;
    return {};
  }

  std::optional<Parcel> take() {
    std::unique_lock lock(mutex_);
    while (waiting_ != 0) {
      const auto place = next_waiting();
      Segment& segment = segments_.at(place.segment);
      Item& item = segment.items[place.index];
      item.state = ItemState::kTaken;
      --waiting_;
      const fs::path path = segment.path;
      const std::uint64_t offset = item.offset;
      const std::size_t size = kSpoolItemHeader + item.stored;
      const SpoolLoss if_dropped{segment.recovered, item.flows, 0};
      lock.unlock();
      auto parcel = read(path, offset, size);
      lock.lock();
      const auto still = segments_.find(place.segment);
      if (!parcel) {
        still == segments_.end() ? lost_(if_dropped) : give_up(place);
        continue;
      }
      parcel->place = place;
      parcel->recovered = if_dropped.recovered;
      if (still == segments_.end()) return parcel;  // its bits, where it had any, are gone: some go twice
      if (const auto bits = still->second.bits.find(place.index); bits != still->second.bits.end()) {
        parcel->restore(bits->second);
      }
      return parcel;
    }
    return std::nullopt;
  }

  Result<void> settle(const Parcel& parcel) {
    const std::lock_guard lock(mutex_);
    const auto it = segments_.find(parcel.place.segment);
    if (it == segments_.end()) return {};  // dropped meanwhile, to make room
    Segment& segment = it->second;
    Item& item = segment.items[parcel.place.index];
    flows_ -= item.flows;
    item.flows = static_cast<std::uint32_t>(parcel.pending_flows());
    flows_ += item.flows;
    if (parcel.pending() == 0) return settle_all(it, item, parcel.place.index);
    return note(segment, {parcel.place.index, parcel.settled_bits()});
  }

  bool holds(SpoolPlace place) const {
    const std::lock_guard lock(mutex_);
    return segments_.contains(place.segment);
  }

  Result<void> sync() {
    UniqueFd fd;
    {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(dirty_, false) || !current_) return {};
      fd.reset(::fcntl(current_.get(), F_DUPFD_CLOEXEC, 0));
    }
    if (!fd || ::fdatasync(fd.get()) != 0) return fail_errno("cannot sync the spool " + options_.dir.string(), errno);
    return {};
  }

 private:
  using Segments = std::map<std::uint64_t, Segment>;

  fs::path file(std::uint64_t number, const char* extension) const {
    return options_.dir / fmt::format("{:010}{}", number, extension);
  }

  Result<void> load_segment(std::uint64_t number, const fs::path& path) {
    const auto found = scan_segment(path);
    if (!found) return std::unexpected(found.error());
    Segment segment{path, file(number, ".done"), found->size, 0, {}, 0, {}, true};
    if (found->good != found->size) {
      options_.warn(
          fmt::format("{}: the last {} bytes cannot be read and are left out: a write that was torn, or damage",
                      path.string(), found->size - found->good));
    }
    std::vector<SpoolItemHeader> headers;
    for (const FoundItem& item : found->items) {
      headers.push_back(item.header);
      segment.items.push_back({item.offset, item.header.stored, item.header.flows, ItemState::kWaiting});
    }
    load_settlements(segment, headers);
    for (const Item& item : segment.items) {
      if (item.state == ItemState::kSettled) continue;
      ++segment.unsettled;
      ++waiting_;
      flows_ += item.flows;
    }
    bytes_ += segment.size + segment.done_size;
    segments_.emplace(number, std::move(segment));
    return {};
  }

  void load_settlements(Segment& segment, const std::vector<SpoolItemHeader>& headers) {
    FoundSettlements settlements = read_settlements(segment.done_path);
    segment.done_size = settlements.good;
    std::error_code none;
    if (fs::exists(segment.done_path, none)) fs::resize_file(segment.done_path, settlements.good, none);
    for (SpoolSettlement& entry : settlements.entries) {
      if (entry.index >= segment.items.size()) continue;
      Item& item = segment.items[entry.index];
      if (entry.bits.empty()) {
        item.state = ItemState::kSettled;
        item.flows = 0;
        continue;
      }
      // Counted without the lines, which nobody has read yet.
      Parcel whole(0, std::string(headers[entry.index].records, '\n'), headers[entry.index].records,
                   headers[entry.index].flows);
      whole.restore(entry.bits);
      item.flows = static_cast<std::uint32_t>(whole.pending_flows());
      segment.bits[entry.index] = std::move(entry.bits);
    }
  }

  Result<void> write(const std::string& item) {
    if (auto ready = prepare(item.size()); !ready) return ready;
    const Segment& segment = segments_.at(current_number_);
    return append_whole(current_.get(), segment.size, item, segment.path);
  }

  // A segment to append `size` bytes to, within the spool's bound.
  Result<void> prepare(std::uint64_t size) {
    if (size + kSpoolMagic.size() > options_.max_bytes) return fail("the spool is smaller than a single request");
    while (bytes_ + size + kSpoolMagic.size() > options_.max_bytes && !segments_.empty()) drop_oldest();
    if (current_ && segments_.at(current_number_).size + size <= segment_bytes_) return {};
    return begin_segment();
  }

  Result<void> begin_segment() {
    close_current();
    const std::uint64_t number = next_number_;
    const fs::path path = file(number, ".spool");
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
    if (!fd) return fail_errno("cannot create " + path.string(), errno);
    auto written = write_all(fd.get(), as_bytes(kSpoolMagic), path.string());
    if (written) written = sync_directory(options_.dir);
    if (!written) {
      ::unlink(path.c_str());
      return written;
    }
    ++next_number_;
    current_ = std::move(fd);
    current_number_ = number;
    segments_.emplace(number, Segment{path, file(number, ".done"), kSpoolMagic.size(), 0, {}, 0, {}, false});
    bytes_ += kSpoolMagic.size();
    return {};
  }

  void close_current() {
    if (!current_) return;
    if (::fdatasync(current_.get()) != 0) options_.warn("cannot sync the spool " + options_.dir.string());
    current_.reset();
    const auto it = segments_.find(std::exchange(current_number_, 0));
    if (it != segments_.end() && it->second.unsettled == 0) remove(it);
  }

  void drop_oldest() {
    const auto it = segments_.begin();
    if (it->first == current_number_) {
      current_.reset();
      current_number_ = 0;
    }
    SpoolLoss loss;
    loss.recovered = it->second.recovered;
    for (Item& item : it->second.items) {
      if (item.state == ItemState::kWaiting) {
        loss.full += item.flows;
        --waiting_;
      }
    }
    remove(it);
    if (loss.full != 0) lost_(loss);
  }

  void remove(Segments::iterator it) {
    for (const Item& item : it->second.items) flows_ -= item.flows;
    bytes_ -= it->second.size + it->second.done_size;
    ::unlink(it->second.path.c_str());
    ::unlink(it->second.done_path.c_str());
    segments_.erase(it);
  }

  // REQUIRES waiting_ != 0.
  SpoolPlace next_waiting() {
    for (auto it = segments_.lower_bound(cursor_.segment);; ++it) {
      std::uint32_t index = it->first == cursor_.segment ? cursor_.index : 0;
      for (; index < it->second.items.size(); ++index) {
        if (it->second.items[index].state != ItemState::kWaiting) continue;
        cursor_ = {it->first, index + 1};
        return {it->first, index};
      }
    }
  }

  static std::optional<Parcel> read(const fs::path& path, std::uint64_t offset, std::size_t size) {
    const auto content = read_range(path, offset, size);
    if (!content) return std::nullopt;
    const auto header = read_spool_header(as_bytes(*content));
    if (!header) return std::nullopt;
    return read_spool_item(*header, as_bytes(*content).subspan(kSpoolItemHeader));
  }

  // Of an item that was taken just now and cannot be read.
  void give_up(SpoolPlace place) {
    const auto it = segments_.find(place.segment);
    Item& item = it->second.items[place.index];
    lost_({it->second.recovered, 0, item.flows});
    options_.warn(fmt::format("{}: {} flows cannot be read any more", it->second.path.string(), item.flows));
    flows_ -= std::exchange(item.flows, 0);
    static_cast<void>(settle_all(it, item, place.index));
  }

  Result<void> settle_all(Segments::iterator it, Item& item, std::uint32_t index) {
    if (std::exchange(item.state, ItemState::kSettled) == ItemState::kSettled) return {};
    --it->second.unsettled;
    if (it->second.unsettled == 0) {
      if (it->first != current_number_) {
        remove(it);
        return {};
      }
      if (it->second.size >= kWorthRemoving) {
        close_current();
        return {};
      }
    }
    auto noted = note(it->second, {index, {}});
    if (noted || it->second.unsettled != 0) return noted;
    close_current();  // a full disk: gone is as good as noted
    return {};
  }

  Result<void> note(Segment& segment, const SpoolSettlement& settlement) {
    const UniqueFd fd(::open(segment.done_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!fd) return fail_errno("cannot open " + segment.done_path.string(), errno);
    const std::string entry = make_settlement(settlement);
    if (auto written = append_whole(fd.get(), segment.done_size, entry, segment.done_path); !written) return written;
    segment.done_size += entry.size();
    bytes_ += entry.size();
    return {};
  }

  const SpoolOptions options_;
  const std::function<void(SpoolLoss)> lost_;
  const FileLock lock_;
  const std::uint64_t segment_bytes_;

  mutable std::mutex mutex_;
  Segments segments_;
  UniqueFd current_;  // the segment that is written
  std::uint64_t current_number_ = 0;
  std::uint64_t next_number_ = 1;
  SpoolPlace cursor_;  // what is waiting is not before this
  std::uint64_t found_flows_ = 0;
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

std::uint64_t Spool::found_flows() const { return impl_->found_flows(); }
Result<void> Spool::append(Parcel& parcel, bool take) { return impl_->append(parcel, take); }
std::optional<Parcel> Spool::take() { return impl_->take(); }
Result<void> Spool::settle(const Parcel& parcel) { return impl_->settle(parcel); }
bool Spool::holds(SpoolPlace place) const { return impl_->holds(place); }
std::size_t Spool::waiting() const { return impl_->waiting(); }
SpoolUsage Spool::usage() const { return impl_->usage(); }
Result<void> Spool::sync() { return impl_->sync(); }

}  // namespace weir
