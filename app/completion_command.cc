// weir completion: scripts for shells, made from the options as they are defined.
#include <algorithm>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "app/completion_scripts.h"
#include "app/terminal.h"
#include "query/field.h"

namespace weir {
namespace {

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

CompletionCommand describe(const CLI::App& app, const std::string& name) {
  CompletionCommand command{name, app.get_description(), {}};
  for (const CLI::Option* option : app.get_options()) {
    CompletionOption described{{}, on_one_line(option->get_description()), option->get_expected_max() > 0};
    for (const std::string& letter : option->get_snames()) described.names.push_back("-" + letter);
    for (const std::string& word : option->get_lnames()) described.names.push_back("--" + word);
    if (!described.names.empty()) command.options.push_back(std::move(described));
  }
  return command;
}

int print_completion(const CLI::App& root, const std::string& shell) {
  std::vector<CompletionCommand> commands{describe(root, "")};
  for (const CLI::App* command : root.get_subcommands(nullptr)) {
    commands.push_back(describe(*command, command->get_name()));
  }
  const auto columns = column_names();
  const std::string script = shell == "zsh"    ? zsh_completion(commands, columns)
                             : shell == "fish" ? fish_completion(commands, columns)
                                               : bash_completion(commands, columns);
  return print_output(script) ? kExitDone : kExitTrouble;
}

}  // namespace

void add_completion_command(CLI::App& root, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = root.add_subcommand("completion", "Print a script that completes weir's command line in a shell");
  command->footer(
      "Examples:\n"
      "  source <(weir completion bash)                                     in ~/.bashrc\n"
      "  weir completion zsh >\"${fpath[1]}/_weir\"\n"
      "  weir completion fish >~/.config/fish/completions/weir.fish");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->type_name("")
      ->transform(one_of({"bash", "zsh", "fish"}));
  command->callback([shell, &root, &exit_code] { exit_code = print_completion(root, *shell); });
}

}  // namespace weir
