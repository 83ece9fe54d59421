#include "exporter/generator/zipf.h"

#include <numeric>

namespace weir {

WeightedChoice::WeightedChoice(std::span<const double> weights) : columns_(weights.size()) {
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  std::vector<double> height;
  std::vector<std::uint32_t> low, high;
  for (const double weight : weights) {
    const auto column = static_cast<std::uint32_t>(height.size());
    height.push_back(weight / mean);
    (height.back() < 1 ? low : high).push_back(column);
  }
  // Each low column is filled up by a high one, which may become low by that.
  while (!low.empty() && !high.empty()) {
    const std::uint32_t taker = low.back();
    const std::uint32_t giver = high.back();
    low.pop_back();
    columns_[taker] = {static_cast<std::uint32_t>(height[taker] * 0x1p32), giver};
    height[giver] -= 1 - height[taker];
    if (height[giver] < 1) {
      high.pop_back();
      low.push_back(giver);
    }
  }
  // What remains is full but for rounding.
  for (const std::uint32_t column : low) columns_[column] = {0xffffffff, column};
  for (const std::uint32_t column : high) columns_[column] = {0xffffffff, column};
}

WeightedChoice zipf(std::size_t count) {
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < count; ++i) weights[i] = 1.0 / static_cast<double>(i + 1);
  return WeightedChoice(weights);
}

}  // namespace weir
