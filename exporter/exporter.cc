#include "exporter/exporter.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/status_text.h"
#include "enrich/enricher.h"
#include "live/live_view.h"

namespace weir {
namespace {

// A metering thread tells of a second at its first turn in the next.
constexpr std::chrono::milliseconds kSettle{500};
constexpr std::chrono::milliseconds kLook{2};  // how often threads that end are looked after

}  // namespace

// Members end in the reverse order: threads before the capture that feeds them and the sinks they write to.
struct Exporter::Impl {
  LiveView view{kSettle};
  std::vector<std::unique_ptr<Sink>> sinks;
  std::unique_ptr<LiveCapture> live;
  std::unique_ptr<PacketSource> file;
  std::string file_name;
  std::shared_ptr<Enrichment> enrichment;
  std::vector<std::unique_ptr<MeteringThread>> threads;
  std::uint64_t started_ns = wall_time_ns();

  MeteringThread::Context context(const ExporterOptions& options) {
    return {.live = live != nullptr,
            .flush_interval = options.flush_interval,
            .pool = BatchPool::create(),
            .publish =
                [this](const BatchRef& batch) {
                  for (const auto& sink : sinks) sink->submit(batch);
                },
            .seal = seal_of(options.enrichment),
            .view = &view,
            .interface_names = [this] { return interface_names(); }};
  }

  std::vector<std::pair<std::uint32_t, std::string>> interface_names() const {
    std::vector<std::pair<std::uint32_t, std::string>> names;
    if (!live) return names;
    for (InterfaceStatus& one : live->interfaces()) {
      if (one.index != 0) names.emplace_back(one.index, std::move(one.name));
    }
    return names;
  }

  std::vector<InterfaceStatus> interfaces() const {
    if (live) return live->interfaces();
    InterfaceStatus status;
    status.name = file_name;
    status.up = !file->ended();
    status.stats = file->stats();
    return {status};
  }
};

Exporter::Exporter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Exporter::~Exporter() = default;

Result<std::unique_ptr<Exporter>> Exporter::start(const ExporterOptions& options, std::unique_ptr<LiveCapture> capture,
                                                  unsigned threads, std::vector<std::unique_ptr<Sink>> sinks) {
  auto impl = std::make_unique<Impl>();
  impl->sinks = std::move(sinks);
  impl->live = std::move(capture);
  impl->enrichment = options.enrichment;
  MeterOptions meter = options.meter;
  meter.max_flows = std::max<std::size_t>(meter.max_flows / threads, 1);
  for (unsigned i = 0; i < threads; ++i) {
    impl->threads.push_back(
        std::make_unique<MeteringThread>(std::to_string(i), impl->live->source(i), meter, impl->context(options)));
  }
  impl->live->follow();
  for (const auto& thread : impl->threads) thread->start();
  return std::unique_ptr<Exporter>(new Exporter(std::move(impl)));
}

Result<std::unique_ptr<Exporter>> Exporter::start(const ExporterOptions& options, std::unique_ptr<PacketSource> file,
                                                  std::string name, std::vector<std::unique_ptr<Sink>> sinks) {
  auto impl = std::make_unique<Impl>();
  impl->sinks = std::move(sinks);
  impl->file = std::move(file);
  impl->file_name = std::move(name);
  impl->enrichment = options.enrichment;
  impl->threads.push_back(std::make_unique<MeteringThread>("file", *impl->file, options.meter, impl->context(options)));
  impl->threads.front()->start();
  return std::unique_ptr<Exporter>(new Exporter(std::move(impl)));
}

ExporterStatus Exporter::status() const {
  ExporterStatus status;
  status.version = WEIR_VERSION;
  status.started_ns = impl_->started_ns;
  status.resident_bytes = resident_memory();
  if (impl_->enrichment) status.enrichment = impl_->enrichment->status();
  {
    std::vector<std::unique_lock<std::mutex>> locks;
    for (const auto& thread : impl_->threads) locks.push_back(thread->lock());
    status.now_ns = wall_time_ns();
    for (const auto& thread : impl_->threads) status.meters.push_back(thread->status());
    for (const auto& sink : impl_->sinks) status.sinks.push_back(sink->status());
    // After the meters: what was handed over in between is in hand.
    status.interfaces = impl_->interfaces();
  }
  return status;
}

Result<std::string> Exporter::answer(std::string_view command) const {
  if (command == "status") return status_text(status());
  if (command == "status json") return status_json(status());
  if (auto told = impl_->view.answer(command)) return *std::move(told);
  return fail("unknown command '" + std::string(command) + "'; there are: status, status json, " +
              std::string(LiveView::kCommands));
}

bool Exporter::ended() const {
  return std::ranges::all_of(impl_->threads, [](const auto& thread) { return thread->ended(); });
}

bool Exporter::all_sinks_gone() const {
  return !impl_->sinks.empty() &&
         std::ranges::all_of(impl_->sinks, [](const std::unique_ptr<Sink>& sink) { return sink->status().gone; });
}

void Exporter::reopen() {
  for (const auto& sink : impl_->sinks) sink->reopen();
  if (impl_->enrichment) impl_->enrichment->reload();
}

void Exporter::stop(std::chrono::steady_clock::time_point deadline) {
  if (impl_->live) impl_->live->end();
  for (const auto& thread : impl_->threads) thread->request_stop(deadline);
  // A sink that waits for room and gets none holds the thread up until it is closed.
  const auto now = std::chrono::steady_clock::now();
  const auto patience = now + (std::max(deadline, now) - now) / 2;
  while (!ended() && std::chrono::steady_clock::now() < patience) std::this_thread::sleep_for(kLook);
  if (ended()) {
    for (const auto& thread : impl_->threads) thread->stop(deadline);
  }
  for (const auto& sink : impl_->sinks) sink->close(deadline);
  for (const auto& thread : impl_->threads) thread->stop(deadline);
}

}  // namespace weir
