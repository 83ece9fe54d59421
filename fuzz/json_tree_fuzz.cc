// JSON of running daemons: any bytes; what is taken keeps within its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json_tree.h"

namespace {

std::size_t values_in(const weir::JsonTree& tree, std::size_t depth) {
  if (depth > weir::JsonTree::kMostDepth + 1) std::abort();
  std::size_t count = 1;
  for (const weir::JsonTree& one : tree.items()) count += values_in(one, depth + 1);
  if (&tree[tree.name()] == &tree) std::abort();
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 64;
  const auto tree = weir::JsonTree::parse({reinterpret_cast<const char*>(data), size}, kMost);
  if (tree && values_in(*tree, 0) > kMost) std::abort();
  return 0;
}
