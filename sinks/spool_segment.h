// One file of a spool, with what is known of its items.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "sinks/parcel.h"
#include "sinks/spool_scan.h"

namespace weir {

// What a segment, or all of them, adds up to.
struct SpoolFigures {
  std::uint64_t flows = 0;  // not settled
  std::uint64_t bytes = 0;  // of files
  std::size_t waiting = 0;  // items that are not taken
};

class SpoolSegment {
 public:
  enum class ItemState : std::uint8_t { kWaiting, kTaken, kSettled };
  struct Item {
    std::uint64_t offset = 0;
    std::uint32_t stored = 0;
    std::uint32_t flows = 0;
    std::uint32_t left = 0;  // of the flows, not settled
    ItemState state = ItemState::kWaiting;
  };

  // Begins a file to append to. `position`: flows that the spool took before it.
  static Result<SpoolSegment> create(const std::filesystem::path& directory, std::uint64_t number,
                                     std::uint64_t position);
  // What an earlier process left. `warn` hears of what cannot be read.
  static Result<SpoolSegment> load(const std::filesystem::path& directory, std::uint64_t number,
                                   const std::function<void(const std::string&)>& warn);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  const SpoolFigures& figures() const { return figures_; }
  // Items that are not settled.
  std::size_t unsettled() const { return unsettled_; }
  bool recovered() const { return recovered_; }

  // Where in the sequence of all flows it begins and ends. Nothing where its header is damaged.
  std::optional<std::uint64_t> position() const { return position_; }
  std::uint64_t flows_taken() const { return flows_taken_; }
  // Flows that were there, were not settled, and cannot be read.
  std::uint64_t damaged() const { return damaged_; }
  // The next segment begins at `next`: what is missing until there is damaged too.
  void close_gap(std::uint64_t next);

  const Item& item(std::uint32_t index) const { return items_[index]; }
  std::optional<std::uint32_t> next_waiting(std::uint32_t from) const;
  // Of those that wait, not settled.
  std::uint64_t waiting_flows() const;
  // Of records that an earlier process settled; nullptr where there are none.
  const std::vector<std::uint8_t>* settled_bits(std::uint32_t index) const;

  // Appends `item`, of make_spool_item(), all of it or nothing, and returns its index. REQUIRES create(),
  // and no close() since.
  Result<std::uint32_t> append(std::string item, const Parcel& parcel, ItemState state);
  Result<UniqueFd> handle() const;
  // Syncs the file; no append() follows.
  Result<void> close();

  void set_taken(std::uint32_t index);
  // `left` of the item's flows are not settled; `bits` as Parcel::settled_bits(), to be noted where there are any left.
  // The item is settled even where the note cannot be written.
  Result<void> settle(std::uint32_t index, std::uint32_t left, std::vector<std::uint8_t> bits);
  // Settles all of an item without a note: the files are to go.
  void forget(std::uint32_t index);
  // Removes the files.
  void remove();

 private:
  SpoolSegment(const std::filesystem::path& directory, std::uint64_t number);
  using Settlements = std::map<std::uint32_t, SpoolSettlement>;
  Settlements load_settlements();
  void load_item(const FoundItem& found, Settlements& settlements);
  void leave(std::uint32_t index, std::uint32_t left);
  Result<void> note(const SpoolSettlement& settlement);

  std::filesystem::path path_, done_path_;
  UniqueFd file_;
  std::uint64_t size_ = 0, done_size_ = 0;
  std::optional<std::uint64_t> position_;
  std::uint64_t flows_taken_ = 0;
  std::uint64_t damaged_ = 0;
  std::vector<Item> items_;  // by index; what is missing counts as settled
  std::size_t unsettled_ = 0;
  SpoolFigures figures_;
  bool recovered_ = false;
  std::map<std::uint32_t, std::vector<std::uint8_t>> bits_;  // of items settled in part by an earlier process
  std::uint64_t settled_beyond_ = 0;                         // flows of items behind the last that can be read
};

}  // namespace weir
