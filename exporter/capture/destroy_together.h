// Destroying things that hold packet sockets: the kernel takes some 15 ms to close one, waiting until nobody looks at
// it any more, but many at once take no longer.
//
// Thread rules: a function without shared state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace weir {

template <typename T>
void destroy_together(std::vector<T>& items) {
  constexpr std::size_t kAtOnce = 16;
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t first = 0; items.size() > 2 && first < std::min(items.size(), kAtOnce); ++first)
        threads.emplace_back([&items, first] {
          for (std::size_t i = first; i < items.size(); i += kAtOnce) items[i] = T();
        });
    } catch (const std::system_error&) {  // no more threads: then one after the other
    }
  }
  items.clear();
}

}  // namespace weir
