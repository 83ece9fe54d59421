#include "sinks/parcel_maker.h"

#include <algorithm>
#include <random>
#include <utility>

namespace weir {
namespace {

// Ids count up from a number that no other run is near.
std::uint64_t first_id() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

ParcelMaker::ParcelMaker(const RecordOptions& options, std::size_t max_flows, std::size_t max_bytes, SpareTexts& spare,
                         Take take)
    : writer_(options),
      max_flows_(max_flows),
      max_bytes_(max_bytes),
      spare_(spare),
      take_(std::move(take)),
      next_id_(first_id()) {}

std::size_t ParcelMaker::flows_to_try(std::size_t there) const {
  const std::size_t room = max_bytes_ > lines_.size() ? max_bytes_ - lines_.size() : 0;
  return std::clamp<std::size_t>(room / line_bytes_, 1, std::min(there, max_flows_ - flows_));
}

void ParcelMaker::add(const FlowBatch& batch, std::span<const Flow> flows) {
  std::size_t most = flows.size();
  while (!flows.empty()) {
    const auto some = flows.first(flows_to_try(std::min(flows.size(), most)));
    const std::size_t size_before = lines_.size();
    const std::size_t records = writer_.append(batch, some, lines_);
    line_bytes_ = std::max<std::size_t>(1, (lines_.size() - size_before) / some.size());
    if (lines_.size() > max_bytes_ && (flows_ != 0 || some.size() > 1)) {
      lines_.resize(size_before);
      most = std::max<std::size_t>(1, some.size() / 2);
      if (some.size() == 1) flush();
      continue;
    }
    records_ += records;
    flows_ += some.size();
    flows = flows.subspan(some.size());
    most = flows.size();
    if (flows_ == max_flows_ || lines_.size() >= max_bytes_) flush();
  }
}

void ParcelMaker::flush() {
  if (flows_ == 0) return;
  const std::size_t size = lines_.size();
  take_(Parcel(next_id_++, std::exchange(lines_, spare_.take()), static_cast<std::uint32_t>(std::exchange(records_, 0)),
               static_cast<std::uint32_t>(std::exchange(flows_, 0))));
  lines_.reserve(size + size / 8);
}

}  // namespace weir
