// What the command line's definitions say, in a form that pages are written from.
//
// Thread rules: values and functions without shared state.
#pragma once

#include <string>
#include <vector>

#include "app/cli.h"

namespace weir {

struct OptionText {
  std::vector<std::string> names;  // "-n", "--limit"; empty for what has only a place on the line
  std::string place;               // "COLUMNS": the word that stands for it where it needs no name; mostly empty
  std::string value;               // what it takes, such as FILE; empty for a flag
  std::string description;         // on one line
  std::string default_value;       // empty: none, or told in the description
  std::string group;               // its heading
  std::string key;                 // in a section of the configuration file; empty where it cannot stand there
  std::string environment;         // the variable; empty: none
  bool required = false;
  bool repeatable = false;
};

struct CommandText {
  std::string name;  // "db check"; empty for weir itself
  std::string description;
  std::string footer;  // as --help shows it, lines and all
  std::vector<OptionText> options;
  std::vector<CommandText> commands;
};

// The whole tree, from weir itself on.
CommandText describe_commands(const CLI::App& root);

// That command and all below it, in the order of --help.
std::vector<const CommandText*> all_commands(const CommandText& command);

}  // namespace weir
