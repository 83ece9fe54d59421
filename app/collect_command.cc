// weir collect: from sockets to sinks, until told to stop.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "app/enrichment_options.h"
#include "app/http_flags.h"
#include "app/outputs.h"
#include "app/signals.h"
#include "base/control_server.h"
#include "base/service_notify.h"
#include "collector/collector.h"
#include "sinks/netflow_options.h"
#include "sinks/sink.h"
#include "sinks/sink_spec.h"
#include "web/exporter_health.h"
#include "web/pages.h"

namespace weir {
namespace {

constexpr std::uint64_t kLeastBuffer = 4 << 10;
constexpr unsigned kMostWorkers = 256;

struct CollectFlags {
  std::vector<std::string> listen{"udp://[::]:2055"};
  std::vector<std::string> to{"stdout"};
  std::vector<std::string> allow;
  std::vector<std::string> trusted;
  HttpFlags http{.address = std::string(kDefaultHttpAddress)};
  std::string state_dir;
  std::string run_dir;
  EnrichmentFlags enrichment;
  std::string receive_buffer = "32MiB";
  unsigned workers = 0;
};

Result<void> take_prefixes(const std::string& option, const std::vector<std::string>& texts,
                           std::vector<Prefix>& prefixes) {
  for (const std::string& text : texts) {
    const auto prefix = Prefix::parse(text);
    if (!prefix) return fail(option + ' ' + text + " is no address or prefix, such as 10.0.0.0/8 or 2001:db8::/32");
    prefixes.push_back(*prefix);
  }
  return {};
}

Result<CollectorOptions> collector_options(const CollectFlags& flags) {
  CollectorOptions options;
  options.listen.clear();
  for (const std::string& text : flags.listen) {
    const auto spec = parse_listen_spec(text);
    if (!spec) return fail("--listen " + spec.error().message);
    options.listen.push_back(*spec);
  }
  if (auto taken = take_prefixes("--allow", flags.allow, options.allow); !taken) return std::unexpected(taken.error());
  if (auto taken = take_prefixes("--trust-exporter-address", flags.trusted, options.trusted); !taken)
    return std::unexpected(taken.error());
  const auto buffer = parse_size(flags.receive_buffer);
  if (!buffer) return fail("--receive-buffer " + flags.receive_buffer + ": " + buffer.error().message);
  if (*buffer < kLeastBuffer) return fail("--receive-buffer " + flags.receive_buffer + ": it must be 4KiB or more");
  options.receive_buffer = *buffer;
  options.workers = flags.workers;
  if (flags.state_dir != "none")
    options.state_dir = flags.state_dir.empty() ? default_state_dir() : std::filesystem::path(flags.state_dir);
  return options;
}

// Sorts the outputs into relays, which the collector runs, and sinks.
Result<std::vector<std::string>> take_relays(const CollectFlags& flags, CollectorOptions& options) {
  std::vector<std::string> sinks;
  for (const std::string& text : flags.to) {
    auto relay = parse_relay_spec(text);
    if (!relay) return std::unexpected(relay.error());
    if (*relay) {
      options.relays.push_back(**relay);
    } else {
      sinks.push_back(text);
    }
  }
  return sinks;
}

std::vector<Destination> destinations_of(const std::vector<std::string>& sinks) {
  std::vector<Destination> all;
  for (const std::string& text : sinks) {
    if (!is_netflow(text)) continue;
    if (const auto options = parse_netflow_options(text)) all.push_back({text, options->transport, options->target});
  }
  return all;
}

// The directory of the first output that is a store; empty where there is none.
std::string store_of(const std::vector<std::string>& sinks) {
  for (const std::string& text : sinks) {
    if (const auto spec = parse_sink_spec(text, {}); spec && spec->scheme == "store") return spec->target;
  }
  return {};
}

// The ways to ask a collector, open before it receives anything, so that a port in use stops the start.
class Windows {
 public:
  Result<void> open(const CollectFlags& flags) {
    const std::filesystem::path directory =
        flags.run_dir.empty() ? default_run_dir() : std::filesystem::path(flags.run_dir);
    auto control =
        ControlServer::start(directory, kCollectorDaemon, [this](std::string_view command) { return answer(command); });
    if (!control) return std::unexpected(control.error());
    control_ = std::move(*control);
    return flags.http.address == "off" ? Result<void>() : open_http(flags);
  }

  void show(const Collector* collector) { collector_ = collector; }
  void log() const {
    // script/run reads the address off this line.
    if (http_) log_http(http_options_, http_->url(), "web page, API, metrics and health");
  }

