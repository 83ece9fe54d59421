// Batches of flows: the unit in which flows travel through weir.
//
// A FlowBatch is one block of about 256 KiB: flows grow from its front, everything they point to (origins, cold parts,
// extras, texts) from its back. Behind it lies an annex for what enrichment adds: places from its front, their texts
// from its back. It costs address space only until it is used. A BatchWriter fills a batch, publishes it, and takes
// another from the pool. Once published a batch is immutable and shared by reference count; when the last reader lets
// go its memory returns to the pool.
//
// Thread rules: a BatchWriter belongs to one thread. A published batch may be read from any number of threads.
// BatchPool is safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "flow/flow.h"

namespace weir {

class FlowBatch {
 public:
  static constexpr std::size_t kCapacity = 256 * 1024;
  // What one record may take at the most, its Flow included (an empty batch always has room for it).
  static constexpr std::size_t kMaxRecord = kCapacity - 1024;
  // Enough for a full batch in which every address has a place of its own with some 80 bytes of text.
  static constexpr std::size_t kAnnex = 768 * 1024;

  FlowBatch();
  FlowBatch(const FlowBatch&) = delete;
  FlowBatch& operator=(const FlowBatch&) = delete;

  std::span<const Flow> flows() const { return {reinterpret_cast<const Flow*>(block_.get()), count_}; }
  bool empty() const { return count_ == 0; }
  // Of the block and its annex that are in use.
  std::size_t bytes_used() const { return kCapacity - room() + kAnnex - annex_room(); }

  // What stands at `offset`; `offset` comes from a Flow, Origin or FlowCold of this batch.
  template <typename T>
  const T& at(std::uint32_t offset) const {
    return *reinterpret_cast<const T*>(block_.get() + offset);
  }
  const Origin& origin(const Flow& flow) const { return at<Origin>(flow.origin); }
  // REQUIRES flow.cold != 0.
  const FlowCold& cold(const Flow& flow) const { return at<FlowCold>(flow.cold); }
  std::span<const Place> places() const { return {&at<Place>(kCapacity), place_count_}; }
  // REQUIRES number != 0: Flow::src_place or dst_place.
  const Place& place(std::uint16_t number) const { return places()[number - 1U]; }
  Bytes bytes(Slice slice) const { return {block_.get() + slice.offset, slice.length}; }
  std::string_view text(Slice slice) const { return as_text(bytes(slice)); }
  template <typename T>
  std::span<const T> list(Slice slice) const {
    return {reinterpret_cast<const T*>(block_.get() + slice.offset), slice.length / sizeof(T)};
  }

  // Calls visit(const Extra&, Bytes value) for each extra of `flow`.
  template <typename Visit>
  void for_each_extra(const Flow& flow, Visit visit) const {
    if (flow.extras == 0) return;
    const std::uint32_t count = at<ExtrasHeader>(flow.extras).count;
    const auto* entries = &at<Extra>(flow.extras + sizeof(ExtrasHeader));
    const std::uint8_t* value = reinterpret_cast<const std::uint8_t*>(entries + count);
    for (std::uint32_t i = 0; i < count; ++i) {
      visit(entries[i], Bytes(value, entries[i].length));
      value += entries[i].length;
    }
  }

  // For a Seal only, before the batch is published.
  std::span<Flow> open_flows() { return {reinterpret_cast<Flow*>(block_.get()), count_}; }
  // A copy of `place`, whose slices are stretches of `texts`, and of `texts`; returns its number, 0 when the annex is
  // full.
  std::uint16_t add_place(const Place& place, std::string_view texts);
  // What a place takes of the annex.
  static constexpr std::size_t place_need(std::size_t texts) { return sizeof(Place) + texts; }

  // Wall time at which the first flow was added.
  std::uint64_t opened_ns() const { return opened_ns_; }

 private:
  friend class BatchWriter;
  friend class BatchPool;

  std::size_t room() const { return arena_ - count_ * sizeof(Flow); }
  std::size_t annex_room() const { return annex_texts_ - kCapacity - place_count_ * sizeof(Place); }
  void clear();

