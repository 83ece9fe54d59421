// A growing array of plain values that are not zeroed before they are written.
//
// Thread rules: a value type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

namespace weir {

template <typename T>
class PodVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return capacity_ * sizeof(T); }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + size_; }
  const T* begin() const { return data_.get(); }
  const T* end() const { return data_.get() + size_; }

  // Makes room for `count` more and returns where they are to be written.
  T* grow(std::size_t count) {
    if (size_ + count > capacity_) reallocate(std::max(size_ + count, capacity_ + capacity_ / 2));
    size_ += count;
    return data_.get() + size_ - count;
  }
  void push_back(T value) { *grow(1) = value; }
  void fill(std::size_t count, T value) { std::fill_n(grow(count), count, value); }
  void append(const T* values, std::size_t count) {
    if (count > 0) std::memcpy(static_cast<void*>(grow(count)), values, count * sizeof(T));
  }
  // What is new is not written.
  void resize(std::size_t size) {
    if (size > size_) grow(size - size_);
    size_ = size;
  }
  void clear() { size_ = 0; }

 private:
  void reallocate(std::size_t capacity) {
    auto data = std::make_unique_for_overwrite<T[]>(capacity);
    if (size_ > 0) std::memcpy(static_cast<void*>(data.get()), data_.get(), size_ * sizeof(T));
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir
