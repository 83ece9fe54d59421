#include "app/export_options.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "app/checks.h"
#include "app/outputs.h"
#include "base/clock.h"
#include "base/run_dir.h"
#include "exporter/own_addresses.h"
#include "sinks/netflow_options.h"
#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr std::uint64_t kMostFlows = 100'000'000;
constexpr unsigned kMostThreads = 256;
constexpr std::uint32_t kLeastSnaplen = 64;
constexpr std::uint32_t kFrameHeaders = 512;  // before each packet in a ring, at most
constexpr std::uint64_t kLeastBlock = 64 << 10;
constexpr std::uint64_t kMostBlock = 64 << 20;
constexpr std::uint64_t kMostRing = 1 << 30;  // all of it is real memory, which the kernel takes at once
constexpr std::uint64_t kLongestRetire = 10 * kNsPerSecond;
// The kernel's stamps and the wall clock are one clock, seconds apart at the most.
constexpr std::uint64_t kMaxClockError = 600 * kNsPerSecond;

// The first problem found, so that a run of checks needs one look at the end.
class Checked {
 public:
  std::uint64_t nanoseconds(const char* option, const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) return note(option, text, duration.error().message);
    if (duration->count() <= 0 || *duration > std::chrono::hours(24)) {
      return note(option, text, "it must be more than zero and at most a day");
    }
    return static_cast<std::uint64_t>(duration->count()) * kNsPerMs;
  }

  std::uint64_t size(const char* option, const std::string& text, std::uint64_t least, std::uint64_t most) {
    const auto size = parse_size(text);
    if (!size) return note(option, text, size.error().message);
    if (*size < least || *size > most || (*size & (*size - 1)) != 0) {
      return note(option, text, "it must be a power of two, 64KiB to 64MiB");
    }
    return *size;
  }

  std::vector<Prefix> prefixes(const char* option, const std::vector<std::string>& texts) {
    std::vector<Prefix> all;
    for (const std::string& text : texts) {
      if (const auto prefix = Prefix::parse(text)) {
        all.push_back(*prefix);
      } else {
        note(option, text, "it is no address or prefix, such as 10.0.0.0/8 or 2001:db8::/32");
      }
    }
    return all;
  }

  std::uint64_t note(const char* option, const std::string& value, const std::string& problem) {
    if (error_.empty()) error_ = std::string(option) + " " + value + ": " + problem;
    return 0;
  }
  const std::string& error() const { return error_; }

 private:
  std::string error_;
};

// `spec` with `key=value`, unless it says something else itself.
std::string with_default(std::string spec, const std::string& key, const std::string& value) {
  const std::size_t options = spec.find('?');
  if (options == std::string::npos) return spec + "?" + key + "=" + value;
  const std::string given = "&" + spec.substr(options + 1);
  return given.find("&" + key + "=") == std::string::npos ? spec + "&" + key + "=" + value : spec;
}

// What cannot be read says so when it is opened.
bool is_ipfix(const std::string& spec) {
  const auto options = parse_netflow_options(spec);
  return !options || options->protocol == ExportProtocol::kIpfix;
}

// The outputs, with what --protocol, --biflow and --source-id say of those that speak NetFlow.
Result<std::vector<std::string>> outputs(const ExportFlags& flags) {
  if (std::ranges::none_of(flags.to, is_netflow)) {
    for (const auto& [given, option] : {std::pair{!flags.protocol.empty(), "--protocol"}, {flags.biflow, "--biflow"}}) {
      if (given) return fail(std::string(option) + " is for flows that leave by NetFlow; add --to udp://HOST:PORT");
    }
  }
  std::vector<std::string> all = flags.to;
  bool some_biflow = false;
  for (std::string& spec : all) {
    if (!is_netflow(spec)) continue;
    if (!flags.protocol.empty()) spec = with_default(spec, "protocol", flags.protocol);
    if (!flags.biflow || !is_ipfix(spec)) continue;
    spec = with_default(spec, "biflow", "true");
    some_biflow = true;
  }
  if (flags.biflow && !some_biflow) return fail("--biflow is for IPFIX; NetFlow v5 and v9 have no such records");
  return all;
}

// "eth0,eth1" is two; a /regex/ may hold commas.
std::vector<std::string> split_interfaces(const std::vector<std::string>& given) {
  std::vector<std::string> all;
  for (const std::string& text : given) {
    std::size_t start = 0;
    bool in_pattern = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && text[i] == '/') in_pattern = !in_pattern;
      if (i < text.size() && (text[i] != ',' || in_pattern)) continue;
      if (i > start) all.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  return all;
}

MeterOptions meter_options(const ExportFlags& flags, Checked& checked) {
  MeterOptions meter;
  meter.max_flows = flags.max_flows;
  meter.active_ns = checked.nanoseconds("--active-timeout", flags.active);
  meter.idle_ns = checked.nanoseconds("--idle-timeout", flags.idle);
  meter.udp_idle_ns = checked.nanoseconds("--udp-timeout", flags.udp_idle);
  meter.unanswered_idle_ns = checked.nanoseconds("--unanswered-timeout", flags.unanswered_idle);
  meter.closed_ns = checked.nanoseconds("--closed-timeout", flags.closed);
  for (const std::string& field : flags.ignore) {
    if (field == "ports") meter.key.ports = false;
    if (field == "vlan") meter.key.vlan = false;
    if (field == "interface") meter.key.interface = false;
  }
  if (std::uint64_t{flags.sampling} * flags.flow_sampling > std::numeric_limits<std::uint32_t>::max()) {
    checked.note("--flow-sampling", std::to_string(flags.flow_sampling),
                 "times --sampling it must be less than 4294967296, which records have room for");
  }
  meter.packet_sampling = flags.sampling;
  if (flags.sampling_mode == "random") meter.packet_sampling_mode = PacketSampling::kRandom;
  meter.flow_sampling = flags.flow_sampling;
  meter.inside_tunnels = flags.inside_tunnels;
  meter.drop_duplicates = flags.drop_duplicates;
  meter.extremes = flags.extremes;
  meter.local_nets = checked.prefixes("--local-net", flags.local_nets);
  meter.observation_domain_id = flags.source_id;
  meter.host = flags.host.empty() ? host_name() : flags.host;
  return meter;
}

CaptureOptions capture_options(const ExportFlags& flags, Checked& checked) {
  CaptureOptions capture;
  capture.interfaces = split_interfaces(flags.interfaces);
  capture.filter = flags.filter;
  capture.threads = flags.threads;
  capture.block_size = checked.size("--ring-block", flags.ring_block, kLeastBlock, kMostBlock);
  capture.blocks = flags.ring_blocks;
  if (capture.block_size * capture.blocks > kMostRing) {
    checked.note("--ring-blocks", std::to_string(flags.ring_blocks),
                 "times --ring-block " + flags.ring_block + " it is more than 1GiB, the most for a ring");
  }
  const std::uint64_t retire_ns = checked.nanoseconds("--ring-timeout", flags.ring_timeout);
  if (retire_ns > kLongestRetire) checked.note("--ring-timeout", flags.ring_timeout, "it must be at most 10s");
  capture.retire_ms = static_cast<unsigned>(retire_ns / kNsPerMs);
  capture.snaplen = flags.snaplen;
  if (capture.block_size != 0 && capture.block_size < capture.snaplen + kFrameHeaders) {
    checked.note("--ring-block", flags.ring_block, "it must be larger than a packet of --snaplen bytes");
  }
  capture.promiscuous = !flags.not_promiscuous;
  return capture;
}

