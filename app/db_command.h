// weir db: what is done to a store as a whole.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace weir {

// Each adds one subcommand of `db`; when that is the one called, its exit code is left in `exit_code`.
void add_db_check(CLI::App& db, int& exit_code);
void add_db_stats(CLI::App& db, int& exit_code);
void add_db_compact(CLI::App& db, int& exit_code);
void add_db_import(CLI::App& db, int& exit_code);
void add_db_export(CLI::App& db, int& exit_code);

// -d, --db: the directory of the store, into `path`.
CLI::Option* add_store_option(CLI::App& command, std::string& path);

}  // namespace weir
