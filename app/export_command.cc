// weir export: from packets to sinks, until told to stop or the capture file ends.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/cli.h"
#include "app/export_options.h"
#include "app/outputs.h"
#include "app/signals.h"
#include "base/control_server.h"
#include "base/service_notify.h"
#include "exporter/capture/file_capture.h"
#include "exporter/capture/privileges.h"
#include "exporter/exporter.h"
#include "web/pages.h"

namespace weir {
namespace {

// Where the packets come from: one of the two.
struct Input {
  std::unique_ptr<LiveCapture> live;
  std::unique_ptr<PacketSource> file;
};

Result<Input> open_input(const ExportPlan& plan) {
  Input input;
  if (plan.pcap.empty()) {
    auto live = LiveCapture::open(plan.capture);
    if (!live) return std::unexpected(live.error());
    input.live = std::move(*live);
  } else {
    auto file = open_file_capture(plan.pcap);
    if (!file) return std::unexpected(file.error());
    input.file = std::move(*file);
  }
  return input;
}

Result<std::unique_ptr<Exporter>> start_exporter(const ExportPlan& plan, Input input,
                                                 std::vector<std::unique_ptr<Sink>> sinks) {
  if (input.file) return Exporter::start(plan.exporter, std::move(input.file), plan.pcap, std::move(sinks));
  return Exporter::start(plan.exporter, std::move(input.live), plan.capture.threads, std::move(sinks));
}

void log_start(const Exporter& exporter) {
  const ExporterStatus status = exporter.status();
  for (const InterfaceStatus& one : status.interfaces) {
    spdlog::info("capturing from {}{}", one.name, one.up ? "" : ", which is not there or down yet");
    if (!one.advice.empty()) {
      spdlog::warn("{}: {} distorts packet counts; turn it off: {}", one.name, one.offloads, one.advice);
    }
  }
  for (const SinkStatus& sink : status.sinks) spdlog::info("writing flows to {}", sink.name);
}

void log_end(const ExporterStatus& status) {
  const CaptureStats captured = status.captured();
  const MeterStatus metered = status.metered();
  spdlog::info("captured {} packets, {}", captured.packets.in, dropped_text(view("", "", captured.packets)));
  spdlog::info("metered {} packets of {} IP octets, {}, in {} flows", metered.wire_packets, metered.bytes,
               dropped_text(view("", "", metered.packets)), metered.flows_created);
  log_sinks(status.sinks);
  for (const std::string& wrong : status.imbalances()) spdlog::error("the ledger does not balance: {}", wrong);
}

bool failed(const ExporterStatus& status) {
  bool any = false;
  for (const MeteringStatus& one : status.meters) {
    if (one.error.empty()) continue;
    complain(one.error);
    any = true;
  }
  return any;
}

// The ways to ask an exporter, only where something runs long enough to be asked.
class Windows {
 public:
  Result<void> open(const ExportPlan& plan) {
    if (!plan.pcap.empty()) return {};
    auto control = ControlServer::start(plan.run_dir, kExporterDaemon, [this](std::string_view command) {
      const Exporter* exporter = exporter_.load();
      return exporter == nullptr ? fail("the exporter is starting") : exporter->answer(command);
    });
    if (!control) return std::unexpected(control.error());
    control_ = std::move(*control);
    if (plan.http.address == "off") return {};
    http_options_ = http_options(plan.http);
    auto http = HttpServer::start(http_options_, exporter_pages([this] {
                                    const Exporter* exporter = exporter_.load();
                                    return exporter == nullptr ? ExporterStatus{} : exporter->status();
                                  }));
    if (!http) return std::unexpected(http.error());
    http_ = std::move(*http);
    return {};
  }

  void show(const Exporter* exporter) {
    exporter_ = exporter;
    if (http_) log_http(http_options_, http_->url(), "metrics, health and status");
  }

