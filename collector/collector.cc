#include "collector/collector.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <thread>

#include "base/clock.h"
#include "base/status_text.h"
#include "collector/bind.h"
#include "collector/lane.h"
#include "collector/state_keeper.h"
#include "collector/udp_socket.h"
#include "collector/worker.h"
#include "enrich/enricher.h"
#include "live/live_view.h"

namespace weir {
namespace {

Decoder::Limits share_of(const Decoder::Limits& all, std::size_t lanes) {
  Decoder::Limits one = all;
  one.template_bytes /= lanes;
  one.held_bytes /= lanes;
  one.sessions = std::max<std::size_t>(all.sessions / lanes, 1);
  one.template_bytes_per_session = std::min(one.template_bytes_per_session, one.template_bytes);
  one.held_bytes_per_session = std::min(one.held_bytes_per_session, one.held_bytes);
  return one;
}

std::vector<ListenSpec> specs_where(const std::vector<ListenSpec>& specs, bool stream) {
  std::vector<ListenSpec> some;
  std::ranges::copy_if(specs, std::back_inserter(some),
                       [=](const ListenSpec& spec) { return spec.is_stream() == stream; });
  return some;
}
std::vector<ListenSpec> udp_specs(const std::vector<ListenSpec>& specs) { return specs_where(specs, false); }
std::vector<ListenSpec> stream_specs(const std::vector<ListenSpec>& specs) { return specs_where(specs, true); }

// Whether what is sent to `target` would arrive at one of `listeners`.
bool is_listener(const SocketAddress& target, std::span<const SocketAddress> listeners) {
  return std::ranges::any_of(listeners, [&](const SocketAddress& listener) {
    if (listener.port() != target.port()) return false;
    return listener.is_wildcard() ? is_own_address(target.address()) : listener.address() == target.address();
  });
}

// Until what was received is published: a batch waits so long, and TCP looks as seldom.
std::chrono::nanoseconds settle(const CollectorOptions& options) {
  constexpr std::chrono::milliseconds kSlack{300};
  return 2 * options.flush_interval + kSlack;
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) spdlog::warn("{}", warning);
}

}  // namespace

// Members end in the reverse order: threads before lanes, lanes (which publish what they still have) before sinks.
struct Collector::Impl {
  explicit Impl(const CollectorOptions& options) : live(settle(options)) {}

  LiveView live;
  std::vector<std::unique_ptr<Sink>> sinks;
  std::shared_ptr<Enrichment> enrichment;
  std::vector<std::unique_ptr<Lane>> lanes;  // by worker, then TCP's where there is one
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<TcpListener> tcp;
  std::unique_ptr<StateKeeper> state;
  std::vector<SocketAddress> bound;
  std::uint64_t started_ns = wall_time_ns();

  void make_lanes(const CollectorOptions& options, unsigned udp_lanes, bool with_tcp);
  Result<void> open_listeners(const CollectorOptions& options);
  Result<void> open_relays(const CollectorOptions& options);
  Result<void> check_destinations(const CollectorOptions& options) const;
  Result<void> open_state(const std::filesystem::path& directory);
  Result<void> start_threads();
  std::vector<std::unique_lock<std::mutex>> lock_all() const;
};

void Collector::Impl::make_lanes(const CollectorOptions& options, unsigned udp_lanes, bool with_tcp) {
  const std::size_t count = udp_lanes + (with_tcp ? 1 : 0);
  const Decoder::Limits limits = share_of(options.limits, count);
  const std::shared_ptr<BatchPool> pool = BatchPool::create();
  const auto to_sinks = [this](const BatchRef& batch) {
    live.add(*batch);
    for (const auto& sink : sinks) sink->submit(batch);
  };
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = i < udp_lanes ? std::to_string(i) : "tcp";
    lanes.push_back(std::make_unique<Lane>(name, limits, AllowList(options.allow), options.trusted, pool, to_sinks,
                                           seal_of(enrichment)));
  }
  for (unsigned i = 0; i < udp_lanes; ++i) {
    workers.push_back(std::make_unique<Worker>(i, *lanes[i], options.flush_interval));
  }
}

