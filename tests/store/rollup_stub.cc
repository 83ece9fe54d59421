#include "store/rollup.h"
namespace weir {
Result<std::vector<std::string>> make_rollup(std::span<const std::shared_ptr<const Segment>>, std::uint64_t&, MemoryBudget&) { return fail("no rollup yet"); }
}
