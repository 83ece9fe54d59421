#include "sinks/spool_segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// Appends to a file all of `content` or, on an error, nothing.
Result<void> append_whole(int fd, std::uint64_t size_before, std::string_view content, const fs::path& path) {
  auto written = write_all(fd, as_bytes(content), path.string());
  if (!written && ::ftruncate(fd, static_cast<off_t>(size_before)) != 0) {
    return fail(written.error().message + ", nor cut what was written of it");
  }
  return written;
}

Result<void> sync_directory(const fs::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno("cannot sync directory " + directory.string(), errno);
  return {};
}

std::uint64_t difference(std::uint64_t more, std::uint64_t less) { return more > less ? more - less : 0; }

}  // namespace

SpoolSegment::SpoolSegment(const fs::path& directory, std::uint64_t number)
    : path_(directory / fmt::format("{:010}.spool", number)),
      done_path_(directory / fmt::format("{:010}.done", number)) {}

Result<SpoolSegment> SpoolSegment::create(const fs::path& directory, std::uint64_t number, std::uint64_t position) {
  SpoolSegment segment(directory, number);
  const fs::path& path = segment.path_;
  segment.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
  if (!segment.file_) return fail_errno("cannot create " + path.string(), errno);
  auto written = write_all(segment.file_.get(), as_bytes(make_segment_header(position)), path.string());
  if (written) written = sync_directory(directory);
  if (!written) {
    ::unlink(path.c_str());
    return std::unexpected(written.error());
  }
  segment.position_ = position;
  segment.size_ = segment.figures_.bytes = kSpoolSegmentHeader;
  return segment;
}

Result<SpoolSegment> SpoolSegment::load(const fs::path& directory, std::uint64_t number,
                                        const std::function<void(const std::string&)>& warn) {
  SpoolSegment segment(directory, number);
  const auto found = scan_segment(segment.path_);
  if (!found) return std::unexpected(found.error());
  if (found->unreadable != 0) {
    warn(fmt::format("{}: {} bytes cannot be read and are left out: a write that was torn, or damage",
                     segment.path_.string(), found->unreadable));
  }
  segment.recovered_ = true;
  segment.size_ = found->size;
  segment.position_ = found->position;
  Settlements settlements = segment.load_settlements();
  for (const FoundItem& item : found->items) segment.load_item(item, settlements);
  for (const auto& [index, settlement] : settlements) {
    if (index >= segment.items_.size()) segment.settled_beyond_ += settlement.flows;
  }
  segment.figures_.bytes = segment.size_ + segment.done_size_;
  return segment;
}

// The last word on each item. A torn end is cut off, so that more can be appended.
SpoolSegment::Settlements SpoolSegment::load_settlements() {
  FoundSettlements found = read_settlements(done_path_);
  done_size_ = found.good;
  std::error_code none;
  if (fs::exists(done_path_, none)) fs::resize_file(done_path_, found.good, none);
  Settlements settlements;
  for (SpoolSettlement& entry : found.entries) settlements[entry.index] = std::move(entry);
  return settlements;
}

void SpoolSegment::load_item(const FoundItem& found, Settlements& settlements) {
  const SpoolItemHeader& header = found.header;
  std::uint64_t missing = difference(header.before, flows_taken_);
  for (auto it = settlements.lower_bound(static_cast<std::uint32_t>(items_.size()));
       it != settlements.end() && it->first < header.index; ++it) {
    missing = difference(missing, it->second.flows);
  }
  damaged_ += missing;
  flows_taken_ = std::uint64_t{header.before} + header.flows;
  items_.resize(header.index, {0, 0, 0, 0, ItemState::kSettled});
  Item item{found.offset, header.stored, header.flows, header.flows, ItemState::kWaiting};
  if (const auto settlement = settlements.find(header.index); settlement != settlements.end()) {
    SpoolSettlement& entry = settlement->second;
    if (entry.bits.empty()) {
      item.left = 0;
      item.state = ItemState::kSettled;
    } else {
      item.left -= std::min(entry.flows, item.left);
      bits_[header.index] = std::move(entry.bits);
    }
  }
  items_.push_back(item);
  if (item.state == ItemState::kSettled) return;
  ++unsettled_;
  ++figures_.waiting;
  figures_.flows += item.left;
}