Result<void> Collector::Impl::open_listeners(const CollectorOptions& options) {
  for (const ListenSpec& spec : udp_specs(options.listen)) {
    auto group = open_udp(spec, static_cast<unsigned>(workers.size()), options.receive_buffer);
    if (!group) return std::unexpected(group.error());
    log_warnings(group->warnings);
    bound.push_back(group->sockets[0].bound());
    for (std::size_t i = 0; i < workers.size(); ++i) {
      workers[i]->add_socket(to_string(spec), std::move(group->sockets[i]));
    }
  }
  if (auto opened = open_relays(options); !opened) return opened;
  const std::vector<ListenSpec> streams = stream_specs(options.listen);
  if (streams.empty()) return check_destinations(options);
  auto listener = TcpListener::open(streams, *lanes.back(), options.tcp, options.flush_interval);
  if (!listener) return std::unexpected(listener.error());
  tcp = std::move(*listener);
  log_warnings(tcp->warnings());
  bound.insert(bound.end(), tcp->bound().begin(), tcp->bound().end());
  return check_destinations(options);
}

// A name is only asked for where the port is one of ours. Who cannot be found now is the sink's to find later.
Result<void> Collector::Impl::check_destinations(const CollectorOptions& options) const {
  const std::size_t datagrams = bound.size() - (tcp ? tcp->bound().size() : 0);
  for (const Destination& to : options.destinations) {
    const bool is_udp = to.transport == Transport::kUdp;
    const std::span listeners = is_udp ? std::span(bound).first(datagrams) : std::span(bound).subspan(datagrams);
    if (std::ranges::find(listeners, to.target.port, &SocketAddress::port) == listeners.end()) continue;
    const auto addresses = resolve_host(to.target, is_udp ? SOCK_DGRAM : SOCK_STREAM, ResolveFor::kSending);
    if (!addresses) continue;
    if (std::ranges::any_of(*addresses, [&](const SocketAddress& one) { return is_listener(one, listeners); })) {
      return fail("sink " + to.name + ": that is this collector itself; its flows would go round for ever");
    }
  }
  return {};
}

// Each worker has its own sockets; what is wrong with one is wrong with all.
Result<void> Collector::Impl::open_relays(const CollectorOptions& options) {
  if (!options.relays.empty() && workers.empty()) return fail("relay=true forwards datagrams; listen on udp://, too");
  for (const RelaySpec& spec : options.relays) {
    std::vector<std::string> warnings;
    for (const auto& worker : workers) {
      warnings.clear();
      auto relay = Relay::open(spec, AllowList(options.allow), warnings);
      if (!relay) return std::unexpected(relay.error());
      if (is_listener((*relay)->target(), bound)) {
        return fail("relay " + spec.name + ": that is this collector itself; its datagrams would go round for ever");
      }
      worker->add_relay(std::move(*relay));
    }
    log_warnings(warnings);
  }
  return {};
}

Result<void> Collector::Impl::open_state(const std::filesystem::path& directory) {
  if (directory.empty() || workers.empty()) return {};
  auto opened = StateDir::open(directory);
  if (!opened) return std::unexpected(opened.error());
  std::vector<Lane*> of_workers;
  for (std::size_t i = 0; i < workers.size(); ++i) of_workers.push_back(lanes[i].get());
  state = std::make_unique<StateKeeper>(std::move(*opened), std::move(of_workers));
  return state->restore();
}

Result<void> Collector::Impl::start_threads() {
  for (const auto& worker : workers) {
    if (auto started = worker->start(); !started) return started;
  }
  if (tcp) tcp->start();
  if (state) state->start();
  return {};
}

std::vector<std::unique_lock<std::mutex>> Collector::Impl::lock_all() const {
  std::vector<std::unique_lock<std::mutex>> locks;
  for (const auto& lane : lanes) locks.push_back(lane->lock());
  return locks;
}

Collector::Collector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Collector::~Collector() = default;

