// Buffers of texts that were delivered, for the texts to come: memory that was just used needs no page faults.
//
// Thread rules: from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class SpareTexts {
 public:
  // Keeps `most` buffers, and none larger than kLargest.
  explicit SpareTexts(std::size_t most) : most_(most) {}

  // An empty text, with room where there is a spare one.
  std::string take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return {};
    std::string text = std::move(spare_.back());
    spare_.pop_back();
    return text;
  }

  void give(std::string text) {
    if (text.capacity() > kLargest) return;
    text.clear();
    const std::lock_guard lock(mutex_);
    if (spare_.size() < most_) spare_.push_back(std::move(text));
  }

 private:
  static constexpr std::size_t kLargest = 8 << 20;

  const std::size_t most_;
  std::mutex mutex_;
  std::vector<std::string> spare_;
};

}  // namespace weir
