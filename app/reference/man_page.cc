#include "app/reference/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "app/reference/roff.h"

namespace weir {
namespace {

constexpr std::string_view kExitStatus =
    ".TP\n0\nDone.\n"
    ".TP\n1\nSomething was wrong with the data or the system.\n"
    ".TP\n2\nBad usage; nothing was started.\n";

constexpr std::string_view kFiles =
    ".TP\n.I /etc/weir/weir.toml\nThe configuration of the services; see\n.BR weir.toml (5).\n"
    ".TP\n.I /var/lib/weir\nThe store, and what survives a restart.\n"
    ".TP\n.I /run/weir\nThe sockets that\n.B weir status\nasks.\n";

constexpr std::string_view kFormat =
    "A TOML file of options, which every command reads that is called with\n"
    "\\fB\\-\\-config\\fR \\fIFILE\\fR. A section for each command holds its options without their dashes; sections "
    "of\n"
    "other commands do not matter. A list is an array whose first element stands on the line of its opening\n"
    "bracket. Switches are\n.B true\nor\n.BR false .\n"
    "A number sign begins a comment, even between quotes; write \\fB%23\\fR in an option of an output.\n"
    ".PP\n"
    "An unknown section or key is an error. What the command line says beats the file, and the file beats the\n"
    "environment.\n";

std::string title(std::string_view name, int section, const PageOrigin& origin) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return fmt::format(".\\\" Made from the definitions of weir's options.\n.TH {} {} {} \"{}\" \"{}\"\n",
                     roff_text(upper), section, origin.date, origin.version,
                     section == 1 ? "User Commands" : "File Formats");
}

std::string full_name(const CommandText& command) { return command.name.empty() ? "weir" : "weir " + command.name; }

std::string synopsis(const CommandText& command) {
  std::string line = fmt::format("\\fB{}\\fR [\\fIOPTIONS\\fR]", roff_text(full_name(command)));
  if (!command.commands.empty()) line += " \\fICOMMAND\\fR \\&...";
  for (const OptionText& option : command.options) {
    if (option.place.empty()) continue;
    const std::string place = fmt::format("\\fI{}\\fR{}", roff_text(option.place), option.repeatable ? " \\&..." : "");
    line += option.required ? " " + place : " [" + place + "]";
  }
  return roff_section("SYNOPSIS") + line + "\n";
}

std::string said_of(const OptionText& option, bool with_environment) {
  std::string text = option.description;
  if (!text.ends_with('.')) text += '.';
  if (option.required) text += " Required.";
  if (!option.default_value.empty()) text += " Default: " + option.default_value + ".";
  if (with_environment && !option.environment.empty()) text += " Environment: " + option.environment + ".";
  return text;
}

std::string options(const CommandText& command) {
  std::string out, group;
  for (const OptionText& option : command.options) {
    if (option.group != group || out.empty()) {
      group = option.group;
      std::string heading = group == "Options" ? "OPTIONS" : "OPTIONS: " + group;
      out += roff_section(fmt::format("\"{}\"", roff_text(heading)));
    }
    const std::string names = fmt::format("{}", fmt::join(option.names, ", "));
    out += roff_entry(names.empty() ? option.place : names, names.empty() ? "" : option.value, said_of(option, true));
  }
  return out;
}

std::string commands(const CommandText& command) {
  if (command.commands.empty()) return "";
  std::string out = roff_section("COMMANDS");
  for (const CommandText& sub : command.commands) out += roff_entry(full_name(sub), "", sub.description + ".");
  return out;
}

std::vector<std::string_view> blocks(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t end; !text.empty(); text.remove_prefix(std::min(text.size(), end + 2))) {
    end = std::min(text.find("\n\n"), text.size());
    if (end != 0) all.push_back(text.substr(0, end));
  }
  return all;
}

// The footer of --help: what stands below "Examples:" comes under a heading of its own.
std::string notes_and_examples(const CommandText& command) {
  constexpr std::string_view kExamples = "Examples:\n";
  std::string notes, examples;
  for (std::string_view block : blocks(command.footer)) {
    if (block.starts_with(kExamples)) {
      examples += roff_lines(block.substr(kExamples.size()));
    } else if (block.find("\n  ") != std::string_view::npos) {
      notes += ".PP\n" + roff_lines(block);
    } else {
      notes += ".PP\n" + roff_text(block) + "\n";
    }
  }
  if (notes.starts_with(".PP\n")) notes.erase(0, 4);
  return (notes.empty() ? "" : roff_section("NOTES") + notes) +
         (examples.empty() ? "" : roff_section("EXAMPLES") + examples);
}

std::string see_also(const CommandText& command, const CommandText& root) {
  std::vector<std::string> names;
  for (const CommandText* other : all_commands(root)) {
    if (other != &command) names.push_back(page_name(*other));
  }
  std::string out = roff_section("\"SEE ALSO\"");
  for (const std::string& name : names) out += fmt::format(".BR {} (1),\n", roff_text(name));
  return out + ".BR weir.toml (5)\n";
}

}  // namespace

std::string page_name(const CommandText& command) {
  std::string name = full_name(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string man_page(const CommandText& command, const CommandText& root, const PageOrigin& origin) {
  const std::string name = page_name(command);
  const bool whole = command.name.empty();
  std::string out = title(name, 1, origin) + roff_section("NAME");
  out += roff_text(name) + " \\- " +
         roff_text(whole ? "meter, collect, keep and query network flows" : command.description) + "\n";
  out += synopsis(command);
  if (whole) out += roff_section("DESCRIPTION") + roff_text(command.description) + "\n";
  out += commands(command) + options(command) + notes_and_examples(command);
  out += roff_section("\"EXIT STATUS\"") + std::string(kExitStatus);
  if (whole) out += roff_section("FILES") + std::string(kFiles);
  return out + see_also(command, root);
}

std::string config_man_page(const CommandText& root, const std::string& sample, const PageOrigin& origin) {
  std::string out = title("weir.toml", 5, origin) + roff_section("NAME") + "weir.toml \\- configuration file of weir\n";
  out += roff_section("DESCRIPTION") + std::string(kFormat);
  for (const CommandText* command : all_commands(root)) {
    std::string keys;
    for (const OptionText& option : command->options) {
      if (option.key.empty()) continue;
      keys += roff_entry(option.key, option.value.empty() ? "true or false" : option.value, said_of(option, false));
    }
    if (keys.empty()) continue;
    std::string section = command->name;
    std::ranges::replace(section, ' ', '.');
    out += roff_section(fmt::format("\"SECTION [{}]\"", roff_text(section))) + keys;
  }
  out += roff_section("EXAMPLES") + "The file as it is installed:\n.PP\n" + roff_lines(sample);
  out += roff_section("FILES") + ".I /etc/weir/weir.toml\n";
  return out + roff_section("\"SEE ALSO\"") + ".BR weir (1)\n";
}

}  // namespace weir