Result<std::unique_ptr<Collector>> Collector::start(const CollectorOptions& options,
                                                    std::vector<std::unique_ptr<Sink>> sinks) {
  const bool udp = !udp_specs(options.listen).empty();
  const bool tcp = !stream_specs(options.listen).empty();
  if (!udp && !tcp) return fail("nothing to listen on; name an address with --listen, such as udp://[::]:2055");
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);

  auto impl = std::make_unique<Impl>(options);
  impl->sinks = std::move(sinks);
  impl->enrichment = options.enrichment;
  impl->make_lanes(options, !udp ? 0 : options.workers > 0 ? options.workers : cores, tcp);
  if (auto opened = impl->open_listeners(options); !opened) return std::unexpected(opened.error());
  if (auto opened = impl->open_state(options.state_dir); !opened) return std::unexpected(opened.error());
  if (auto started = impl->start_threads(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Collector>(new Collector(std::move(impl)));
}

CollectorStatus Collector::status() const {
  CollectorStatus status;
  status.version = WEIR_VERSION;
  status.started_ns = impl_->started_ns;
  status.resident_bytes = resident_memory();
  if (impl_->state) status.state_error = impl_->state->last_error();
  if (impl_->enrichment) status.enrichment = impl_->enrichment->status();
  std::vector<ExporterStats> exporters;
  {
    const auto locks = impl_->lock_all();
    status.now_ns = wall_time_ns();
    for (const auto& worker : impl_->workers) {
      worker->count_kernel_drops();
      std::ranges::move(worker->sockets(), std::back_inserter(status.sockets));
      std::ranges::move(worker->relays(), std::back_inserter(status.relays));
    }
    for (const auto& lane : impl_->lanes) {
      status.lanes.push_back(lane->status());
      std::ranges::move(lane->decoder().exporters(), std::back_inserter(exporters));
    }
    if (impl_->tcp) status.tcp = impl_->tcp->status();
    for (const auto& sink : impl_->sinks) status.sinks.push_back(sink->status());
  }
  status.relays = merge_relays(status.relays);
  status.exporters = merge_exporters(std::move(exporters));
  return status;
}

std::vector<TemplateView> Collector::templates() const {
  std::vector<TemplateView> all;
  for (const auto& lane : impl_->lanes) {
    const auto lock = lane->lock();
    std::ranges::move(lane->decoder().templates(), std::back_inserter(all));
  }
  return all;
}

Result<std::string> Collector::answer(std::string_view command) const {
  if (command == "status") return status_text(status());
  if (command == "status json") return status_json(status());
  if (command == "templates") return templates_json(templates());
  if (auto told = impl_->live.answer(command)) return *std::move(told);
  return fail("unknown command '" + std::string(command) + "'; there are: status, status json, templates, " +
              std::string(LiveView::kCommands));
}

std::vector<SocketAddress> Collector::bound() const { return impl_->bound; }

std::vector<std::string> Collector::listening() const {
  const std::vector<std::string> streams = impl_->tcp ? impl_->tcp->listeners() : std::vector<std::string>();
  std::vector<std::string> all;
  for (std::size_t i = 0; i + streams.size() < impl_->bound.size(); ++i) {
    all.push_back("udp://" + impl_->bound[i].to_string());
  }
  all.insert(all.end(), streams.begin(), streams.end());
  return all;
}

bool Collector::all_sinks_gone() const {
  return !impl_->sinks.empty() &&
         std::ranges::all_of(impl_->sinks, [](const std::unique_ptr<Sink>& sink) { return sink->status().gone; });
}

void Collector::reopen() {
  for (const auto& sink : impl_->sinks) sink->reopen();
  if (impl_->tcp) impl_->tcp->reload_certificates();
  if (impl_->enrichment) impl_->enrichment->reload();
}

void Collector::stop(std::chrono::steady_clock::time_point deadline) {
  if (impl_->tcp) impl_->tcp->stop(deadline);
  for (const auto& worker : impl_->workers) worker->stop(deadline);
  if (impl_->state) impl_->state->stop(true);
  for (const auto& sink : impl_->sinks) sink->close(deadline);
}

}  // namespace weir