 private:
  std::atomic<const Exporter*> exporter_ = nullptr;
  std::unique_ptr<ControlServer> control_;
  HttpServerOptions http_options_;
  std::unique_ptr<HttpServer> http_;
};

void wait_for_end(const Exporter& exporter, const std::future<void>& stopped, bool is_file) {
  while (stopped.wait_for(std::chrono::milliseconds(is_file ? 10 : 200)) != std::future_status::ready) {
    if (exporter.ended()) return;
    if (!exporter.all_sinks_gone()) continue;
    spdlog::info("nobody reads the output any more");
    return;
  }
}

// After a file was read: as long as an output is in trouble, so that a signal can still end it. Trouble is given time
// to show.
void wait_for_outputs(const Exporter& exporter, const std::future<void>& stopped) {
  const auto quiet = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (stopped.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    bool held = false, trouble = false;
    for (const SinkStatus& sink : exporter.status().sinks) {
      if (sink.flows.held == 0) continue;
      held = true;
      trouble = trouble || !sink.last_error.empty();
    }
    if (!held || (!trouble && std::chrono::steady_clock::now() > quiet)) return;
  }
}

// A file is delivered to its end, however long its outputs take; a live capture stops within a limit.
std::chrono::steady_clock::time_point deadline(bool read_to_the_end) {
  return read_to_the_end ? std::chrono::steady_clock::time_point::max()
                         : std::chrono::steady_clock::now() + kShutdownLimit;
}

// Until it is told to stop, or has nothing more to do; then it is stopped.
void run_to_end(Exporter& exporter, const std::future<void>& stopped, bool is_file) {
  notify_service(kServiceReady);
  wait_for_end(exporter, stopped, is_file);
  if (is_file && exporter.ended()) wait_for_outputs(exporter, stopped);
  const bool was_told = stopped.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  const bool read_to_the_end = is_file && exporter.ended() && !was_told;
  notify_service(kServiceStopping);
  if (!is_file) spdlog::info("stopping: delivering what was captured, for at most {} s", kShutdownLimit.count());
  exporter.stop(deadline(read_to_the_end));
}

// What the user that weir becomes may not make itself, in directories of root's.
Result<void> make_directories(const ExportPlan& plan) {
  if (plan.user.empty() || ::geteuid() != 0) return {};
  if (plan.pcap.empty()) {
    if (auto made = make_directory_for(plan.user, plan.run_dir); !made) return made;
  }
  const bool spools = std::ranges::any_of(plan.to, [](const std::string& to) { return to.starts_with("http"); });
  return spools && !plan.state_dir.empty() ? make_directory_for(plan.user, plan.state_dir) : Result<void>();
}

int run_export(const ExportFlags& flags) {
  auto plan = export_plan(flags);
  if (!plan) return usage_error(plan.error());
  // What is opened for a live capture does not wait for anything; a file may be a pipe.
  std::optional<SignalsHeld> held;
  if (plan->pcap.empty()) held.emplace();
  auto input = open_input(*plan);
  if (!input) return usage_error(input.error());
  if (const auto made = make_directories(*plan); !made) return usage_error(made.error());
  // No thread is running yet: none keeps a right that the others gave up.
  if (const auto dropped = drop_privileges(plan->user); !dropped) return usage_error(dropped.error());

  const bool is_file = !plan->pcap.empty();
  std::unique_ptr<Exporter> exporter;  // outlives the windows that look at it, and the signals that call it
  std::promise<void> stop;
  std::atomic<Exporter*> running = nullptr;
  const SignalHandler signals([&stop] { stop.set_value(); },
                              [&running] {
                                if (Exporter* exporter = running.load()) exporter->reopen();
                              });
  held.reset();
  Windows windows;
  if (const auto opened = windows.open(*plan); !opened) return usage_error(opened.error());
  auto enrichment = open_enrichment(plan->enrichment);
  if (!enrichment) return usage_error(enrichment.error());
  plan->exporter.enrichment = std::move(*enrichment);
  NewFiles new_files(plan->to);
  auto sinks = open_sinks(plan->to, is_file ? WhenFull::kWait : WhenFull::kDrop, plan->state_dir);
  if (!sinks) return usage_error(sinks.error());
  auto started = start_exporter(*plan, std::move(*input), std::move(*sinks));
  if (!started) return usage_error(started.error());
  new_files.keep();
  exporter = std::move(*started);
  running = exporter.get();
  windows.show(exporter.get());
  if (!is_file) log_start(*exporter);
  run_to_end(*exporter, stop.get_future(), is_file);
  running = nullptr;
  const ExporterStatus status = exporter->status();
  log_end(status);
  return failed(status) || lost_flows(status.sinks) ? kExitTrouble : kExitDone;
}

}  // namespace

void add_export_command(CLI::App& root, int& exit_code) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = root.add_subcommand("export", "Capture packets, meter them into flows, and deliver every flow");
  add_export_options(*command, *flags);
  command->callback([flags, &exit_code] { exit_code = run_export(*flags); });
}

}  // namespace weir