void add_capture_options(CLI::App& command, ExportFlags& flags) {
  const char* const group = "Capture";
  CLI::Option* interfaces =
      command
          .add_option("-i,--interface", flags.interfaces,
                      "Where to listen: names separated by commas, any, !eth0 (all but it), /regex/\n(repeatable)")
          ->type_name("IFACE")
          ->check(not_empty())
          ->group(group);
  command.add_option("--pcap", flags.pcap, "Read packets from this capture file (pcap, pcapng) instead")
      ->type_name("FILE")
      ->check(not_empty())
      ->excludes(interfaces)
      ->group(group);
  command.add_option("--filter", flags.filter, "Only packets that this filter lets pass, in pcap's syntax")
      ->type_name("FILTER")
      ->check(not_empty())
      ->group(group);
  command.add_option("--threads", flags.threads, "Threads that share the packets of each interface")
      ->type_name("N")
      ->check(whole_number(1, kMostThreads))
      ->capture_default_str()
      ->group(group);
  command.add_option("--snaplen", flags.snaplen, "Bytes of each packet to look at")
      ->type_name("BYTES")
      ->check(whole_number(kLeastSnaplen, 65535))
      ->capture_default_str()
      ->group(group);
  command.add_option("--ring-block", flags.ring_block, "Size of a block of an interface's ring")
      ->type_name("SIZE")
      ->check(not_empty())
      ->capture_default_str()
      ->group(group);
  command.add_option("--ring-blocks", flags.ring_blocks, "Blocks of a ring: more for bursts, at their memory's cost")
      ->type_name("N")
      ->check(whole_number(2, 4096))
      ->capture_default_str()
      ->group(group);
  command.add_option("--ring-timeout", flags.ring_timeout, "How long packets wait for their block to fill")
      ->type_name("TIME")
      ->check(not_empty())
      ->capture_default_str()
      ->group(group);
  command.add_flag("--not-promiscuous", flags.not_promiscuous, "Only packets to and from this host")->group(group);
  command
      .add_option("--user", flags.user,
                  "Run as this user once the interfaces are open. Default: as the user that\nstarted it, all "
                  "privileges dropped")
      ->type_name("NAME")
      ->check(not_empty())
      ->group(group);
}

void add_timeouts(CLI::App& command, ExportFlags& flags) {
  const auto timeout = [&](const char* name, std::string& value, const char* help) {
    command.add_option(name, value, help)->type_name("TIME")->check(not_empty())->capture_default_str()->group("Flows");
  };
  timeout("--active-timeout", flags.active, "A longer flow is written in slices of this length");
  timeout("--idle-timeout", flags.idle, "A flow without packets for so long has ended");
  timeout("--udp-timeout", flags.udp_idle, "The same for UDP");
  timeout("--unanswered-timeout", flags.unanswered_idle, "The same for flows that nobody answered");
  timeout("--closed-timeout", flags.closed, "The same after TCP's FIN or RST");
}

