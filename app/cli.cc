#include "app/cli.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "app/checks.h"
#include "app/goflow2_arguments.h"
#include "app/query_arguments.h"
#include "app/version.h"
#include "base/suggest.h"

namespace weir {
namespace {

constexpr const char* kDescription =
    "weir captures packets or receives NetFlow v5, v9 and IPFIX, and delivers one exact record per flow.";

constexpr const char* kFooter =
    "Examples:\n"
    "  weir collect                                          JSON of every flow that arrives on UDP 2055\n"
    "  weir collect --to 'file:flows.json?rotate-size=1GB'   the same into rotated files\n"
    "  weir export -i eth0 --to udp://collector:2055         this host's traffic as IPFIX\n"
    "  weir collect --to store:/var/lib/weir/store           into a store, for weir query and the page\n"
    "  weir query -f -1d sip,dip                             who talked with whom, from a store\n"
    "  weir list                                             the interfaces of a store\n"
    "  weir serve                                            a store as a web page, and its HTTP API\n"
    "  weir top                                              the busiest flows, hosts and ports right now\n"
    "  weir status                                           where every flow went\n"
    "  weir doctor                                           what is wrong here, and what to do about it\n"
    "  weir db import flows.json                             flows of other tools into a store\n"
    "  weir decode capture.pcap                              the flows of a capture of export datagrams\n"
    "  weir generate --rate 1000                             test traffic to 127.0.0.1:2055\n"
    "  weir openobserve setup                                dashboards and alerts onto an OpenObserve server\n"
    "\n"
    "`weir COMMAND --help` tells all options. Options can stand in a file (--config) or in the environment "
    "(WEIR_LISTEN for\n"
    "--listen). Exit codes: 0 done, 1 something was wrong with the data or the system, 2 bad usage.";

// `--listen` reads WEIR_LISTEN too.
void name_environment(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) option->envname(environment_name(*option));
}

// Only once a command is called: the environment of another one (WEIR_PORT is decode's) must not stop it.
void name_environment_when_called(CLI::App& root) {
  for (CLI::App* command : root.get_subcommands(nullptr)) {
    command->preparse_callback([command](std::size_t) { name_environment(*command); });
    name_environment_when_called(*command);
  }
}

// All long options of the command that was called, and its subcommands: what a misspelt word may have meant.
std::vector<std::string> known_words(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  for (const CLI::App* sub : command.get_subcommands(nullptr)) words.push_back(sub->get_name());
  return words;
}

// `weir db check` is the `check` of `db`.
const CLI::App& called_command(const CLI::App& root) {
  const auto called = root.get_subcommands();
  return called.empty() ? root : called_command(*called.front());
}

std::string full_name(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr || parent->get_parent() == nullptr ? command.get_name()
                                                              : full_name(*parent) + " " + command.get_name();
}

std::string help_hint(const CLI::App& root) {
  const CLI::App& command = called_command(root);
  return " (see weir " + (&command == &root ? "" : full_name(command) + " ") + "--help)";
}

std::string suggestion(const std::string& word, const std::vector<std::string>& words) {
  const std::vector<std::string_view> candidates(words.begin(), words.end());
  return did_you_mean(word, candidates);
}

// Of the arguments that were not expected, the first that looks like an option is to blame, else the first. Without a
// command it is the first, where a command should stand.
std::string unexpected_argument(const CLI::App& root) {
  std::vector<std::string> rest = called_command(root).remaining();
  if (rest.empty()) rest = root.remaining(true);
  if (rest.empty()) return "";
  // The options behind a misspelt command belong to it.
  if (root.get_subcommands().empty() && !rest.front().starts_with('-')) return rest.front();
  for (const std::string& argument : rest) {
    if (argument.starts_with('-')) return argument;
  }
  return rest.front();
}

// What is wrong with a key of the config file. CLI11 calls a section that it does not know "SECTION.++".
std::string wrong_key(const CLI::App& root, const std::string& key) {
  if (key.find_first_of("\"'[]") != std::string::npos) {
    return "cannot make out '" + key + "'; the first element of a list must stand on the line of its '['";
  }
  std::vector<std::string> sections;
  const CLI::App* command = &root;
  const std::size_t dot = key.rfind('.');
  const std::string section = dot == std::string::npos ? "" : key.substr(0, dot);
  for (const CLI::App* sub : root.get_subcommands(nullptr)) {
    sections.push_back(sub->get_name());
    if (sub->get_name() == section) command = sub;
    if (section.empty() && sub->get_option_no_throw("--" + key) != nullptr) {
      return "'" + key + "' must stand below a section, such as [" + sub->get_name() + "]";
    }
  }
  if (command == &root && !section.empty()) {
    return "unknown section [" + section + "]" + suggestion(section, sections);
  }
  std::vector<std::string> words;
  for (const std::string& word : known_words(*command)) {
    words.push_back((section.empty() ? "" : section + ".") + (word.starts_with("--") ? word.substr(2) : word));
  }
  return "unknown key '" + key + "'" + suggestion(key, words);
}

// "--http: At Most 1 required but received 2", "--to: 1 required URL missing".
std::string miscounted(const std::string& text) {
  return text.substr(0, text.find(':')) + (text.ends_with("missing") ? " needs a value" : " is given more than once");
}

// "collect, db, decode or export".
std::string all_commands(const CLI::App& root) {
  const std::vector<const CLI::App*> commands = root.get_subcommands(nullptr);
  std::string text;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == commands.size() ? " or " : ", ") + commands[i]->get_name();
  }
  return text;
}

