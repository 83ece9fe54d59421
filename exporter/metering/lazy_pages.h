// Inside exporter/metering: a large stretch of zeroed memory that the system provides page by page as it is touched.
#pragma once

#include <cstddef>
#include <utility>

namespace weir {

class LazyPages {
 public:
  LazyPages() = default;
  // Throws std::bad_alloc where the system refuses.
  explicit LazyPages(std::size_t bytes);
  ~LazyPages();
  LazyPages(LazyPages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), mapped_(std::exchange(other.mapped_, 0)) {}
  LazyPages& operator=(LazyPages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(mapped_, other.mapped_);
    return *this;
  }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::size_t mapped_ = 0;
};

}  // namespace weir
