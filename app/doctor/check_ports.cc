// Who has the ports that weir wants, and whether the firewall lets datagrams in.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"
#include "collector/listen_spec.h"

namespace weir {
namespace {

bool is_any(const IpAddress& address) { return address.bytes == AddressBytes{}; }

// A host that is a name counts as every address: asking DNS may take long.
IpAddress address_of(const std::string& host) { return IpAddress::parse(host).value_or(IpAddress{}); }

std::vector<BoundSocket> sockets_at(const PortFacts& ports, bool tcp, const HostPort& endpoint) {
  const IpAddress wanted = address_of(endpoint.host);
  std::vector<BoundSocket> found;
  for (const BoundSocket& socket : ports.sockets) {
    const bool overlaps = is_any(wanted) || is_any(socket.address) || socket.address == wanted;
    if (socket.tcp == tcp && socket.port == endpoint.port && overlaps) found.push_back(socket);
  }
  return found;
}

std::string holder_text(const BoundSocket& socket) {
  if (socket.pid == 0) return "a process of user id " + std::to_string(socket.uid);
  return socket.program + " (process " + std::to_string(socket.pid) + ")";
}

std::set<std::string> holders_of(const std::vector<BoundSocket>& sockets) {
  std::set<std::string> names;
  for (const BoundSocket& socket : sockets) names.insert(holder_text(socket));
  return names;
}

std::string joined(const std::set<std::string>& names) {
  return name_some(std::vector<std::string>(names.begin(), names.end()));
}

std::string port_text(bool tcp, std::uint16_t port) {
  return std::string(tcp ? "TCP" : "UDP") + " port " + std::to_string(port);
}

bool is_collectors_own(const Facts& facts, const ListenSpec& spec) {
  if (!facts.collector) return false;
  const auto has_port = [&](const std::string& text) {
    const auto endpoint = parse_host_port(text.substr(text.rfind('/') + 1), 0);
    return endpoint && endpoint->port == spec.endpoint.port;
  };
  if (spec.is_stream()) {
    return std::ranges::any_of((*facts.collector)["tcp"]["listeners"].items(),
                               [&](const JsonTree& one) { return has_port(one.text()); });
  }
  return std::ranges::any_of((*facts.collector)["sockets"].items(),
                             [&](const JsonTree& one) { return has_port(one["local"].text()); });
}

void check_own(const ListenSpec& spec, const std::set<std::string>& holders, Diagnoses& findings) {
  const std::string port = port_text(spec.is_stream(), spec.endpoint.port);
  if (holders.size() > 1) {
    return findings.problem(port + " is shared by " + joined(holders) + ": the kernel gives each only a part",
                            {"stop all but one of them"});
  }
  findings.ok(port + " is the running collector's");
}

void check_taken(const Facts& facts, const ListenSpec& spec, const std::vector<BoundSocket>& sockets,
                 Diagnoses& findings) {
  const bool tcp = spec.is_stream();
  const std::string url = to_string(spec), port = std::to_string(spec.endpoint.port);
  const std::string what = port_text(tcp, spec.endpoint.port) + " is held by " + joined(holders_of(sockets));
  const BoundSocket& first = sockets.front();
  if (facts.hidden && first.pid == 0) {
    return findings.note(what + ", perhaps the system's collector", {"ask it as root: sudo weir doctor"});
  }
  if (first.program == "weir") {
    return findings.problem(what + ", which does not answer here",
                            {"if it is the collector, ask it with --run-dir DIR, as its user or as root"});
  }
  const std::string who =
      first.pid == 0 ? "name it as root: ss -" + std::string(tcp ? "ltnp" : "lunp") + " 'sport = :" + port + "'"
                     : "stop it: kill " + std::to_string(first.pid);
  findings.problem(what + ": weir collect cannot listen on " + url,
                   {who, "or take another port: weir collect --listen '" + url.substr(0, url.rfind(':')) + ":PORT'"});
}

void check_free(const ListenSpec& spec, const PortFacts& ports, Diagnoses& findings) {
  const std::string port = port_text(spec.is_stream(), spec.endpoint.port);
  if (spec.endpoint.port >= ports.first_unprivileged || ports.may_bind_all) return findings.ok(port + " is free");
  findings.problem("this user may not listen on " + port,
                   {"setcap cap_net_bind_service=ep \"$(command -v weir)\"",
                    "or take a port from " + std::to_string(ports.first_unprivileged) + " on with --listen"});
}

// The chain's policy, or its last rule where that is for everything.
bool nft_drops(const std::string& rules) {
  const std::size_t input = rules.find("hook input");
  const std::string chain = rules.substr(input, rules.find('}', input) - input);
  if (chain.find("policy drop") != std::string::npos) return true;
  const std::size_t end = chain.find_last_not_of(" \t\n");
  const std::size_t line = chain.find_first_not_of(" \t\n", chain.rfind('\n', end) + 1);
  return chain.compare(line, 4, "drop") == 0 || chain.compare(line, 6, "reject") == 0;
}

bool iptables_drops(const std::string& rules) {
  for (const char* all : {"-P INPUT DROP", "-A INPUT -j DROP", "-A INPUT -j REJECT"}) {
    if (rules.find(all) != std::string::npos) return true;
  }
  return false;
}

bool has_number(const std::string& rules, const std::string& number) {
  const auto digit = [&](std::size_t at) { return at < rules.size() && rules[at] >= '0' && rules[at] <= '9'; };
  for (std::size_t at = rules.find(number); at != std::string::npos; at = rules.find(number, at + 1)) {
    if ((at == 0 || !digit(at - 1)) && !digit(at + number.size())) return true;
  }
  return false;
}

bool is_local(const ListenSpec& spec) {
  return spec.endpoint.host.starts_with("127.") || spec.endpoint.host == "::1" || spec.endpoint.host == "localhost";
}

}  // namespace

void check_port(const Facts& facts, Diagnoses& findings) {
  if (!facts.ports) return findings.skipped(facts.ports.error().message);
  if (facts.intent.listen.empty())
    return findings.skipped("no collector is wanted here; name a port with --listen URL");
  for (const std::string& url : facts.intent.listen) {
    const auto spec = parse_listen_spec(url);
    if (!spec) {
      findings.problem("--listen " + spec.error().message, {"write it as udp://[::]:2055"});
      continue;
    }
    const auto sockets = sockets_at(*facts.ports, spec->is_stream(), spec->endpoint);
    if (is_collectors_own(facts, *spec)) {
      check_own(*spec, holders_of(sockets), findings);
    } else if (!sockets.empty()) {
      check_taken(facts, *spec, sockets, findings);
    } else {
      check_free(*spec, *facts.ports, findings);
    }
  }
}

void check_http_port(const Facts& facts, Diagnoses& findings) {
  if (!facts.ports) return findings.skipped(facts.ports.error().message);
  if (facts.intent.listen.empty() || facts.intent.http == "off" || facts.intent.http.empty()) {
    return findings.skipped("no HTTP address is wanted here");
  }
  if (facts.collector) return findings.skipped("the running collector has opened its HTTP address, or has none");
  const auto endpoint = parse_host_port(facts.intent.http, 0);
  if (!endpoint) return findings.problem("--http " + endpoint.error().message, {"write it as 127.0.0.1:8080"});
  const auto sockets = sockets_at(*facts.ports, true, *endpoint);
  if (sockets.empty()) return findings.ok(facts.intent.http + " is free for metrics and health");
  findings.warning("TCP port " + std::to_string(endpoint->port) + " is held by " + joined(holders_of(sockets)) +
                       ": weir collect cannot start with --http " + facts.intent.http,
                   {"take another one: weir collect --http 127.0.0.1:PORT, or none: --http off"});
}

// A hint only: what a rule set does with a datagram takes its whole evaluation.
void check_firewall(const Facts& facts, Diagnoses& findings) {
  if (!facts.firewall) return findings.skipped(facts.firewall.error().message);
  const std::string& rules = *facts.firewall;
  const bool nft = rules.find("hook input") != std::string::npos;
  if (!(nft ? nft_drops(rules) : iptables_drops(rules))) {
    return findings.ok("no rule of the firewall drops what comes in by default");
  }
  bool all_named = true;
  for (const std::string& url : facts.intent.listen) {
    const auto spec = parse_listen_spec(url);
    if (!spec || is_local(*spec)) continue;
    const std::string port = std::to_string(spec->endpoint.port), protocol = spec->is_stream() ? "tcp" : "udp";
    if (has_number(rules, port)) continue;
    all_named = false;
    findings.warning(
        "the firewall drops what no rule lets in, and none names " + port_text(spec->is_stream(), spec->endpoint.port),
        {nft ? "nft add rule inet filter input " + protocol + " dport " + port + " accept"
             : "iptables -I INPUT -p " + protocol + " --dport " + port + " -j ACCEPT"});
  }
  if (all_named) findings.ok("the firewall has a rule for every port that weir listens on");
}

}  // namespace weir