void add_flow_options(CLI::App& command, ExportFlags& flags) {
  const char* const group = "Flows";
  command.add_option("--max-flows", flags.max_flows, "Flows at a time; beyond it the least useful are written early")
      ->type_name("N")
      ->check(whole_number(1024, kMostFlows))
      ->capture_default_str()
      ->group(group);
  add_timeouts(command, flags);
  command
      .add_option("--ignore", flags.ignore,
                  "Leave this out of what tells flows apart: ports, vlan, interface (repeatable)")
      ->type_name("FIELD")
      ->transform(one_of({"ports", "vlan", "interface"}))
      ->group(group);
  command
      .add_option("--local-net", flags.local_nets,
                  "What is inside, as seen from a tap or mirror port: packets to it are in, from it\nout (repeatable). "
                  "Default: by the kernel on a host's own interfaces, else by the\nnetworks of its own addresses")
      ->type_name("PREFIX")
      ->check(not_empty())
      ->group(group);
  command.add_option("--sampling", flags.sampling, "Meter one of so many packets")
      ->type_name("N")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  command.add_option("--sampling-mode", flags.sampling_mode, "deterministic or random")
      ->type_name("MODE")
      ->transform(one_of({"deterministic", "random"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--flow-sampling", flags.flow_sampling, "Meter one of so many flows, whole")
      ->type_name("N")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  command
      .add_flag("--inside-tunnels", flags.inside_tunnels,
                "Meter what VXLAN, Geneve, GRE and IP-in-IP carry instead of "
                "them")
      ->group(group);
  command
      .add_flag("--extremes", flags.extremes,
                "Records also tell the shortest and longest packet and the least and largest\ntime to live, "
                "as IANA elements 25, 26, 52 and 53")
      ->group(group);
  command
      .add_flag("--drop-duplicates", flags.drop_duplicates,
                "Count a packet once that a mirror port shows twice within a second")
      ->group(group);
}

void add_output_options(CLI::App& command, ExportFlags& flags) {
  const char* const group = "Output";
  command.add_option("--to", flags.to, "Where flows go (repeatable)")
      ->type_name("OUTPUT")
      ->check(not_empty())
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--protocol", flags.protocol, "5, 9 or ipfix, for outputs that do not say protocol=. Default: ipfix")
      ->type_name("PROTOCOL")
      ->transform(one_of({"5", "9", "ipfix"}))
      ->group(group);
  command
      .add_flag("--biflow", flags.biflow, "IPFIX: both directions of a conversation in one record (RFC 5103), not two")
      ->group(group);
  command.add_option("--source-id", flags.source_id, "v9 source id, IPFIX observation domain, v5 engine type and id")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str()
      ->group(group);
  command.add_option("--host", flags.host, "This host's name in records; default: the system's")
      ->type_name("NAME")
      ->check(not_empty())
      ->group(group);
  command
      .add_option("--run-dir", flags.run_dir,
                  "Directory of the control socket, which weir status asks. Default: /run/weir\n"
                  "where writable, else $XDG_RUNTIME_DIR/weir, else /tmp/weir-UID")
      ->type_name("DIR")
      ->check(not_empty())
      ->group(group);
  command
      .add_option("--state-dir", flags.state_dir,
                  "Where outputs over HTTP keep what they could not deliver yet; none: nowhere.\n"
                  "Default: /var/lib/weir where writable, else $XDG_STATE_HOME/weir, else\n"
                  "~/.local/state/weir")
      ->type_name("DIR")
      ->check(not_empty())
      ->group(group);
  add_http_options(command, flags.http, "Metrics, health and status on this ADDRESS:PORT; off: none", group);
}

}  // namespace

void add_export_options(CLI::App& command, ExportFlags& flags) {
  command.footer(
      "Outputs (--to), each with its own queue; options follow '?' and are separated by '&':\n"
      "  udp://HOST:PORT      NetFlow v5, v9 or IPFIX: ?protocol=ipfix  ?biflow=true  ?source-id=7\n"
      "  tcp://… tls://…      IPFIX\n"
      "  store:DIR            weir's own store, for weir query: ?raw-retain=30d  ?rollup-retain=2y\n"
      "  stdout, file:PATH, http://… https://…   records as JSON, CSV or text\n"
      "docs/export.md has everything about capture and flows, docs/collect.md every option of every output.\n"
      "\n"
      "Examples:\n"
      "  weir export -i eth0                                   flows of eth0 as JSON\n"
      "  weir export -i eth0 --to udp://collector:2055         as IPFIX to a collector\n"
      "  weir export -i eth0,eth1 --to udp://10.0.0.5:2055 --protocol 9\n"
      "  weir export -i any --to store:/var/lib/weir/store     keep them here, for weir query\n"
      "  weir export -i eth2 --local-net 192.0.2.0/24 --drop-duplicates   from a mirror port\n"
      "  weir export --pcap capture.pcap --to 'stdout?format=csv'\n"
      "\n"
      "Capturing needs CAP_NET_RAW, once: as root, or after setcap cap_net_raw+ep on the program.");
  add_capture_options(command, flags);
  add_flow_options(command, flags);
  add_output_options(command, flags);
  add_enrichment_options(command, flags.enrichment, "Enrichment");
}

Result<ExportPlan> export_plan(const ExportFlags& flags) {
  if (flags.interfaces.empty() && flags.pcap.empty()) {
    return fail("where do packets come from? Name an interface, -i eth0 (or -i any), or a capture, --pcap FILE");
  }
  Checked checked;
  ExportPlan plan;
  plan.pcap = flags.pcap;
  plan.capture = capture_options(flags, checked);
  plan.exporter.meter = meter_options(flags, checked);
  if (!checked.error().empty()) return fail(checked.error());
  if (plan.pcap.empty()) {
    OwnAddresses own = own_addresses(plan.capture.interfaces);
    plan.exporter.meter.exporter_address = own.best;
    plan.exporter.meter.own_nets = std::move(own.nets);
    plan.exporter.meter.max_clock_error_ns = kMaxClockError;
  } else if (!flags.filter.empty()) {
    return fail("--filter is for interfaces; filter the capture file with tcpdump -r FILE -w NEW FILTER first");
  } else {
    plan.exporter.meter.exporter_address = own_addresses({}).best;
  }
  auto to = outputs(flags);
  if (!to) return std::unexpected(to.error());
  plan.to = std::move(*to);
  plan.user = flags.user;
  plan.http = flags.http;
  plan.enrichment = flags.enrichment;
  if (flags.state_dir != "none") {
    plan.state_dir = flags.state_dir.empty() ? default_state_dir() : std::filesystem::path(flags.state_dir);
  }
  plan.run_dir = flags.run_dir.empty() ? default_run_dir() : std::filesystem::path(flags.run_dir);
  return plan;
}

}  // namespace weir