// The arguments as CLI11 is to see them; nothing where help was printed instead.
Result<std::optional<std::vector<std::string>>> weir_arguments(int argc, char** argv, const CLI::App& query) {
  if (std::filesystem::path(argv[0]).filename() != "goflow2")
    return query_arguments(argv[0], {argv + 1, argv + argc}, query);
  auto command = goflow2_arguments({argv + 1, argv + argc});
  if (!command) return std::unexpected(command.error());
  for (const std::string& note : command->notes) complain(note);
  if (command->help.empty()) return std::move(command->arguments);
  std::fputs(command->help.c_str(), stdout);
  return std::nullopt;
}

void set_up_logging() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("weir"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S%z %^%l%$ %v");
}

}  // namespace

std::string explain(const CLI::ParseError& error, const CLI::App& root) {
  const std::string text = error.what();
  if (error.get_name() == "ConfigError") {
    return "config file " + root.get_config_ptr()->as<std::string>() + ": " +
           wrong_key(root, text.substr(text.rfind(' ') + 1)) + help_hint(root);
  }
  if (dynamic_cast<const CLI::FileError*>(&error) != nullptr) {
    const std::string file = root.get_config_ptr()->as<std::string>();
    std::error_code ignored;
    const bool missing = std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found;
    return "config file " + file + (missing ? " does not exist" : " cannot be read");
  }
  const std::string argument = unexpected_argument(root);
  if (!argument.empty()) {
    return "unexpected argument '" + argument + "'" + suggestion(argument, known_words(called_command(root))) +
           help_hint(root);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return miscounted(text) + help_hint(root);
  if (root.get_subcommands().empty()) return "which command? " + all_commands(root) + help_hint(root);
  return text + help_hint(root);
}

void complain(const std::string& message) { std::fprintf(stderr, "weir: %s\n", message.c_str()); }

int usage_error(const Error& error) {
  complain(error.message);
  return kExitUsage;
}

std::string drop_reasons(const AccountView& account) {
  std::string text;
  for (std::size_t i = 0; i < account.reasons; ++i) {
    const auto& [reason, count] = account.dropped[i];
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason, count);
  }
  return text;
}

std::string environment_name(const CLI::Option& option) {
  if (option.get_lnames().empty() || option.get_lnames().front() == "help") return "";
  std::string name = "WEIR_";
  for (const char c : option.get_lnames().front()) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::unique_ptr<CLI::App> make_command_line(int& exit_code) {
  auto owned = std::make_unique<CLI::App>(kDescription, "weir");
  CLI::App& root = *owned;
  root.footer(kFooter);
  root.set_version_flag("--version", std::string("weir ") + kVersion);
  root.set_config("--config", "", "Read options from this TOML file, a [section] per command")
      ->type_name("FILE")
      ->expected(1)
      ->check(not_empty());
  root.allow_config_extras(CLI::config_extras_mode::error);
  root.require_subcommand(1);
  root.fallthrough();
  // In the order in which people meet them.
  add_collect_command(root, exit_code);
  add_export_command(root, exit_code);
  add_query_command(root, exit_code);
  add_list_command(root, exit_code);
  add_serve_command(root, exit_code);
  add_top_command(root, exit_code);
  add_status_command(root, exit_code);
  add_doctor_command(root, exit_code);
  add_db_command(root, exit_code);
  add_decode_command(root, exit_code);
  add_generate_command(root, exit_code);
  add_openobserve_command(root, exit_code);
  add_completion_command(root, exit_code);
  name_environment_when_called(root);
  return owned;
}

int run(int argc, char** argv) {
  set_up_logging();
  int exit_code = kExitDone;
  const std::unique_ptr<CLI::App> owned = make_command_line(exit_code);
  CLI::App& root = *owned;
  auto arguments = weir_arguments(argc, argv, *root.get_subcommand("query"));
  if (!arguments) return usage_error(arguments.error());
  if (!*arguments) return kExitDone;
  std::ranges::reverse(**arguments);  // as CLI11 wants them
  try {
    root.parse(std::move(**arguments));
  } catch (const CLI::Success& asked) {  // --help, --version
    return root.exit(asked);
  } catch (const CLI::ParseError& error) {
    complain(explain(error, root));
    return kExitUsage;
  }
  return exit_code;
}

}  // namespace weir
