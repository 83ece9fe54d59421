#include "app/reference/config_check.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "app/cli.h"

namespace weir {
namespace {

// A file is read without the arguments that a command needs.
void require_nothing(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) option->required(false);
  for (CLI::App* sub : command.get_subcommands(nullptr)) require_nothing(*sub);
}

// {"db", "check"} and the like: the commands that have none below them.
void add_leaves(const CLI::App& command, std::vector<std::string> words,
                std::vector<std::vector<std::string>>& leaves) {
  for (const CLI::App* sub : command.get_subcommands(nullptr)) {
    words.push_back(sub->get_name());
    if (sub->get_subcommands(nullptr).empty()) leaves.push_back(words);
    add_leaves(*sub, words, leaves);
    words.pop_back();
  }
}

}  // namespace

Result<void> check_config_file(const std::string& path) {
  int ignored = kExitDone;
  std::vector<std::vector<std::string>> commands;
  add_leaves(*make_command_line(ignored), {}, commands);
  for (const std::vector<std::string>& words : commands) {
    const auto root = make_command_line(ignored);
    require_nothing(*root);
    // Comes before the command is run, and after every value is checked.
    root->parse_complete_callback([] { throw CLI::Success(); });
    std::vector<std::string> arguments{path, "--config"};  // in reverse, as CLI11 wants them
    arguments.insert(arguments.end(), words.rbegin(), words.rend());
    try {
      root->parse(std::move(arguments));
    } catch (const CLI::Success&) {
      continue;
    } catch (const CLI::Error& error) {
      return fail(fmt::format("weir {} --config {}: {}", fmt::join(words, " "), path, error.what()));
    }
  }
  return {};
}

}  // namespace weir
