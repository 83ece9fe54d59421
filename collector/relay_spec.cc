#include "collector/relay_spec.h"

#include <algorithm>
#include <utility>

#include "sinks/sink_spec.h"

namespace weir {

Result<std::optional<RelaySpec>> parse_relay_spec(std::string_view text) {
  if (!text.starts_with("udp:")) return std::nullopt;
  auto parsed = parse_sink_spec(text, {});
  if (!parsed) return std::nullopt;  // an output like any other, which open_sink() complains of
  if (std::ranges::find(parsed->options, "relay", &SinkOptions::Entry::first) == parsed->options.end()) {
    return std::nullopt;
  }
  const auto bad = [&](const std::string& why) { return fail("relay " + std::string(text) + ": " + why); };
  SinkOptions options(std::move(parsed->options));
  const bool relay = options.take_flag("relay", false);
  RelaySpec spec{std::string(text), {}, options.take_flag("spoof", true)};
  if (auto finished = options.finish(); !finished) return bad(finished.error().message);
  if (!relay) return bad("relay=false says nothing; leave it out");
  auto target = parse_host_port(parsed->target, kNetflowPort);
  if (!target) return bad(target.error().message);
  if (target->host.empty() || target->port == 0) return bad("write udp://HOST:PORT?relay=true");
  spec.target = *std::move(target);
  return spec;
}

}  // namespace weir
