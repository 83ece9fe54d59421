// weir db, and those of its subcommands that need few lines.
#include "app/db_command.h"

#include <fmt/format.h>

#include "app/checks.h"
#include "app/cli.h"
#include "app/query_options.h"
#include "store/snapshot.h"
#include "store/store_writer.h"

namespace weir {
namespace {

int compact(const std::string& store) {
  // Opening it to write would make it where it is not.
  if (const auto snapshot = open_snapshot(store); !snapshot) return usage_error(snapshot.error());
  StoreOptions options;
  options.dir = store;
  options.compact = false;
  options.warn = complain;
  auto writer = StoreWriter::open(options);
  if (!writer) return usage_error(writer.error());
  const StoreStatus before = (*writer)->status();
  const auto compacted = (*writer)->compact();
  const StoreStatus after = (*writer)->status();
  (*writer)->close();
  if (!compacted) {
    complain(compacted.error().message);
    return kExitTrouble;
  }
  fmt::print("{} bytes in {} segments, before {} in {}\n", after.bytes_on_disk, after.segments, before.bytes_on_disk,
             before.segments);
  return kExitDone;
}

}  // namespace

CLI::Option* add_store_option(CLI::App& command, std::string& path) {
  path = kDefaultStore;
  return command.add_option("-d,--db,--db.path", path, "Directory of the store")
      ->type_name("DIR")
      ->check(not_empty())
      ->capture_default_str();
}

void add_db_compact(CLI::App& db, int& exit_code) {
  auto store = std::make_shared<std::string>();
  CLI::App* command = db.add_subcommand("compact", "Merge the segments of a store as far as they can be");
  command->footer("A collector does this by itself. While one has the store, it cannot be done here.");
  add_store_option(*command, *store);
  command->callback([store, &exit_code] { exit_code = compact(*store); });
}

void add_db_command(CLI::App& root, int& exit_code) {
  CLI::App* db = root.add_subcommand("db", "Check, measure, compact, fill or empty a store");
  db->require_subcommand(1);
  db->fallthrough();
  db->footer(
      "Examples:\n"
      "  weir db check -d /srv/flows                     is every byte as it was written?\n"
      "  weir db stats -d /srv/flows                     what takes how much\n"
      "  weir db import -d /srv/flows flows.json.gz      flows of weir, goflow2, nfdump, goProbe\n"
      "  weir db export -d /srv/flows -f -1d >day.json   flows as JSON Lines or CSV\n"
      "\n"
      "`weir db COMMAND --help` tells all options.");
  add_db_check(*db, exit_code);
  add_db_stats(*db, exit_code);
  add_db_compact(*db, exit_code);
  add_db_import(*db, exit_code);
  add_db_export(*db, exit_code);
}

}  // namespace weir
