#include "flow/batch.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::size_t round_up8(std::size_t n) { return (n + 7) & ~std::size_t{7}; }

constexpr std::size_t kMaxHost = 255;  // a DNS name's limit
constexpr std::size_t kFixedNeed = sizeof(Flow) + round_up8(sizeof(FlowCold));
constexpr std::size_t kOriginNeed = round_up8(sizeof(Origin)) + round_up8(kMaxHost);

// A batch was last in the hands of another thread: its memory is fetched before it is written to.
void fetch_ahead(const Flow* flow) {
  constexpr std::size_t kAhead = 6, kCacheLine = 64;
  const auto* ahead = reinterpret_cast<const std::uint8_t*>(flow) + kAhead * sizeof(Flow);
  for (std::size_t line = 0; line < sizeof(Flow); line += kCacheLine) __builtin_prefetch(ahead + line, 1);
}

std::uint64_t next_turn() {
  static std::atomic<std::uint64_t> turns = 0;
  return turns.fetch_add(1, std::memory_order_relaxed) + 1;
}

static_assert(FlowBatch::kMaxRecord + kOriginNeed <= FlowBatch::kCapacity,
              "an empty batch must hold the largest record");
static_assert(FlowBatch::kAnnex / sizeof(Place) <= UINT16_MAX, "Flow numbers places by 16 bits");

}  // namespace

// The block is not zeroed: add() and allocate() zero what they hand out, so that an idle collector's batches cost no
// memory.
FlowBatch::FlowBatch() : block_(std::make_unique_for_overwrite<std::uint8_t[]>(kCapacity + kAnnex)) {}

void FlowBatch::clear() {
  count_ = 0;
  arena_ = kCapacity;
  place_count_ = 0;
  annex_texts_ = kCapacity + kAnnex;
  opened_ns_ = 0;
}

std::uint16_t FlowBatch::add_place(const Place& place, std::string_view texts) {
  if (annex_room() < place_need(texts.size())) return 0;
  annex_texts_ -= texts.size();
  if (!texts.empty()) std::memcpy(block_.get() + annex_texts_, texts.data(), texts.size());
  Place* const placed = reinterpret_cast<Place*>(block_.get() + kCapacity) + place_count_++;
  *placed = place;
  placed->text_length = static_cast<std::uint32_t>(texts.size());
  for (const auto text : kPlaceTexts) {
    if ((placed->*text).length != 0) (placed->*text).offset += static_cast<std::uint32_t>(annex_texts_);
  }
  return static_cast<std::uint16_t>(place_count_);
}

struct BatchPool::Impl {
  std::size_t keep;
  std::mutex mutex;
  std::vector<std::unique_ptr<FlowBatch>> unused;
};

BatchPool::BatchPool(std::size_t keep) : impl_(std::make_unique<Impl>()) { impl_->keep = keep; }
BatchPool::~BatchPool() = default;

std::shared_ptr<BatchPool> BatchPool::create(std::size_t keep) {
  return std::shared_ptr<BatchPool>(new BatchPool(keep));
}

std::shared_ptr<FlowBatch> BatchPool::take() {
  std::unique_ptr<FlowBatch> batch;
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->unused.empty()) {
      batch = std::move(impl_->unused.back());
      impl_->unused.pop_back();
    }
  }
  if (!batch) batch = std::make_unique<FlowBatch>();
  return {batch.release(), [pool = shared_from_this()](FlowBatch* used) { pool->give_back(used); }};
}

void BatchPool::give_back(FlowBatch* batch) {
  std::unique_ptr<FlowBatch> owned(batch);
  owned->clear();
  const std::lock_guard lock(impl_->mutex);
  if (impl_->unused.size() < impl_->keep) impl_->unused.push_back(std::move(owned));
}

BatchWriter::BatchWriter(std::shared_ptr<BatchPool> pool, Publish publish, Seal seal)
    : pool_(std::move(pool)),
      publish_(std::move(publish)),
      seal_(std::move(seal)),
      batch_(pool_->take()),
      turn_(next_turn()) {}

BatchWriter::~BatchWriter() { flush(); }

void BatchWriter::set_origin(const Origin& origin, std::string_view host) {
  origin_ = origin;
  if (host != host_) host_ = host.substr(0, kMaxHost);
  origin_offset_ = 0;
}

void BatchWriter::place_origin() {
  origin_.host = host_.empty() ? Slice{} : store(as_bytes(host_));
  std::memcpy(allocate(sizeof(Origin), origin_offset_), &origin_, sizeof(Origin));
}

Flow* BatchWriter::add(std::size_t arena, std::size_t annex) {
  if (arena + kFixedNeed > FlowBatch::kMaxRecord || annex > FlowBatch::kAnnex) return nullptr;
  const std::size_t need =
      kFixedNeed + round_up8(arena) + (origin_offset_ == 0 ? round_up8(sizeof(Origin)) + round_up8(host_.size()) : 0);
  if (batch_->room() < need || batch_->annex_room() < annex) flush();
  if (batch_->count_ == 0) batch_->opened_ns_ = wall_time_ns();
  if (origin_offset_ == 0) place_origin();

  arena_before_last_ = batch_->arena_;
  last_ = reinterpret_cast<Flow*>(batch_->block_.get()) + batch_->count_++;
  std::memset(static_cast<void*>(last_), 0, sizeof(Flow));
  last_->origin = origin_offset_;
  fetch_ahead(last_);
  return last_;
}

void BatchWriter::undo() {
  --batch_->count_;
  batch_->arena_ = arena_before_last_;
  last_ = nullptr;
  turn_ = next_turn();
}

FlowCold& BatchWriter::cold() {
  if (last_->cold == 0) std::memset(allocate(sizeof(FlowCold), last_->cold), 0, sizeof(FlowCold));
  return *reinterpret_cast<FlowCold*>(place(last_->cold));
}

std::uint8_t* BatchWriter::allocate(std::size_t size, std::uint32_t& offset) {
  batch_->arena_ -= round_up8(size);
  offset = static_cast<std::uint32_t>(batch_->arena_);
  return place(offset);
}

Slice BatchWriter::store(Bytes bytes) {
  Slice slice{0, static_cast<std::uint32_t>(bytes.size())};
  std::uint8_t* to = allocate(bytes.size(), slice.offset);
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return slice;
}

void BatchWriter::flush() {
  last_ = nullptr;
  origin_offset_ = 0;
  turn_ = next_turn();
  if (batch_->empty()) {
    batch_->clear();  // an origin may stand there without flows
    return;
  }
  if (seal_) seal_(*batch_);
  std::shared_ptr<FlowBatch> full = std::exchange(batch_, pool_->take());
  publish_(std::move(full));
}

}  // namespace weir