void SpoolSegment::close_gap(std::uint64_t next) {
  if (position_) damaged_ += difference(difference(next, *position_ + flows_taken_), settled_beyond_);
}

std::optional<std::uint32_t> SpoolSegment::next_waiting(std::uint32_t from) const {
  if (figures_.waiting == 0) return std::nullopt;
  for (std::uint32_t i = from; i < items_.size(); ++i) {
    if (items_[i].state == ItemState::kWaiting) return i;
  }
  return std::nullopt;
}

std::uint64_t SpoolSegment::waiting_flows() const {
  std::uint64_t flows = 0;
  for (const Item& item : items_) flows += item.state == ItemState::kWaiting ? item.left : 0;
  return flows;
}

const std::vector<std::uint8_t>* SpoolSegment::settled_bits(std::uint32_t index) const {
  const auto found = bits_.find(index);
  return found == bits_.end() ? nullptr : &found->second;
}

Result<std::uint32_t> SpoolSegment::append(std::string item, const Parcel& parcel, ItemState state) {
  const auto index = static_cast<std::uint32_t>(items_.size());
  const auto flows = static_cast<std::uint32_t>(parcel.pending_flows());
  set_spool_header(item, parcel, index, static_cast<std::uint32_t>(flows_taken_));
  if (auto written = append_whole(file_.get(), size_, item, path_); !written) return std::unexpected(written.error());
  items_.push_back({size_, static_cast<std::uint32_t>(item.size() - kSpoolItemHeader), flows, flows, state});
  size_ += item.size();
  flows_taken_ += flows;
  ++unsettled_;
  figures_.flows += flows;
  figures_.bytes += item.size();
  if (state == ItemState::kWaiting) ++figures_.waiting;
  return index;
}

Result<UniqueFd> SpoolSegment::handle() const {
  UniqueFd copy(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return fail_errno("cannot sync " + path_.string(), errno);
  return copy;
}

Result<void> SpoolSegment::close() {
  const UniqueFd file = std::move(file_);
  if (file && ::fdatasync(file.get()) != 0) return fail_errno("cannot sync " + path_.string(), errno);
  return {};
}

void SpoolSegment::set_taken(std::uint32_t index) {
  items_[index].state = ItemState::kTaken;
  --figures_.waiting;
}

void SpoolSegment::leave(std::uint32_t index, std::uint32_t left) {
  Item& item = items_[index];
  figures_.flows -= item.left - left;
  item.left = left;
  if (left != 0 || item.state == ItemState::kSettled) return;
  if (item.state == ItemState::kWaiting) --figures_.waiting;
  item.state = ItemState::kSettled;
  --unsettled_;
}

Result<void> SpoolSegment::settle(std::uint32_t index, std::uint32_t left, std::vector<std::uint8_t> bits) {
  leave(index, left);
  if (left == 0) bits.clear();
  return note({index, items_[index].flows - left, std::move(bits)});
}

void SpoolSegment::forget(std::uint32_t index) { leave(index, 0); }

Result<void> SpoolSegment::note(const SpoolSettlement& settlement) {
  const UniqueFd fd(::open(done_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!fd) return fail_errno("cannot open " + done_path_.string(), errno);
  const std::string entry = make_settlement(settlement);
  if (auto written = append_whole(fd.get(), done_size_, entry, done_path_); !written) return written;
  done_size_ += entry.size();
  figures_.bytes += entry.size();
  return {};
}

void SpoolSegment::remove() {
  file_.reset();
  ::unlink(path_.c_str());
  ::unlink(done_path_.c_str());
}

}  // namespace weir
