#include "enrich/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <iterator>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/status_text.h"

namespace weir {
namespace {

std::uint64_t age_seconds(const EnrichmentFile& file, std::uint64_t now_ns) {
  const std::uint64_t now = now_ns / kNsPerSecond;
  return now > file.build_time ? now - file.build_time : 0;
}

// A build time may be anything that a file says.
std::string date_text(std::uint64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (seconds > 253'402'300'799 || ::gmtime_r(&time, &parts) == nullptr) return "at no known time";
  return fmt::format("{:%Y-%m-%d}", parts);
}

}  // namespace

void append_enrichment(std::string& text, const EnrichmentStatus& status, std::uint64_t now_ns) {
  if (status.files.empty()) return;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "\nEnrichment\n  {} flows, {} addresses looked up, {} places dropped for want of room\n",
                 status.flows, status.lookups, status.places_dropped);
  for (const EnrichmentFile& file : status.files) {
    const std::string age = duration_text(age_seconds(file, now_ns) * kNsPerSecond);
    if (file.type == "networks") {
      fmt::format_to(out, "  {}: {} networks, changed {}, {} old\n", file.file, file.entries,
                     date_text(file.build_time), age);
    } else {
      fmt::format_to(out, "  {}: {}, built {}, {} old\n", file.file, file.type, date_text(file.build_time), age);
    }
    if (!file.last_error.empty()) fmt::format_to(out, "    NOT IN USE as it is now: {}\n", file.last_error);
  }
}

void write_enrichment(JsonText& json, const EnrichmentStatus& status, std::uint64_t now_ns) {
  json.begin_object("enrichment");
  json.number("flows", status.flows);
  json.number("lookups", status.lookups);
  json.number("places_dropped", status.places_dropped);
  json.objects("files", status.files, [&](const EnrichmentFile& file) {
    json.text("file", file.file);
    json.text("type", file.type);
    json.number("build_time_seconds", file.build_time);
    json.number("age_seconds", age_seconds(file, now_ns));
    json.number("loaded_ns", file.loaded_ns);
    json.number("bytes", file.bytes);
    json.number("networks", file.entries);
    json.number("loads", file.loads);
    json.number("refused", file.refused);
    json.text("error", file.last_error);
  });
  json.end_object();
}

}  // namespace weir
