// Draws from a fixed discrete distribution in constant time (Walker's alias method).
//
// Thread rules: immutable after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "exporter/generator/random.h"

namespace weir {

class WeightedChoice {
 public:
  // REQUIRES at least one weight, all positive.
  explicit WeightedChoice(std::span<const double> weights);

  // The position of a weight, with a probability in proportion to it.
  std::uint32_t pick(Random& random) const {
    const std::uint64_t bits = random.next();
    const auto column = static_cast<std::uint32_t>((bits >> 32) * columns_.size() >> 32);
    const auto height = static_cast<std::uint32_t>(bits);
    return height < columns_[column].keep ? column : columns_[column].alias;
  }

 private:
  struct Column {
    std::uint32_t keep;   // of 2^32: the share of this column that is its own
    std::uint32_t alias;  // whose the rest is
  };
  std::vector<Column> columns_;
};

// Zipf's law with exponent 1: the n-th of `count` is picked in proportion to 1/n, as talkers in networks are.
WeightedChoice zipf(std::size_t count);

}  // namespace weir
