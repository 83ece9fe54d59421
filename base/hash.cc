#include "base/hash.h"

#include <random>

namespace weir {
namespace {

std::uint64_t draw_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) | 1;
}

}  // namespace

const std::uint64_t kHashSeed = draw_seed();

}  // namespace weir
