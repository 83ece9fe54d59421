#include "app/reference/command_text.h"

#include <algorithm>

namespace weir {
namespace {

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// CLI11 writes lists as [one,two].
std::string default_of(const CLI::Option& option) {
  const std::string text = option.get_default_str();
  const bool list = option.get_items_expected_max() > 1 && text.size() > 1 && text.front() == '[';
  return list ? text.substr(1, text.size() - 2) : text;
}

OptionText describe(const CLI::Option& option, bool in_files) {
  OptionText text;
  for (const std::string& letter : option.get_snames()) text.names.push_back("-" + letter);
  for (const std::string& word : option.get_lnames()) text.names.push_back("--" + word);
  if (option.get_positional()) text.place = option.get_name(true, false);
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value) text.value = option.get_type_name().empty() ? text.place : option.get_type_name();
  if (takes_value && text.value.empty()) text.value = "VALUE";
  text.description = on_one_line(option.get_description());
  text.default_value = default_of(option);
  text.group = option.get_group();
  if (in_files && !environment_name(option).empty()) {
    text.key = option.get_lnames().front();
    text.environment = environment_name(option);
  }
  text.required = option.get_required();
  text.repeatable = option.get_items_expected_max() > 1;
  return text;
}

CommandText describe(const CLI::App& command, const std::string& name) {
  CommandText text{name, on_one_line(command.get_description()), command.get_footer(), {}, {}};
  const bool leaf = command.get_subcommands(nullptr).empty();
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty()) text.options.push_back(describe(*option, leaf));
  }
  for (const CLI::App* sub : command.get_subcommands(nullptr)) {
    if (sub->get_group().empty()) continue;  // hidden
    text.commands.push_back(describe(*sub, name.empty() ? sub->get_name() : name + " " + sub->get_name()));
  }
  return text;
}

}  // namespace

CommandText describe_commands(const CLI::App& root) { return describe(root, ""); }

std::vector<const CommandText*> all_commands(const CommandText& command) {
  std::vector<const CommandText*> all{&command};
  for (const CommandText& sub : command.commands) {
    const auto below = all_commands(sub);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

}  // namespace weir
