// weir status: the ledger of a running collector.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "collector/control_client.h"
#include "collector/run_dir.h"

namespace weir {
namespace {

struct StatusOptions {
  std::string run_dir;
  bool json = false;
  bool templates = false;
};

int print_status(const StatusOptions& options) {
  const std::filesystem::path directory =
      options.run_dir.empty() ? run_dir_with(kCollectorSocket) : std::filesystem::path(options.run_dir);
  const char* command = options.templates ? "templates" : options.json ? "status json" : "status";
  const auto answer = ask_collector(directory / kCollectorSocket, command);
  if (!answer) return usage_error(answer.error());
  std::fputs(answer->c_str(), stdout);
  if (!answer->ends_with('\n')) std::fputc('\n', stdout);
  return kExitDone;
}

}  // namespace

void add_status_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = root.add_subcommand("status", "Show where every flow of a running collector went");
  command->footer(
      "Examples:\n"
      "  weir status                     totals, exporters, sinks, and every drop with its reason\n"
      "  weir status --json | jq .       the same for programs\n"
      "  weir status --templates         the templates in force, as JSON");
  command
      ->add_option("--run-dir", options->run_dir,
                   "Directory of the collector's control socket; default: the one that weir collect uses")
      ->type_name("DIR")
      ->check(not_empty());
  CLI::Option* json = command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--templates", options->templates, "Print the templates in force as JSON")->excludes(json);
  command->callback([options, &exit_code] { exit_code = print_status(*options); });
}

}  // namespace weir
