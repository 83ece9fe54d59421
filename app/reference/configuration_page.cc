#include "app/reference/configuration_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace weir {
namespace {

constexpr std::string_view kHead =
    "# Configuration reference\n"
    "\n"
    "<!-- Made from the definitions of the options; to write it again: cmake --build --preset release --target "
    "configuration_page -->\n"
    "\n"
    "Every option of every command. An option can be given in three ways, of which the first here wins:\n"
    "\n"
    "1. on the command line: `weir collect --listen udp://[::]:2055`;\n"
    "2. as a key of the configuration file that `--config FILE` names, below the section of its command. A list is an "
    "array whose\n"
    "   first element stands on the line of its `[`; a switch is `true` or `false`;\n"
    "3. as a variable of the environment: `WEIR_LISTEN=udp://[::]:2055`; a list is written `[one,two]`.\n"
    "\n"
    "The services of the package read `/etc/weir/weir.toml` ([install.md](install.md)). `man weir.toml` and `weir "
    "COMMAND "
    "--help` say the\n"
    "same as this page.\n";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// A | would end the cell, a < begin an element.
std::string cell(const std::string& text) { return replaced(replaced(text, "|", "\\|"), "<", "\\<"); }

std::string code(const std::string& text) { return text.empty() ? "" : "`" + replaced(text, "|", "\\|") + "`"; }

std::string option_names(const OptionText& option) {
  std::string names = fmt::format("{}", fmt::join(option.names, ", "));
  if (names.empty()) return option.place + (option.repeatable ? " ..." : "");
  return names + (option.value.empty() ? "" : " " + option.value);
}

std::string row(const OptionText& option) {
  const std::string when = option.required ? "required" : code(option.default_value);
  return fmt::format("| {} | {} | {} | {} | {} |\n", code(option_names(option)), code(option.key),
                     code(option.environment), when, cell(option.description));
}

// "## weir db check", and the section of the file.
std::string heading(const CommandText& command) {
  std::string section = command.name;
  std::ranges::replace(section, ' ', '.');
  const bool in_files = std::ranges::any_of(command.options, [](const OptionText& o) { return !o.key.empty(); });
  return fmt::format("\n## weir{}{}\n\n{}.{}\n", command.name.empty() ? "" : " ", command.name,
                     command.name.empty() ? "Before or behind any command" : command.description,
                     in_files ? fmt::format(" Section `[{}]`.", section) : "");
}

bool is_help(const OptionText& option) { return std::ranges::find(option.names, "--help") != option.names.end(); }

}  // namespace

std::string configuration_page(const CommandText& root) {
  std::string page(kHead);
  for (const CommandText* command : all_commands(root)) {
    std::string rows;
    for (const OptionText& option : command->options) {
      if (!is_help(option)) rows += row(option);
    }
    if (rows.empty()) continue;
    page += heading(*command) + "\n| option | key | variable | default | |\n|---|---|---|---|---|\n" + rows;
  }
  return page;
}

}  // namespace weir
