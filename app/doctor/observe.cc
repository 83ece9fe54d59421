#include "app/doctor/observe.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/clock.h"
#include "base/control_client.h"
#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{2};

// Of the daemon's socket, in a directory that is named or in the system's.
bool may_not_ask(const std::filesystem::path& run_dir, const Daemon& daemon) {
  const std::filesystem::path directory = run_dir.empty() ? std::filesystem::path(kSystemRunDir) : run_dir;
  return ::access((directory / daemon.socket).c_str(), W_OK) != 0 && errno == EACCES;
}

Result<JsonTree> status_of(const std::filesystem::path& run_dir, const Daemon& daemon) {
  const auto found = run_dir.empty() ? run_dir_of(daemon) : std::optional(run_dir);
  if (!found && may_not_ask(run_dir, daemon)) {
    return fail("whether a system's " + std::string(daemon.name) + " is running is not this user's to see");
  }
  if (!found) return fail("no " + std::string(daemon.name) + " is running here");
  const auto answer = ask_daemon(*found, daemon, "status json", kPatience);
  if (!answer) return std::unexpected(answer.error());
  auto status = JsonTree::parse(*answer);
  if (!status) return fail("the " + std::string(daemon.name) + " gave a status that cannot be read");
  return status;
}

void add_new(std::vector<std::string>& all, const std::string& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

std::vector<std::string> listening(const JsonTree& collector) {
  std::vector<std::string> urls;
  for (const JsonTree& socket : collector["sockets"].items()) add_new(urls, "udp://" + socket["local"].text());
  for (const JsonTree& listener : collector["tcp"]["listeners"].items()) add_new(urls, listener.text());
  return urls;
}

std::vector<std::string> wanted_listeners(const DoctorRequest& request, const Facts& facts) {
  const std::vector<std::string> usual{to_string(ListenSpec{})};
  const ConfigValues& config = request.config_values;
  if (!request.listen.empty()) return request.listen;
  if (facts.collector) return listening(*facts.collector);
  if (config.collects) return config.listen.empty() ? usual : config.listen;
  const bool only_exports = facts.exporter.has_value() || !request.interfaces.empty() || !config.interfaces.empty();
  return only_exports ? std::vector<std::string>{} : usual;
}

}  // namespace

Intent intent_of(const DoctorRequest& request, const Facts& facts) {
  const ConfigValues& config = request.config_values;
  Intent intent;
  intent.listen = wanted_listeners(request, facts);
  intent.http = config.http.empty() ? request.http : config.http;
  if (const auto size = parse_size(config.receive_buffer); size && *size != 0) intent.receive_buffer = *size;
  intent.interfaces = request.interfaces;
  intent.outputs = config.outputs;
  intent.databases = request.databases;
  intent.state_dir = config.state_dir.empty() ? request.state_dir : std::filesystem::path(config.state_dir);
  if (config.state_dir == "none") intent.state_dir.clear();
  if (facts.exporter) {
    for (const JsonTree& one : (*facts.exporter)["interfaces"].items()) add_new(intent.interfaces, one["name"].text());
  } else if (intent.interfaces.empty()) {
    intent.interfaces = config.interfaces;
  }
  for (const Result<JsonTree>* status : {&facts.collector, &facts.exporter}) {
    if (!*status) continue;
    for (const JsonTree& sink : (**status)["sinks"].items()) add_new(intent.outputs, sink["sink"].text());
  }
  const auto& more = config.databases;
  if (!facts.collector) intent.databases.insert(intent.databases.end(), more.begin(), more.end());
  return intent;
}

Facts observe(const DoctorRequest& request) {
  Facts facts;
  facts.version = request.version;
  facts.now_ns = wall_time_ns();
  facts.config = request.config;
  facts.collector = status_of(request.run_dir, kCollectorDaemon);
  facts.exporter = status_of(request.run_dir, kExporterDaemon);
  facts.hidden = may_not_ask(request.run_dir, kCollectorDaemon);
  facts.intent = intent_of(request, facts);
  observe_service(facts);
  observe_kernel(facts);
  observe_ports(facts);
  observe_interfaces(facts);
  observe_databases(facts);
  observe_disks(request.stores, facts);
  return facts;
}

}  // namespace weir
