// Inside exporter/metering: choosing one packet of N.
#pragma once

#include <cstdint>

#include "base/hash.h"
#include "exporter/metering/meter.h"

namespace weir {

class PacketSampler {
 public:
  PacketSampler(std::uint32_t one_of, PacketSampling mode) : one_of_(one_of), mode_(mode) {}

  bool takes_next() {
    if (one_of_ == 1) return true;
    if (mode_ == PacketSampling::kRandom) return random() < (std::uint64_t{1} << 32) / one_of_;
    if (++passed_ < one_of_) return false;
    passed_ = 0;
    return true;
  }

 private:
  // 32 bits of a generator whose state only counts.
  std::uint64_t random() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return fold_product(state_, 0xd6e8feb86659fd93ULL) >> 32;
  }

  std::uint32_t one_of_;
  PacketSampling mode_;
  std::uint32_t passed_ = 0;
  std::uint64_t state_ = kHashSeed;
};

}  // namespace weir
