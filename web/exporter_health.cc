#include "web/exporter_health.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/json_text.h"
#include "flow/names.h"
#include "query/human.h"

namespace weir {
namespace {

constexpr std::uint64_t kSilentAfter = 300 * kNsPerSecond;
constexpr std::uint64_t kTolerated = 1000;  // one in so many

bool is_much(std::uint64_t bad, std::uint64_t all) { return bad != 0 && bad >= all / kTolerated; }

class Findings {
 public:
  void add(Health health, std::string reason) {
    found_.health = std::max(found_.health, health);
    found_.reasons.push_back(std::move(reason));
  }
  ExporterHealth take() { return std::move(found_); }

 private:
  ExporterHealth found_;
};

std::uint64_t dropped(const ExporterStats& exporter, SetDrop reason) {
  return exporter.sets.dropped[static_cast<std::size_t>(reason)];
}

void check_sequence(const ExporterStats& exporter, Findings& findings) {
  const std::uint64_t lost = exporter.sequence.lost;
  const std::uint64_t come = exporter.sequence_unit == "datagrams" ? exporter.messages : exporter.flows;
  if (!is_much(lost, come)) return;
  findings.add(Health::kLoss, std::to_string(lost) + " " + std::string(exporter.sequence_unit) +
                                  " lost on the way, by sequence numbers, beside " + std::to_string(come) +
                                  " that came; look at the network and at the socket's buffer");
}

void check_templates(const ExporterStats& exporter, Findings& findings) {
  if (exporter.sets.held != 0) {
    findings.add(Health::kWaiting, std::to_string(exporter.sets.held) + " sets wait for their template");
  }
  const std::uint64_t without = dropped(exporter, SetDrop::kNoTemplate) + dropped(exporter, SetDrop::kHoldLimit);
  if (is_much(without, exporter.sets.in)) {
    findings.add(Health::kWaiting, std::to_string(without) +
                                       " sets were dropped whose template never came; have the exporter send its "
                                       "templates more often");
  }
}

void check_content(const ExporterStats& exporter, Findings& findings) {
  const std::uint64_t bad = dropped(exporter, SetDrop::kMalformed) + dropped(exporter, SetDrop::kBadTemplate);
  if (is_much(bad, exporter.sets.in)) {
    findings.add(Health::kMalformed, std::to_string(bad) + " sets contradict themselves and gave nothing or little");
  }
}

void check_silence(const ExporterStats& exporter, std::uint64_t now_ns, Findings& findings) {
  if (now_ns < exporter.last_seen_ns + kSilentAfter) return;
  const std::uint64_t minutes = (now_ns - exporter.last_seen_ns) / kNsPerSecond / 60;
  findings.add(Health::kSilent, "nothing came for " + std::to_string(minutes) + " minutes");
}

}  // namespace

std::string_view health_name(Health health) {
  constexpr std::array<std::string_view, 5> kNames = {"ok", "loss", "waiting", "malformed", "silent"};
  return kNames[static_cast<std::size_t>(health)];
}

ExporterHealth exporter_health(const ExporterStats& exporter, std::uint64_t now_ns) {
  Findings findings;
  check_silence(exporter, now_ns, findings);
  check_content(exporter, findings);
  check_templates(exporter, findings);
  check_sequence(exporter, findings);
  return findings.take();
}

std::string exporters_json(const CollectorStatus& status) {
  JsonText json;
  json.begin_object();
  json.objects("exporters", status.exporters, [&](const ExporterStats& one) {
    const ExporterHealth health = exporter_health(one, status.now_ns);
    json.text("exporter", one.address.to_string());
    json.text("name", one.name);
    json.text("type", flow_type_name(one.protocol));
    json.number("observation_domain_id", one.observation_domain_id);
    json.text("health", health_name(health.health));
    json.items("reasons", health.reasons);
    json.text("first_seen", utc_time(one.first_seen_ns));
    json.text("last_seen", utc_time(one.last_seen_ns));
    json.number("flows", one.flows);
    json.number("messages", one.messages);
    json.number("bytes", one.bytes);
    json.number("sequence_lost", one.sequence.lost);
    json.text("sequence_unit", one.sequence_unit);
    json.number("templates", one.templates);
    json.number("sampling_rate", one.sampling_rate);
    json.account("sets", one.sets);
  });
  json.text("source", "collector");
  json.end_object();
  return json.take();
}

}  // namespace weir
