#include "app/doctor/wording.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

std::string name_some(std::span<const std::string> names) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

std::string counted(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  const double percent = whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return "less than 0.1 %";
  return percent < 10 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.0f} %", percent);
}

std::string size_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (bytes < 1U << 20) return fmt::format("{:.1f} KiB", size / 1024);
  if (bytes < 1U << 30) return fmt::format("{:.1f} MiB", size / (1U << 20));
  return fmt::format("{:.1f} GiB", size / (1U << 30));
}

std::string exporter_name(const JsonTree& exporter) {
  std::string text = exporter["exporter"].text();
  if (!exporter["name"].text().empty()) text += " (" + exporter["name"].text() + ")";
  if (exporter["observation_domain_id"].number() != 0) text += " domain " + exporter["observation_domain_id"].text();
  return text;
}

std::uint64_t dropped_in(const JsonTree& account) {
  std::uint64_t sum = 0;
  for (const JsonTree& reason : account["dropped"].items()) sum += reason.number();
  return sum;
}

std::string drops_text(const JsonTree& account) {
  std::string text;
  for (const JsonTree& reason : account["dropped"].items()) {
    if (reason.number() != 0) text += (text.empty() ? "" : ", ") + reason.name() + " " + reason.text();
  }
  return text;
}

}  // namespace weir
