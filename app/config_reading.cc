#include "app/config_reading.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/cli.h"

namespace weir {
namespace {

void append(std::vector<std::filesystem::path>& all, const std::vector<std::string>& texts) {
  all.insert(all.end(), texts.begin(), texts.end());
}

std::string first_of(const CLI::Option& option) { return option.empty() ? std::string() : option.results().front(); }

void take_values(CLI::App& command, ConfigValues& values) {
  const auto texts = [&](const char* name) { return command.get_option(name)->results(); };
  for (const std::string& output : texts("--to")) values.outputs.push_back(output);
  append(values.databases, texts("--geoip-city"));
  append(values.databases, texts("--geoip-asn"));
  if (values.state_dir.empty()) values.state_dir = first_of(*command.get_option("--state-dir"));
  if (command.get_name() == "export") {
    values.interfaces = texts("--interface");
    return;
  }
  values.collects = command.get_option("--listen")->count() + command.get_option("--to")->count() != 0;
  values.listen = texts("--listen");
  values.http = first_of(*command.get_option("--http"));
  values.receive_buffer = first_of(*command.get_option("--receive-buffer"));
}

}  // namespace

// `collect` reads the whole file, the sections of other commands too. What the root does when all is parsed comes
// before the command is run, and here in its stead.
ConfigReading read_config(const std::filesystem::path& file) {
  ConfigReading reading;
  int ignored = kExitDone;
  const std::unique_ptr<CLI::App> owned = make_command_line(ignored);
  CLI::App& root = *owned;
  root.parse_complete_callback([] { throw CLI::Success(); });
  try {
    root.parse(std::vector<std::string>{"collect", file.string(), "--config"});  // the last comes first
  } catch (const CLI::Success&) {
    take_values(*root.get_subcommand("collect"), reading.values);
    take_values(*root.get_subcommand("export"), reading.values);
  } catch (const CLI::ParseError& error) {
    reading.error = explain(error, root);
  }
  return reading;
}

}  // namespace weir
