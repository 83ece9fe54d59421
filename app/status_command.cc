// weir status: the ledger of the running collector, the running exporter, or both.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "app/running_daemons.h"
#include "base/control_client.h"

namespace weir {
namespace {

struct StatusOptions {
  std::string daemon;
  std::string run_dir;
  bool json = false;
  bool templates = false;
};

int print_status(const StatusOptions& options) {
  const char* command = options.templates ? "templates" : options.json ? "status json" : "status";
  std::vector<RunningDaemon> daemons = to_ask(options.daemon, options.run_dir);
  if (daemons.empty()) return usage_error(nobody_runs(options.run_dir));
  if (options.templates) std::erase_if(daemons, [](const RunningDaemon& one) { return one.daemon.name == "exporter"; });
  if (daemons.empty()) return usage_error({"only a collector has templates, and none is running"});
  int exit_code = kExitDone;
  bool first = true;
  for (const RunningDaemon& one : daemons) {
    const auto answer = ask_daemon(one.directory, one.daemon, command);
    if (!answer) {
      exit_code = usage_error(answer.error());
      continue;
    }
    if (!first && !options.json) std::fputc('\n', stdout);
    first = false;
    std::fputs(answer->c_str(), stdout);
    if (!answer->ends_with('\n')) std::fputc('\n', stdout);
  }
  return exit_code;
}

}  // namespace

void add_status_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = root.add_subcommand("status", "Show where every packet and flow of a running weir went");
  command->footer(
      "Examples:\n"
      "  weir status                     totals, exporters or interfaces, sinks, and every drop with its reason\n"
      "  weir status exporter            only weir export's, where a collector runs beside it\n"
      "  weir status --json | jq .       the same for programs: one object a line for each of the two\n"
      "  weir status --templates         the templates in force, as JSON");
  command->add_option("DAEMON", options->daemon, "collector or exporter; default: those that run here")
      ->type_name("")
      ->transform(one_of({"collector", "exporter"}));
  command
      ->add_option("--run-dir", options->run_dir,
                   "Directory of the control socket; default: the one that weir collect and export use")
      ->type_name("DIR")
      ->check(not_empty());
  CLI::Option* json = command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--templates", options->templates, "Print the templates in force as JSON")->excludes(json);
  command->callback([options, &exit_code] { exit_code = print_status(*options); });
}

}  // namespace weir