 private:
  Result<void> open_http(const CollectFlags& flags) {
    std::shared_ptr<StoreApi> store;
    if (const std::string directory = store_of(flags.to); !directory.empty()) {
      auto opened = store_api(flags.http, directory);
      if (!opened) return std::unexpected(opened.error());
      store = std::move(*opened);
    }
    const CollectorLink link{.present = [] { return true; },
                             .ask = [this](std::string_view command) { return answer(command); }};
    http_options_ = http_options(flags.http);
    auto http = HttpServer::start(http_options_, collector_pages([this] { return status(); }, link, store));
    if (!http) return std::unexpected(http.error());
    http_ = std::move(*http);
    return {};
  }

  // "exporters" is for the API of a server beside this process, which shows what this one's own does.
  Result<std::string> answer(std::string_view command) const {
    const Collector* collector = collector_.load();
    if (collector == nullptr) return fail("the collector is starting");
    return command == "exporters" ? exporters_json(collector->status()) : collector->answer(command);
  }
  CollectorStatus status() const {
    const Collector* collector = collector_.load();
    return collector == nullptr ? CollectorStatus{} : collector->status();
  }

  std::atomic<const Collector*> collector_ = nullptr;
  std::unique_ptr<ControlServer> control_;
  HttpServerOptions http_options_;
  std::unique_ptr<HttpServer> http_;
};

void log_start(const Collector& collector, const std::filesystem::path& state_dir) {
  for (const std::string& address : collector.listening()) spdlog::info("listening on {}", address);
  if (state_dir.empty()) {
    spdlog::info("templates are not kept for the next start: there is no state directory");
  } else {
    spdlog::info("templates are kept for the next start in {}", state_dir.string());
  }
  const CollectorStatus status = collector.status();
  for (const SinkStatus& sink : status.sinks) spdlog::info("writing flows to {}", sink.name);
  for (const RelayStatus& relay : status.relays) spdlog::info("forwarding datagrams to {}", relay.name);
}

// The last word: everything that came, and where it went.
void log_end(const CollectorStatus& status) {
  const ExporterStats totals = status.totals();
  const Account<ArrivalDrop> arrivals = status.arrivals();
  spdlog::info(
      "stopped: {} messages, {}, gave {} flows; {} sets still waited for a template; by sequence numbers {} lost on "
      "the way",
      arrivals.in, dropped_text(view("arrivals", "messages", arrivals)), totals.flows, totals.sets.held,
      totals.sequence.lost);
  log_sinks(status.sinks);
  for (const RelayStatus& relay : status.relays) {
    spdlog::info("{}: {} datagrams forwarded, {}", relay.name, relay.datagrams.out,
                 dropped_text(view("relay", "datagrams", relay.datagrams)));
  }
  for (const std::string& wrong : status.imbalances()) spdlog::error("the ledger does not balance: {}", wrong);
}

int collect(const CollectFlags& flags) {
  auto options = collector_options(flags);
  if (!options) return usage_error(options.error());
  const auto sink_specs = take_relays(flags, *options);
  if (!sink_specs) return usage_error(sink_specs.error());
  options->destinations = destinations_of(*sink_specs);
  std::unique_ptr<Collector> collector;  // outlives the windows that look at it, and the signals that call it
  std::promise<void> stop;
  std::atomic<Collector*> running = nullptr;
  // First of all, so that a signal that comes during the start is not lost.
  const SignalHandler signals([&stop] { stop.set_value(); },
                              [&running] {
                                if (Collector* collector = running.load()) collector->reopen();
                              });

  Windows windows;
  if (const auto opened = windows.open(flags); !opened) return usage_error(opened.error());
  NewFiles new_files(flags.to);
  auto enrichment = open_enrichment(flags.enrichment);
  if (!enrichment) return usage_error(enrichment.error());
  options->enrichment = std::move(*enrichment);
  auto sinks = open_sinks(*sink_specs, WhenFull::kDrop, options->state_dir);
  if (!sinks) return usage_error(sinks.error());
  auto started = Collector::start(*options, std::move(*sinks));
  if (!started) return usage_error(started.error());
  new_files.keep();
  collector = std::move(*started);
  running = collector.get();
  windows.show(collector.get());
  windows.log();
  log_start(*collector, options->state_dir);
  notify_service(kServiceReady);

  const std::future<void> stopped = stop.get_future();
  while (stopped.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
    if (!collector->all_sinks_gone()) continue;
    spdlog::info("nobody reads the output any more");
    break;
  }
  notify_service(kServiceStopping);
  spdlog::info("stopping: delivering what was received, for at most {} s", kShutdownLimit.count());
  collector->stop(std::chrono::steady_clock::now() + kShutdownLimit);
  running = nullptr;
  const CollectorStatus status = collector->status();
  log_end(status);
  const bool lost_datagrams =
      std::ranges::any_of(status.relays, [](const RelayStatus& relay) { return relay.datagrams.dropped_total() != 0; });
  return lost_datagrams || lost_flows(status.sinks) ? kExitTrouble : kExitDone;
}

}  // namespace

void add_collect_command(CLI::App& root, int& exit_code) {
  auto flags = std::make_shared<CollectFlags>();
  CLI::App* command = root.add_subcommand("collect", "Receive NetFlow and IPFIX, and deliver every flow");
  command->footer(
      "Outputs (--to), each with its own queue; options follow '?' and are separated by '&':\n"
      "  stdout               ?format=json|csv|text  ?fields=full|compact|all  ?biflow=split|merge\n"
      "  file:PATH            the same, and ?rotate-size=1GB  ?rotate-interval=1h  ?keep=10; reopened on SIGHUP\n"
      "  store:DIR            weir's own store: ?raw-retain=30d  ?rollup-retain=2y  ?max-size=200GB\n"
      "  http://… https://…   OpenObserve, Elasticsearch and others: ?form=json|ndjson|bulk|multi  ?batch=1000\n"
      "                       ?compress=gzip|zstd  ?spool=always|on-failure|off  ?spool-max=1GB  ?header-file=PATH;\n"
      "                       WEIR_HTTP_AUTHORIZATION sets the Authorization header\n"
      "  udp://HOST:PORT      as NetFlow or IPFIX to another collector: ?protocol=5|9|ipfix  ?source-id=N  ?pace=N\n"
      "                       ?relay=true forwards datagrams as they came, from their exporter's address if permitted\n"
      "  tcp://… tls://…      IPFIX over TCP or TLS: ?ca=FILE  ?cert=FILE  ?key=FILE  ?verify=false\n"
      "docs/collect.md has every option of every output.\n"
      "\n"
      "Examples:\n"
      "  weir collect\n"
      "  weir collect --listen 'udp://[::]:2055' --listen 'tcp://[::]:4739' \\\n"
      "    --to 'file:flows.json?rotate-size=1GB&keep=10'\n"
      "  weir collect --to http://localhost:5080/api/default/netflow1/_json --allow 10.0.0.0/8\n"
      "  weir collect --to 'store:/var/lib/weir/store?raw-retain=30d&rollup-retain=2y&max-size=200GB'\n"
      "  weir collect --to 'store:/var/lib/weir/store' --to 'udp://collector2:2055?relay=true'\n"
      "  weir collect --geoip-city GeoLite2-City.mmdb --geoip-asn GeoLite2-ASN.mmdb --networks networks.csv\n"
      "  weir collect --config weir.toml");
  command
      ->add_option("--listen", flags->listen,
                   "Where to listen: udp://ADDRESS:PORT, tcp://ADDRESS:PORT or\n"
                   "tls://ADDRESS:PORT?cert=FILE&key=FILE[&client-ca=FILE] (repeatable)")
      ->type_name("URL")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("--to", flags->to, "Where flows go (repeatable)")
      ->type_name("OUTPUT")
      ->check(not_empty())
      ->capture_default_str();
  add_enrichment_options(*command, flags->enrichment);
  command->add_option("--allow", flags->allow, "Only take what comes from this address or prefix (repeatable)")
      ->type_name("PREFIX")
      ->check(not_empty());
  command
      ->add_option("--trust-exporter-address", flags->trusted,
                   "Believe what comes from this address or prefix, a load balancer or relay, about\n"
                   "whose it is: elements 130 and 131 of records or options data (repeatable)")
      ->type_name("PREFIX")
      ->check(not_empty());
  add_http_options(*command, flags->http, "Web page, API, metrics and health on this ADDRESS:PORT; off: none");
  add_query_timeout_option(*command, flags->http);
  command
      ->add_option("--state-dir", flags->state_dir,
                   "Where templates survive a restart; none: nowhere. Default: /var/lib/weir where\n"
                   "writable, else $XDG_STATE_HOME/weir, else ~/.local/state/weir")
      ->type_name("DIR")
      ->check(not_empty());
  command
      ->add_option("--run-dir", flags->run_dir,
                   "Directory of the control socket, which weir status asks. Default: /run/weir\n"
                   "where writable, else $XDG_RUNTIME_DIR/weir, else /tmp/weir-UID")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_option("--receive-buffer", flags->receive_buffer, "Kernel buffer of each UDP socket")
      ->type_name("SIZE")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("--workers", flags->workers, "Receiving threads; 0: one for each core")
      ->type_name("N")
      ->check(whole_number(0, kMostWorkers))
      ->capture_default_str();
  command->callback([flags, &exit_code] { exit_code = collect(*flags); });
}

}  // namespace weir
