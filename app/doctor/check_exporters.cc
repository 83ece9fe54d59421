// What the exporters send to the running collector. Each check names the first of those concerned.
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"
#include "base/clock.h"
#include "base/status_text.h"

namespace weir {
namespace {

constexpr std::uint64_t kSilentNs = 5 * 60 * kNsPerSecond;
constexpr std::uint64_t kGoneNs = 24 * 3600 * kNsPerSecond;

// What to say behind the name of an exporter; nothing for one that is well.
using Said = std::optional<std::string>;
using Look = std::function<Said(const JsonTree& exporter)>;

std::vector<std::string> concerned(const JsonTree& collector, const Look& look) {
  std::vector<std::string> names;
  for (const JsonTree& one : collector["exporters"].items()) {
    if (const Said said = look(one)) names.push_back(exporter_name(one) + *said);
  }
  return names;
}

// The status, if there is one with exporters in it; else the check is skipped.
const JsonTree* with_exporters(const Facts& facts, Diagnoses& findings) {
  if (!facts.collector) {
    findings.skipped(facts.collector.error().message);
  } else if ((*facts.collector)["exporters"].items().empty()) {
    findings.skipped("no exporter has sent anything to the collector yet");
  } else {
    return &*facts.collector;
  }
  return nullptr;
}

std::uint64_t silence(const JsonTree& collector, const JsonTree& exporter) {
  return elapsed_ns(collector["now_ns"].number(), exporter["last_seen_ns"].number());
}

std::uint64_t reasons(const JsonTree& account, std::initializer_list<std::string_view> names) {
  std::uint64_t sum = 0;
  for (const std::string_view name : names) sum += account["dropped"][name].number();
  return sum;
}

}  // namespace

void check_templates(const Facts& facts, Diagnoses& findings) {
  const JsonTree* const collector = with_exporters(facts, findings);
  if (collector == nullptr) return;
  const auto waiting = [](const JsonTree& exporter) {
    return exporter["sets"]["held"].number() + reasons(exporter["sets"], {"no_template", "hold_limit"});
  };
  const std::string resend =
      "have them send templates every minute (Cisco: template data timeout 60; Juniper: template-refresh-rate)";
  const auto blind = concerned(*collector, [&](const JsonTree& one) -> Said {
    if (waiting(one) == 0 || one["templates"].number() != 0) return std::nullopt;
    return " (" + counted(waiting(one), "set") + ")";
  });
  const auto partly = concerned(*collector, [&](const JsonTree& one) -> Said {
    if (waiting(one) == 0 || one["templates"].number() == 0) return std::nullopt;
    return " (" + counted(waiting(one), "set") + ")";
  });
  if (!blind.empty()) {
    findings.problem("data without any template, so without flows, from " + name_some(blind),
                     {resend, "and look whether their templates are lost on the way: tcpdump -ni any udp port 2055"});
  }
  if (!partly.empty()) {
    findings.warning("some data waits for its template, or was dropped for want of it, from " + name_some(partly),
                     {resend});
  }
  if (blind.empty() && partly.empty()) findings.ok("every set of every exporter has found its template");
}

void check_sequence(const Facts& facts, Diagnoses& findings) {
  const JsonTree* const collector = with_exporters(facts, findings);
  if (collector == nullptr) return;
  const auto seen = [](const JsonTree& one) {
    return one["sequence_unit"].text() == "datagrams" ? one["messages"].number() : one["flows"].number();
  };
  const auto lossy = [&](bool much) {
    return concerned(*collector, [&](const JsonTree& one) -> Said {
      const std::uint64_t lost = one["sequence_lost"].number(), all = lost + seen(one);
      if (lost == 0 || (lost >= all / 100) != much) return std::nullopt;
      return " (" + one["sequence_lost"].text() + " " + one["sequence_unit"].text() + ", " + percent_text(lost, all) +
             ")";
    });
  };
  const auto much = lossy(true), little = lossy(false);
  if (!much.empty()) {
    findings.warning("by sequence numbers one in a hundred or more is lost on the way from " + name_some(much),
                     {"if kernel-drops is well, it is the network or the exporter: look at drops of the ports between",
                      "on the exporter: show flow exporter statistics, or its like; sample or filter there"});
  }
  if (!little.empty()) {
    findings.note("by sequence numbers a little is lost on the way from " + name_some(little));
  }
  if (much.empty() && little.empty()) findings.ok("no gap in the sequence numbers of any exporter");
}

void check_silent(const Facts& facts, Diagnoses& findings) {
  const JsonTree* const collector = with_exporters(facts, findings);
  if (collector == nullptr) return;
  const auto quiet = [&](std::uint64_t least, std::uint64_t most) {
    return concerned(*collector, [&](const JsonTree& one) -> Said {
      const std::uint64_t ns = silence(*collector, one);
      return ns >= least && ns < most ? Said(" (" + duration_text(ns) + ")") : std::nullopt;
    });
  };
  const auto silent = quiet(kSilentNs, kGoneNs), gone = quiet(kGoneNs, UINT64_MAX);
  if (!silent.empty()) {
    findings.warning("nothing came for a while from " + name_some(silent),
                     {"look whether anything arrives: tcpdump -ni any host ADDRESS and udp port 2055",
                      "then at the exporter's configuration, its route here and the firewalls between"});
  }
  if (!gone.empty()) {
    findings.note("nothing came for more than a day from " + name_some(gone));
  }
  if (silent.empty() && gone.empty()) findings.ok("every exporter has sent something in the last five minutes");
}

void check_sampling(const Facts& facts, Diagnoses& findings) {
  const JsonTree* const collector = with_exporters(facts, findings);
  if (collector == nullptr) return;
  const auto unknown = concerned(*collector, [](const JsonTree& one) -> Said {
    return one["flows"].number() != 0 && one["sampling_rate"].number() == 0 ? Said("") : std::nullopt;
  });
  if (unknown.empty()) return findings.ok("every exporter tells its sampling rate");
  findings.note(
      "no sampling rate for the whole exporter is known of " + name_some(unknown),
      {"if they sample, have them send it (Cisco: option sampler-table); else their figures are true as they are"});
}

void check_malformed(const Facts& facts, Diagnoses& findings) {
  const JsonTree* const collector = with_exporters(facts, findings);
  if (collector == nullptr) return;
  const auto broken = concerned(*collector, [](const JsonTree& one) -> Said {
    const std::uint64_t count = reasons(one["sets"], {"malformed", "bad_template", "reserved"});
    return count == 0 ? std::nullopt : Said(" (" + counted(count, "set") + ")");
  });
  const auto limited = concerned(*collector, [](const JsonTree& one) -> Said {
    return reasons(one["sets"], {"template_limit"}) == 0 ? std::nullopt : Said("");
  });
  if (!broken.empty()) {
    findings.warning("sets that contradict themselves from " + name_some(broken),
                     {"keep some: tcpdump -ni any -w bad.pcap udp port 2055, and see: weir decode bad.pcap",
                      "then ask the exporter's maker for a newer version, or send the capture to weir's"});
  }
  if (!limited.empty()) {
    findings.warning("more templates than are kept in memory from " + name_some(limited),
                     {"look for an exporter that makes new templates all the time: weir status --templates"});
  }
  if (broken.empty() && limited.empty()) findings.ok("no exporter has sent a malformed set");
}

void check_refused(const Facts& facts, Diagnoses& findings) {
  if (!facts.collector) return findings.skipped(facts.collector.error().message);
  const JsonTree& messages = (*facts.collector)["messages"];
  const std::uint64_t strange = reasons(messages, {"too_short", "unknown_version", "bad_header", "bad_framing"});
  const std::uint64_t strangers = reasons(messages, {"not_allowed"});
  const std::uint64_t crowded = reasons(messages, {"session_limit"});
  if (strange != 0) {
    findings.warning(counted(strange, "message") + " were no NetFlow and no IPFIX",
                     {"see what they are (sFlow comes on 6343): tcpdump -ni any -X udp port 2055"});
  }
  if (strangers != 0) {
    findings.warning(counted(strangers, "message") + " came from addresses that are not allowed",
                     {"if they are yours: weir collect --allow PREFIX for each of your networks"});
  }
  if (crowded != 0) {
    findings.warning(counted(crowded, "message") + " came over more sessions than are kept",
                     {"only take what is yours: weir collect --allow PREFIX"});
  }
  if (strange + strangers + crowded == 0) findings.ok("every message that arrived was NetFlow or IPFIX");
}

}  // namespace weir
