// Where flows go: enrichment, outputs, spools, and whether everything is accounted for.
#include <string>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"
#include "base/clock.h"
#include "sinks/spool.h"

namespace weir {
namespace {

constexpr std::uint64_t kDay = 24 * 3600;
// A status does not tell the limit of a spool: this is of the usual one.
const std::uint64_t kNearlyFull = SpoolOptions{}.max_bytes / 5 * 4;

void check_database(const DatabaseFacts& database, std::uint64_t now, Diagnoses& findings) {
  const std::string file = database.file.string();
  if (!database.error.empty()) {
    return findings.problem("not in use: " + database.error,
                            {"put a good file in its place; it is taken into use within seconds"});
  }
  const std::uint64_t days = now > database.build_time ? (now - database.build_time) / kDay : 0;
  const std::string what = file + " (" + database.type + ") is " + counted(days, "day") + " old";
  const std::string advice =
      "fetch a new one (geoipupdate for MaxMind's) and put it in its place; no restart is needed";
  if (days > 90) return findings.warning(what + ": addresses have moved since", {advice});
  if (days > 30) return findings.note(what, {advice});
  findings.ok(what);
}

// What both daemons deliver to.
template <typename Look>
void each_sink(const Facts& facts, Look look) {
  for (const Result<JsonTree>* status : {&facts.collector, &facts.exporter}) {
    if (!*status) continue;
    for (const JsonTree& sink : (**status)["sinks"].items()) look(sink);
  }
}

bool nobody_runs(const Facts& facts, Diagnoses& findings) {
  if (facts.collector || facts.exporter) return false;
  findings.skipped(facts.collector.error().message);
  return true;
}

std::string remedy(const JsonTree& account) {
  const JsonTree& dropped = account["dropped"];
  if (dropped["write_error"].number() != 0) return "make room on its disk, and see its rights: df -h, ls -ld";
  if (dropped["rejected"].number() != 0)
    return "see what the server said: the daemon's log, and the dead-letter file in the spool's directory";
  if (dropped["unreachable"].number() != 0)
    return "see whether the server answers; ?spool=on-failure keeps flows until it does";
  if (dropped["spool_full"].number() != 0) return "give the spool more room: ?spool-max=10GB";
  if (dropped["not_representable"].number() != 0) return "NetFlow v5 has no IPv6: send ?protocol=ipfix";
  return "it cannot keep up: see docs/performance.md, give it processor time, or send it less";
}

}  // namespace

void check_geoip(const Facts& facts, Diagnoses& findings) {
  if (facts.databases.empty()) {
    return findings.skipped("no GeoIP database is named (weir collect --geoip-city FILE --geoip-asn FILE)");
  }
  for (const DatabaseFacts& one : facts.databases) check_database(one, facts.now_ns / kNsPerSecond, findings);
}

void check_outputs(const Facts& facts, Diagnoses& findings) {
  if (nobody_runs(facts, findings)) return;
  bool all_well = true;
  each_sink(facts, [&](const JsonTree& sink) {
    const std::string& name = sink["sink"].text();
    const JsonTree& flows = sink["flows"];
    if (const std::string& error = sink["last_error"].text(); !error.empty()) {
      all_well = false;
      findings.problem("the output " + name + " is in trouble: " + error,
                       {flows["held"].number() == 0 ? "" : counted(flows["held"].number(), "flow") + " wait for it",
                        "the daemon's log tells when it began: journalctl -u weir-collector"});
    }
    if (dropped_in(flows) != 0) {
      all_well = false;
      findings.warning("the output " + name + " lost " + percent_text(dropped_in(flows), flows["in"].number()) +
                           " of its flows (" + drops_text(flows) + ")",
                       {remedy(flows)});
    }
  });
  if (facts.collector) {
    for (const JsonTree& relay : (*facts.collector)["relays"].items()) {
      if (dropped_in(relay["datagrams"]) == 0) continue;
      all_well = false;
      findings.warning(
          "the relay " + relay["relay"].text() + " lost datagrams (" + drops_text(relay["datagrams"]) + ")",
          {"see whether its target is there and fast enough: ip route get ADDRESS"});
    }
  }
  if (all_well) findings.ok("every output has taken every flow, or holds it");
}

void check_spool(const Facts& facts, Diagnoses& findings) {
  if (nobody_runs(facts, findings)) return;
  bool all_well = true;
  each_sink(facts, [&](const JsonTree& sink) {
    const JsonTree& delivery = sink["delivery"];
    const std::string& name = sink["sink"].text();
    const std::uint64_t bytes = delivery["spooled_bytes"].number();
    if (delivery["spooled_flows"].number() != 0) {
      all_well = false;
      const std::string what = counted(delivery["spooled_flows"].number(), "flow") + " for " + name +
                               " wait in its spool, " + size_text(bytes);
      if (bytes > kNearlyFull) {
        findings.warning(what + "; unless ?spool-max= says otherwise the oldest are dropped from 1 GB on",
                         {"get the server to answer, or give the spool more room: ?spool-max=10GB"});
      } else {
        findings.note(what, {"they are sent when the server answers"});
      }
    }
    if (delivery["dead_letters"].number() != 0) {
      all_well = false;
      findings.warning(
          name + " refused " + counted(delivery["dead_letters"].number(), "flow") + ", now in the dead-letter file",
          {"see why it did: the first lines of dead-letter.json in the spool's directory (docs/delivery.md)"});
    }
    if (dropped_in(delivery["recovered"]) != 0) {
      all_well = false;
      findings.warning(
          "of the spool of an earlier run for " + name + " flows were lost (" + drops_text(delivery["recovered"]) + ")",
          {remedy(delivery["recovered"])});
    }
  });
  if (all_well) findings.ok("no flow waits in a spool, and none was refused");
}

void check_ledger(const Facts& facts, Diagnoses& findings) {
  if (nobody_runs(facts, findings)) return;
  bool balances = true;
  for (const Result<JsonTree>* status : {&facts.collector, &facts.exporter}) {
    if (!*status) continue;
    for (const JsonTree& wrong : (**status)["imbalances"].items()) {
      balances = false;
      findings.problem("the ledger of the " + (**status)["daemon"].text() + " does not balance: " + wrong.text(),
                       {"this is a fault of weir: please report it with: weir status --json >status.json"});
    }
  }
  if (balances) findings.ok("the ledger balances: everything is delivered, held, or dropped for a reason");
}

}  // namespace weir
