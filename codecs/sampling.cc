#include "codecs/sampling.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace weir {
namespace {

std::uint32_t clamp_rate(std::uint64_t rate) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(rate, std::numeric_limits<std::uint32_t>::max()));
}

// `part` of every `whole`, to the nearest integer.
std::uint32_t one_in(std::uint64_t whole, std::uint64_t part) {
  return clamp_rate(whole / part + (whole % part >= part - part / 2 ? 1 : 0));
}

double to_probability(Bytes value) {
  double p = 0;
  if (value.size() == 8) p = std::bit_cast<double>(load_be64(value.data()));
  if (value.size() == 4) p = double{std::bit_cast<float>(load_be32(value.data()))};
  return p > 0 && p <= 1 ? p : 0;  // NaN compares false
}

}  // namespace

void SamplingValues::take(const TemplateField& element, Bytes value) {
  if (element.enterprise != 0) return;
  if (element.id == 311) {
    probability = to_probability(value);
    return;
  }
  const auto number = to_unsigned(value);
  if (!number) return;
  // Counts of packets or of microseconds: 32 bits, so that sums below cannot wrap.
  const std::uint64_t count = clamp_rate(*number);
  switch (element.id) {
    case 34:
    case 50: interval = count; break;
    case 48:
    case 302: sampler = *number; break;
    case 305: packet_interval = count; break;
    case 306: packet_space = count; break;
    case 307: time_interval = count; break;
    case 308: time_space = count; break;
    case 309: size = count; break;
    case 310: population = count; break;
    default: break;
  }
}

std::uint32_t SamplingValues::rate() const {
  if (interval != 0) return clamp_rate(interval);
  if (packet_interval != 0 && packet_space != 0) return one_in(packet_interval + packet_space, packet_interval);
  if (time_interval != 0 && time_space != 0) return one_in(time_interval + time_space, time_interval);
  if (size != 0 && population != 0) return one_in(population, size);
  // An interval without a space: exporters that mean "one packet in every N" by it.
  if (packet_interval != 0) return clamp_rate(packet_interval);
  if (probability > 0) return clamp_rate(static_cast<std::uint64_t>(std::llround(std::min(1 / probability, 4.3e9))));
  return 0;
}

bool SamplingTable::set(SamplingScope scope, std::uint64_t id, std::uint32_t rate) {
  const Key key{scope, id};
  const auto found = rates_.find(key);
  if (found == rates_.end() && rates_.size() >= kMaxEntries) return false;
  if (found != rates_.end() && found->second == rate) return false;
  rates_[key] = rate;

  common_ = find(SamplingScope::kExporter, 0);
  if (common_ != 0) return true;
  for (const auto& [other, other_rate] : rates_) {
    if (other.first != SamplingScope::kSampler) continue;
    if (common_ != 0 && common_ != other_rate) {
      common_ = 0;
      break;
    }
    common_ = other_rate;
  }
  return true;
}

std::uint32_t SamplingTable::find(SamplingScope scope, std::uint64_t id) const {
  const auto found = rates_.find({scope, id});
  return found == rates_.end() ? 0 : found->second;
}

}  // namespace weir
