#include "exporter/metering/lazy_pages.h"

#include <sys/mman.h>

#include <new>

namespace weir {

// Large pages save the address translation that every access to a random entry needs; a small stretch would only become
// larger by them.
LazyPages::LazyPages(std::size_t bytes) : mapped_(bytes) {
  constexpr std::size_t kLargePage = 2 << 20;
  data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data_ == MAP_FAILED) throw std::bad_alloc();
  if (bytes >= 2 * kLargePage) madvise(data_, bytes, MADV_HUGEPAGE);
}

LazyPages::~LazyPages() {
  if (data_ != nullptr) munmap(data_, mapped_);
}

}  // namespace weir
