// The command line: one binary, subcommands. Every option is defined once, by CLI11, and can also stand in a config
// file (`--config weir.toml`, a section per subcommand) or in the environment (WEIR_ and the option's name).
//
// Exit codes: 0 done; 1 ran, but something was wrong with the data or the system; 2 bad usage, nothing was started.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/ledger.h"

namespace weir {

inline constexpr int kExitDone = 0;
inline constexpr int kExitTrouble = 1;
inline constexpr int kExitUsage = 2;

// Parses and runs; prints its own errors. The result is the exit code.
int run(int argc, char** argv);

// Every command with its options; the one that is called leaves its exit code in `exit_code`, which outlives the
// result.
std::unique_ptr<CLI::App> make_command_line(int& exit_code);

// The variable that an option is read from where nothing else names it: WEIR_LISTEN for --listen. Empty for --help and
// for what has no long name.
std::string environment_name(const CLI::Option& option);

// CLI11's words, in ours: what was wrong, what was probably meant, where to look.
std::string explain(const CLI::ParseError& error, const CLI::App& root);

// Each adds one subcommand; when that is the one called, its exit code is left in `exit_code`.
void add_collect_command(CLI::App& root, int& exit_code);
void add_db_command(CLI::App& root, int& exit_code);
void add_decode_command(CLI::App& root, int& exit_code);
void add_doctor_command(CLI::App& root, int& exit_code);
void add_export_command(CLI::App& root, int& exit_code);
void add_generate_command(CLI::App& root, int& exit_code);
void add_status_command(CLI::App& root, int& exit_code);
void add_top_command(CLI::App& root, int& exit_code);
void add_list_command(CLI::App& root, int& exit_code);
void add_serve_command(CLI::App& root, int& exit_code);
void add_completion_command(CLI::App& root, int& exit_code);
void add_openobserve_command(CLI::App& root, int& exit_code);
CLI::App* add_query_command(CLI::App& root, int& exit_code);

// "weir: <message>" on standard error.
void complain(const std::string& message);
int usage_error(const Error& error);

// "kernel 3, not_allowed 4": the reasons why an account dropped something; empty when it did not.
std::string drop_reasons(const AccountView& account);

}  // namespace weir
