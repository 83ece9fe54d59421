#include "app/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>

#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr std::uint64_t kLeast = 1 << 20;
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

// The number in a file of one; no limit where it has none ("max") or there is no such file.
std::uint64_t limit_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::uint64_t limit = 0;
  return in >> limit ? limit : kUnlimited;
}

// The lowest limit from this process's control group up to the root. A line of /proc/self/cgroup is "0::/path"
// (version 2) or "4:memory:/path" (version 1).
std::uint64_t control_group_limit() {
  std::uint64_t limit = kUnlimited;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t path_at = line.find(":/");
    const bool version_2 = line.starts_with("0::");
    if (path_at == std::string::npos || (!version_2 && line.find(":memory:") == std::string::npos)) continue;
    const std::filesystem::path root = version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char* const file = version_2 ? "memory.max" : "memory.limit_in_bytes";
    std::filesystem::path group = line.substr(path_at + 1);
    while (true) {
      limit = std::min(limit, limit_in(root / group.relative_path() / file));
      if (!group.has_relative_path()) break;
      group = group.parent_path();
    }
  }
  return limit;
}

}  // namespace

std::uint64_t available_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 1L));
  const auto page_size = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L));
  return std::min(pages * page_size, control_group_limit());
}

Result<std::uint64_t> parse_memory(const std::string& text) {
  if (text.ends_with('%')) {
    unsigned percent = 0;
    const char* const last = text.data() + text.size() - 1;
    const auto [end, error] = std::from_chars(text.data(), last, percent);
    if (error != std::errc() || end != last || percent < 1 || percent > 100) {
      return fail("'" + text + "' must be a percentage from 1% to 100%");
    }
    return std::max(available_memory() / 100 * percent, kLeast);
  }
  const auto bytes = parse_size(text);
  if (!bytes) return fail("'" + text + "' must be a size such as 2GB or 512MiB, or a share such as 60%");
  if (*bytes < kLeast) return fail("'" + text + "' is too little; a query needs 1MiB or more");
  return *bytes;
}

}  // namespace weir