  std::unique_ptr<std::uint8_t[]> block_;
  std::size_t count_ = 0;
  std::size_t arena_ = kCapacity;  // lowest used offset of the arena
  std::size_t place_count_ = 0;
  std::size_t annex_texts_ = kCapacity + kAnnex;  // lowest used offset of the annex's texts
  std::uint64_t opened_ns_ = 0;
};

using BatchRef = std::shared_ptr<const FlowBatch>;

// Keeps the memory of a few batches that nobody uses, for the next ones.
class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  // At most `keep` unused batches stay allocated.
  static std::shared_ptr<BatchPool> create(std::size_t keep = 64);
  ~BatchPool();

  // An empty batch that returns here when its last reference goes. Never null.
  std::shared_ptr<FlowBatch> take();

 private:
  explicit BatchPool(std::size_t keep);
  void give_back(FlowBatch* batch);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Fills batches. Typical use, per record:
//
//   Flow* flow = writer.add(arena_bytes_needed);   // nullptr: the record is larger than any batch
//   flow->bytes = …; flow->mark(FieldId::bytes);
//   writer.cold().nat_event = …;                   // of the flow just added
//   if (malformed) writer.undo();
//
class BatchWriter {
 public:
  // Called with every batch that is full or flushed; never with an empty one.
  using Publish = std::function<void(BatchRef)>;
  // Called with every batch just before it is published, to add what is known of its flows (open_flows(), add_place()).
  using Seal = std::function<void(FlowBatch&)>;

  BatchWriter(std::shared_ptr<BatchPool> pool, Publish publish, Seal seal = {});
  // Flows that were not flushed are published.
  ~BatchWriter();

  // Flows added from now on come from `origin`; `host` (may be empty) is its name.
  void set_origin(const Origin& origin, std::string_view host = {});

  // A zeroed flow with its origin set, in a batch that still has at least `arena` bytes of arena for it beyond its Flow
  // and a FlowCold, and `annex` of annex for its places. Publishes the current batch first when it has no room. Null
  // when nothing could ever hold it. The pointer is good until the next add(), flush() or undo(). REQUIRES set_origin()
  // before the first call.
  Flow* add(std::size_t arena = 0, std::size_t annex = 0);
  // Takes back the flow of the last add(), with all it took from the arena.
  void undo();

  // The cold part of the last flow, made (zeroed) at the first call.
  FlowCold& cold();

  // Arena for the last flow; REQUIRES that the sum (each rounded up to 8) stays within what add() was told.
  // Never returns offset 0 as a valid place.
  std::uint8_t* allocate(std::size_t size, std::uint32_t& offset);
  Slice store(Bytes bytes);
  // Address of a place given by allocate().
  std::uint8_t* place(std::uint32_t offset) { return batch_->block_.get() + offset; }

  // A place for the last flow, which the caller puts into it (as FlowBatch::add_place()); REQUIRES that the sum of
  // place_need() stays within what add() was told. undo() does not take it back.
  std::uint16_t add_place(const Place& place, std::string_view texts) { return batch_->add_place(place, texts); }

  // Changes, to a number that no writer had before, when what store() gave may no longer be there: by undo(), and where
  // another batch begins.
  std::uint64_t turn() const { return turn_; }

  // Publishes what is there.
  void flush();
  // Flows in the current, unpublished batch, and the wall time when the first was added (0 when none).
  std::size_t pending() const { return batch_->count_; }
  std::uint64_t pending_since_ns() const { return batch_->count_ == 0 ? 0 : batch_->opened_ns_; }

 private:
  void place_origin();

  std::shared_ptr<BatchPool> pool_;
  Publish publish_;
  Seal seal_;
  std::shared_ptr<FlowBatch> batch_;
  Origin origin_{};
  std::string host_;
  std::uint32_t origin_offset_ = 0;  // 0: not yet in this batch
  Flow* last_ = nullptr;
  std::size_t arena_before_last_ = 0;
  std::uint64_t turn_;
};

}  // namespace weir
