// Capturing packets: rights, interfaces, rings.
#include <string>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"

namespace weir {

void check_capability(const Facts& facts, Diagnoses& findings) {
  if (facts.may_capture) return findings.ok("this user may capture packets with this program");
  const std::string what = "this user may not capture packets with this program: " + facts.may_capture.error().message;
  const std::string grant = "setcap cap_net_raw=ep \"$(command -v weir)\"";
  if (facts.exporter) return findings.ok("the running exporter has its sockets, though this user could not open them");
  if (facts.intent.interfaces.empty()) return findings.note(what, {"for weir export as this user: " + grant});
  findings.problem(what, {grant, "or run weir export as root; it gives the rights up once its sockets are open"});
}

void check_interface(const Facts& facts, Diagnoses& findings) {
  if (facts.interfaces.empty()) return findings.skipped("no interface is captured; name one with -i INTERFACE");
  for (const InterfaceFacts& one : facts.interfaces) {
    if (!one.exists) {
      findings.problem("there is no interface " + one.name, {"see which there are: ip link"});
    } else if (!one.up) {
      findings.problem("the interface " + one.name + " is down", {"ip link set " + one.name + " up"});
    } else if (!one.carrier) {
      findings.problem("the interface " + one.name + " has no link", {"look at its cable, or the port it leads to"});
    } else if (facts.exporter && !one.promiscuous) {
      findings.note(
          "the interface " + one.name + " is not promiscuous: only packets to and from this host are seen",
          {"for a mirror port leave out --not-promiscuous; of a virtual machine's interface its host must allow it"});
    } else {
      findings.ok("the interface " + one.name + " is up");
    }
  }
  if (!facts.exporter) return;
  for (const JsonTree& one : (*facts.exporter)["interfaces"].items()) {
    if (const std::string& error = one["last_error"].text(); !error.empty()) {
      findings.problem("the exporter cannot capture " + one["name"].text() + ": " + error,
                       {"restart weir export, which needs the right to capture"});
    }
  }
}

void check_offloads(const Facts& facts, Diagnoses& findings) {
  bool any = false;
  if (facts.exporter) {
    for (const JsonTree& one : (*facts.exporter)["interfaces"].items()) {
      if (one["advice"].text().empty()) continue;
      any = true;
      findings.warning("on " + one["name"].text() + ", " + one["offloads"].text() + " distorts packet counts",
                       {one["advice"].text()});
    }
  }
  for (const InterfaceFacts& one : facts.interfaces) {
    if (any || !one.exists) continue;
    if (!one.lro_advice) {
      findings.skipped("the offloads of " + one.name + ": " + one.lro_advice.error().message);
      any = true;
    } else if (!one.lro_advice->empty()) {
      findings.warning("on " + one.name + ", lro puts packets together before they are captured", {*one.lro_advice});
      any = true;
    }
  }
  if (any) return;
  if (facts.interfaces.empty()) return findings.skipped("no interface is captured; name one with -i INTERFACE");
  findings.ok("no offload distorts packet counts: weir counts what GRO and TSO put together by its segments");
}

void check_ring_drops(const Facts& facts, Diagnoses& findings) {
  if (!facts.exporter) return findings.skipped(facts.exporter.error().message);
  bool any = false;
  for (const JsonTree& one : (*facts.exporter)["interfaces"].items()) {
    const JsonTree& packets = one["packets"];
    const std::uint64_t dropped = dropped_in(packets), in = packets["in"].number();
    if (dropped == 0) continue;
    any = true;
    const std::string what = "of " + one["name"].text() + "'s packets " + percent_text(dropped, in) +
                             " were dropped before they were metered (" + drops_text(packets) + ")";
    const std::string advice = "give it a larger ring and more threads: weir export --ring-blocks 64 --threads 4";
    if (dropped >= in / 100) {
      findings.problem(what, {advice, "or meter fewer: --filter, --sampling"});
    } else {
      findings.warning(what, {advice, "or meter fewer: --filter, --sampling"});
    }
  }
  if (!any) findings.ok("the rings of the running exporter dropped nothing");
}

void check_flow_table(const Facts& facts, Diagnoses& findings) {
  if (!facts.exporter) return findings.skipped(facts.exporter.error().message);
  const JsonTree& metering = (*facts.exporter)["metering"];
  if (metering["emergencies"].number() == 0) {
    return findings.ok("the flow table has room: " + counted(metering["flows_active"].number(), "flow") + " of " +
                       metering["max_flows"].text());
  }
  findings.warning(
      "the flow table was full " + counted(metering["emergencies"].number(), "time") + ": flows were written early",
      {"weir export --max-flows " + std::to_string(metering["max_flows"].number() * 4)});
}

}  // namespace weir
