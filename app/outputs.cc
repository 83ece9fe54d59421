#include "app/outputs.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "app/cli.h"
#include "sinks/encode_pool.h"
#include "sinks/sink_spec.h"

namespace weir {

std::filesystem::path default_state_dir() {
  if (::access("/var/lib/weir", W_OK) == 0 || ::geteuid() == 0) return "/var/lib/weir";
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    return std::filesystem::path(state) / "weir";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::filesystem::path() : std::filesystem::path(home) / ".local/state/weir";
}

Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const std::vector<std::string>& specs, WhenFull when_full,
                                                      const std::filesystem::path& state_dir) {
  SinkContext context;
  context.encoders = std::make_shared<EncodePool>(std::max(1U, std::thread::hardware_concurrency()));
  context.when_full = when_full;
  if (!state_dir.empty()) context.spool_dir = state_dir / "spool";
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const std::string& spec : specs) {
    auto sink = open_sink(spec, context);
    if (!sink) return std::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  return sinks;
}

NewFiles::NewFiles(const std::vector<std::string>& sinks) {
  for (const std::string& text : sinks) {
    const auto spec = parse_sink_spec(text, {});
    std::error_code error;  // not ours to tell: opening it says what is wrong
    if (spec && spec->scheme == "file" && !std::filesystem::exists(spec->target, error) && !error) {
      paths_.push_back(spec->target);
    }
  }
}

NewFiles::~NewFiles() {
  std::error_code ignored;
  for (const std::filesystem::path& path : paths_) {
    if (std::filesystem::is_empty(path, ignored) && !ignored) std::filesystem::remove(path, ignored);
  }
}

std::string dropped_text(const AccountView& account) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < account.reasons; ++i) total += account.dropped[i].second;
  return total == 0 ? "0 dropped" : fmt::format("{} dropped ({})", total, drop_reasons(account));
}

void log_sinks(std::span<const SinkStatus> sinks) {
  for (const SinkStatus& sink : sinks) {
    spdlog::info("{}: {} flows delivered, {}", sink.name, sink.flows.out,
                 dropped_text(view("sink", "flows", sink.flows)));
    if (sink.delivery && sink.delivery->spooled_flows != 0) {
      spdlog::info("{}: {} flows are kept in the spool for the next start", sink.name, sink.delivery->spooled_flows);
    }
  }
}

bool lost_flows(std::span<const SinkStatus> sinks) {
  return std::ranges::any_of(sinks, [](const SinkStatus& sink) { return sink.flows.dropped_total() != 0; });
}

}  // namespace weir
