#include "app/completion_scripts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir {
namespace {

constexpr std::string_view kBashBody = R"(
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  if [[ ${COMP_WORDS[0]##*/} == goquery ]]; then
    command=query
  else
    for ((i = 1; i < COMP_CWORD; ++i)); do
      if [[ " $commands " == *" ${COMP_WORDS[i]} "* ]]; then command=${COMP_WORDS[i]}; break; fi
    done
  fi
  local options=${options_of[${command:-weir}]} with_value=${with_value_of[${command:-weir}]}
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ " $with_value " == *" $previous "* ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$word"))
  elif [[ $command == query ]]; then
    local last=${word##*,}
    COMPREPLY=($(compgen -P "${word%"$last"}" -W "$columns" -- "$last"))
    compopt -o nospace 2>/dev/null
  elif [[ $command == completion ]]; then
    COMPREPLY=($(compgen -W "bash zsh fish" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _weir weir goquery
)";

constexpr std::string_view kZshBody = R"(
  local command= word
  if [[ ${words[1]:t} == goquery ]]; then
    command=query
  else
    for word in ${words[2,CURRENT-1]}; do
      if (( ${+options_of[$word]} )); then command=$word; break; fi
    done
  fi
  local -a options=("${(@f)options_of[${command:-weir}]}") with_value=(${=with_value_of[${command:-weir}]})
  if [[ $PREFIX == -* ]]; then
    _describe option options
  elif (( ${with_value[(Ie)${words[CURRENT-1]}]} )); then
    _files
  elif [[ -z $command ]]; then
    _describe command commands
  elif [[ $command == query ]]; then
    compset -P '*,'
    compadd -S '' -a columns
  elif [[ $command == completion ]]; then
    compadd bash zsh fish
  else
    _files
  fi
}
if [[ $funcstack[1] == _weir ]]; then _weir "$@"; else compdef _weir weir goquery; fi
)";

constexpr std::string_view kFishColumns = R"(
  set -l word (commandline -ct)
  set -l before (string replace -r '[^,]*$' '' -- $word)
  for column in $columns
    echo $before$column
  end
end
)";

// The options without a command are the program's.
std::string key_of(const CompletionCommand& command) { return command.name.empty() ? "weir" : command.name; }

std::string names_of(const CompletionCommand& command, bool only_with_value) {
  std::vector<std::string> names;
  for (const CompletionOption& option : command.options) {
    if (only_with_value && !option.takes_value) continue;
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string command_names(const std::vector<CompletionCommand>& commands) {
  std::vector<std::string> names;
  for (const CompletionCommand& command : commands) {
    if (!command.name.empty()) names.push_back(command.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// For bash and zsh, in single quotes.
std::string in_single_quotes(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string in_fish_quotes(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// "--limit:Rows at most" as _describe takes it.
std::string described(const std::string& name, const std::string& help) {
  return replaced(name, ":", "\\:") + ":" + help;
}

std::string zsh_options(const CompletionCommand& command) {
  std::vector<std::string> lines;
  for (const CompletionOption& option : command.options) {
    for (const std::string& name : option.names) lines.push_back(described(name, option.help));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string fish_option(const CompletionOption& option, const std::string& target) {
  std::string line = "complete " + target;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return line + (option.takes_value ? " -r" : "") + " -d " + in_fish_quotes(option.help) + "\n";
}

}  // namespace

std::string bash_completion(const std::vector<CompletionCommand>& commands,
                            const std::vector<std::string_view>& columns) {
  std::string out = "# Completion of weir for bash: source <(weir completion bash)\n_weir() {\n";
  out += fmt::format("  local commands='{}'\n  local columns='{}'\n", command_names(commands), fmt::join(columns, " "));
  out += "  local -A options_of=() with_value_of=()\n";
  for (const CompletionCommand& command : commands) {
    out += fmt::format("  options_of[{}]='{}'\n", key_of(command), names_of(command, false));
    out += fmt::format("  with_value_of[{}]='{}'\n", key_of(command), names_of(command, true));
  }
  return out + std::string(kBashBody);
}

std::string zsh_completion(const std::vector<CompletionCommand>& commands,
                           const std::vector<std::string_view>& columns) {
  std::string out = "#compdef weir goquery\n# Completion of weir for zsh: source <(weir completion zsh)\n_weir() {\n";
  out += fmt::format("  local -a columns=({})\n  local -a commands=(\n", fmt::join(columns, " "));
  for (const CompletionCommand& command : commands) {
    if (!command.name.empty()) out += "    " + in_single_quotes(described(command.name, command.help)) + "\n";
  }
  out += "  )\n  local -A options_of=() with_value_of=()\n";
  for (const CompletionCommand& command : commands) {
    out += fmt::format("  options_of[{}]={}\n", key_of(command), in_single_quotes(zsh_options(command)));
    out += fmt::format("  with_value_of[{}]='{}'\n", key_of(command), names_of(command, true));
  }
  return out + std::string(kZshBody);
}

std::string fish_completion(const std::vector<CompletionCommand>& commands,
                            const std::vector<std::string_view>& columns) {
  std::string out = "# Completion of weir for fish: weir completion fish | source\nfunction __weir_columns\n";
  out += fmt::format("  set -l columns {}", fmt::join(columns, " ")) + std::string(kFishColumns);
  for (const CompletionCommand& command : commands) {
    std::string target = "-c weir";
    if (command.name.empty()) {
      target += " -n __fish_use_subcommand";
    } else {
      out += fmt::format("complete -c weir -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                         in_fish_quotes(command.help));
      target += " -n '__fish_seen_subcommand_from " + command.name + "'";
    }
    for (const CompletionOption& option : command.options) {
      out += fish_option(option, target);
      if (command.name == "query") out += fish_option(option, "-c goquery");
    }
  }
  out += "complete -c weir -f -n '__fish_seen_subcommand_from query' -a '(__weir_columns)'\n";
  out += "complete -c weir -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
  return out + "complete -c goquery -f -a '(__weir_columns)'\n";
}

}  // namespace weir
