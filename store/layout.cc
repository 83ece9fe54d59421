#include "store/layout.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace weir {
namespace fs = std::filesystem;

std::string day_folder(std::uint64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  char text[32];
  std::snprintf(text, sizeof text, "%04d/%02u/%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::string segment_file(std::uint64_t day, std::uint64_t id) {
  return day_folder(day) + '/' + std::to_string(id).append(kSegmentSuffix);
}

std::string journal_file(std::uint64_t number) {
  return std::string(kJournalFolder) + '/' + std::to_string(number).append(kJournalSuffix);
}

std::optional<std::uint64_t> number_in(std::string_view file_name, std::string_view suffix) {
  if (!file_name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = file_name.substr(0, file_name.size() - suffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (digits != std::to_string(number)) return std::nullopt;
  return number;
}

std::vector<fs::path> list_files(const fs::path& dir) {
  std::vector<fs::path> files;
  std::error_code error;
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(dir, kSkip, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) files.push_back(it->path().lexically_relative(dir));
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::uint64_t> list_journals(const fs::path& dir) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (fs::directory_iterator it(dir / kJournalFolder, error), end; !error && it != end; it.increment(error)) {
    if (const auto number = number_in(it->path().filename().string(), kJournalSuffix)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::optional<std::uint64_t> segment_id(const fs::path& relative) {
  const std::string day = relative.parent_path().generic_string();
  constexpr std::string_view kShape = "dddd/dd/dd";
  if (day.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < day.size(); ++i) {
    const bool digit = day[i] >= '0' && day[i] <= '9';
    if (kShape[i] == 'd' ? !digit : day[i] != kShape[i]) return std::nullopt;
  }
  return number_in(relative.filename().string(), kSegmentSuffix);
}

}  // namespace weir
