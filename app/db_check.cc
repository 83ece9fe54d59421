// weir db check: is a store as it was written?
#include <fmt/format.h>

#include <string>

#include "app/cli.h"
#include "app/db_command.h"
#include "app/status_line.h"
#include "store/check.h"

namespace weir {
namespace {

int check(const std::string& store) {
  const auto report = [&] {
    StatusLine progress;
    return check_store(store, [&](std::uint64_t done, std::uint64_t total) {
      if (progress.due()) progress.show(fmt::format("{:3} % checked", total == 0 ? 100 : 100 * done / total));
    });
  }();
  if (!report) return usage_error(report.error());
  for (const Finding& note : report->notes) fmt::print("note     {}: {}\n", note.file, note.problem);
  for (const Finding& damage : report->damage) fmt::print("damaged  {}: {}\n", damage.file, damage.problem);
  fmt::print("{} segments and {} journals with {} rows in {} bytes are sound", report->segments, report->journals,
             report->rows, report->bytes);
  fmt::print("{}\n", report->damage.empty() ? "; no damage" : fmt::format("; {} damaged", report->damage.size()));
  return report->damage.empty() ? kExitDone : kExitTrouble;
}

}  // namespace

void add_db_check(CLI::App& db, int& exit_code) {
  auto store = std::make_shared<std::string>();
  CLI::App* command = db.add_subcommand("check", "Verify every checksum and every value of a store");
  command->footer(
      "Reads the whole store, beside a running collector too, and changes nothing. What is damaged is named; queries\n"
      "leave it out and say so. Notes tell of what is no damage, such as the torn end of a journal after a crash.\n"
      "\n"
      "Exit codes: 0 all is sound, 1 something is damaged, 2 bad usage or no store.");
  add_store_option(*command, *store);
  command->callback([store, &exit_code] { exit_code = check(*store); });
}

}  // namespace weir
