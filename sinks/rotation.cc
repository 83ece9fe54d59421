#include "sinks/rotation.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr std::string_view kStampShape = "dddddddd-dddddd";
constexpr unsigned kMostInOneSecond = 10'000;

std::string stamp_of(std::time_t now) {
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &utc)};
}

// 0 or an error number; EEXIST when `to` is taken.
int rename_without_overwriting(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that flag: a hard link refuses existing names too.
  if (::link(from, to) != 0) return errno;
  return ::unlink(from) == 0 ? 0 : errno;
}

// What follows PATH. in a rotated name: its stamp and number, in the order of their making.
using Generation = std::pair<std::string, unsigned>;

std::optional<Generation> parse_generation(std::string_view text) {
  if (text.size() < kStampShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kStampShape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kStampShape[i] == 'd' ? !is_digit : text[i] != kStampShape[i]) return std::nullopt;
  }
  Generation generation(text.substr(0, kStampShape.size()), 0);
  text.remove_prefix(kStampShape.size());
  if (text.empty()) return generation;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), generation.second);
  if (text[0] != '.' || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return generation;
}

}  // namespace

Result<void> rotate_file(const std::filesystem::path& path, std::time_t now) {
  const std::string base = path.string() + "." + stamp_of(now);
  int error = 0;
  for (unsigned n = 0; n < kMostInOneSecond; ++n) {
    const std::string name = n == 0 ? base : base + "." + std::to_string(n);
    error = rename_without_overwriting(path.c_str(), name.c_str());
    if (error == 0) return {};
    if (error != EEXIST) break;
  }
  return fail_errno("cannot rename " + path.string() + " to " + base, error);
}

Result<void> remove_old_rotations(const std::filesystem::path& path, std::size_t keep) {
  const std::string prefix = path.filename().string() + ".";
  std::vector<std::pair<Generation, std::filesystem::path>> rotated;
  std::error_code error;
  std::filesystem::directory_iterator entries(path.has_parent_path() ? path.parent_path() : ".", error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    if (auto generation = parse_generation(std::string_view(name).substr(prefix.size()))) {
      rotated.emplace_back(*std::move(generation), entries->path());
    }
  }
  if (error) return fail("cannot list the directory of " + path.string() + ": " + error.message());
  std::ranges::sort(rotated);
  for (std::size_t i = 0; i + keep < rotated.size(); ++i) {
    if (::unlink(rotated[i].second.c_str()) != 0)
      return fail_errno("cannot remove " + rotated[i].second.string(), errno);
  }
  return {};
}

}  // namespace weir
