// weir db import: files of flows, by weir or by other tools, into a store.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "app/db_command.h"
#include "app/status_line.h"
#include "base/clock.h"
#include "collector/import/flow_importer.h"
#include "store/store_writer.h"

namespace weir {
namespace {

struct DbImportOptions {
  std::string store;
  std::vector<std::string> files;
  std::string format;
};

constexpr std::uint64_t kBadShown = 20;

double seconds_since(std::uint64_t start_ns) { return static_cast<double>(steady_time_ns() - start_ns) / 1e9; }

double rate(std::uint64_t flows, std::uint64_t start_ns) {
  return static_cast<double>(flows) / std::max(seconds_since(start_ns), 1e-3);
}

void print_summary(const ImportTotals& totals, const StoreStatus& store, double seconds) {
  fmt::print(
      stderr,
      "weir: {} lines: {} flows, {} headings and summaries, {} bad; {} flows kept in {:.1f} s, {:.0f} per second\n",
      totals.lines, totals.flows, totals.other, totals.bad, store.flows.out, seconds,
      static_cast<double>(store.flows.out) / std::max(seconds, 1e-3));
  if (store.flows.dropped_total() != 0) {
    fmt::print(stderr, "  {:<11}{} not kept: {}\n", "flows", store.flows.dropped_total(),
               drop_reasons(view("store", "flows", store.flows)));
  }
  if (store.clamped != 0) {
    fmt::print(stderr,
               "  {:<11}{} flows ended more than an hour before or after they were received: kept by the latter\n",
               "times", store.clamped);
  }
  std::string ignored;
  for (const auto& [name, count] : totals.ignored) {
    ignored += fmt::format("{}{} ({})", ignored.empty() ? "" : ", ", name, count);
  }
  if (!ignored.empty()) fmt::print(stderr, "  {:<11}{}\n", "left out", ignored);
}

int import_files(const DbImportOptions& options) {
  StoreOptions store;
  store.dir = options.store;
  store.warn = complain;
  auto writer = StoreWriter::open(store);
  if (!writer) return usage_error(writer.error());

  StatusLine progress;
  std::uint64_t bad = 0;
  ImportOptions import;
  if (!options.format.empty()) import.format = import_format(options.format);
  import.bad = [&](const std::string& file, std::uint64_t line, const std::string& why) {
    if (++bad > kBadShown) return;
    progress.clear();
    complain(fmt::format("{}:{}: {}", file, line, why));
  };
  const std::uint64_t start_ns = steady_time_ns();
  std::uint64_t taken = 0;
  import.progress = [&](std::uint64_t done, std::uint64_t total) {
    if (!progress.due()) return;
    const std::string share = total == 0 ? fmt::format("{} MB", done / 1'000'000)
                                         : fmt::format("{:3} %", std::min<std::uint64_t>(100, 100 * done / total));
    progress.show(fmt::format("{}  {} flows, {:.0f} per second", share, taken, rate(taken, start_ns)));
  };
  BatchWriter batches(BatchPool::create(), [&](BatchRef batch) {
    taken += batch->flows().size();
    (*writer)->append(*batch);
  });
  FlowImporter importer(import, batches);
  std::size_t failed = 0;
  for (const std::string& file : options.files) {
    const auto read = importer.read(file);
    if (read) continue;
    progress.clear();
    complain(read.error().message);
    ++failed;
  }
  batches.flush();
  (*writer)->flush();
  const StoreStatus status = (*writer)->status();
  const double seconds = seconds_since(start_ns);
  const auto compacted = (*writer)->compact();
  (*writer)->close();
  progress.clear();
  if (bad > kBadShown) complain(fmt::format("… and {} more bad lines", bad - kBadShown));
  const ImportTotals& totals = importer.totals();
  print_summary(totals, status, seconds);
  if (!status.last_error.empty()) complain(status.last_error);
  if (!compacted) complain(compacted.error().message);
  if (failed != 0) return kExitUsage;
  return bad != 0 || status.flows.dropped_total() != 0 || !compacted ? kExitTrouble : kExitDone;
}

}  // namespace

void add_db_import(CLI::App& db, int& exit_code) {
  auto options = std::make_shared<DbImportOptions>();
  CLI::App* command = db.add_subcommand("import", "Read files of flows into a store, which is made if need be");
  command->footer(
      "Files may be gzip; - is standard input. What a file is shows in its first line:\n"
      "  json     JSON Lines, or arrays of such records: weir's and goflow2's\n"
      "  csv      weir's CSV\n"
      "  nfdump   nfdump -o csv\n"
      "  goprobe  goquery -e csv raw, or weir query's\n"
      "\n"
      "Examples:\n"
      "  weir db import -d /srv/flows flows.json.gz\n"
      "  nfdump -r nfcapd.202601021500 -o csv | weir db import -d /srv/flows -\n"
      "\n"
      "Exit codes: 0 all flows are in the store, 1 some lines were bad or flows not kept, 2 bad usage or a file that\n"
      "cannot be read.");
  add_store_option(*command, options->store);
  command->add_option("FILE", options->files, "Files to read")->required()->type_name("")->check(not_empty());
  command->add_option("--format", options->format, "json, csv, nfdump or goprobe, where the first line does not tell")
      ->type_name("FORMAT")
      ->transform(one_of({"json", "csv", "nfdump", "goprobe"}));
  command->callback([options, &exit_code] { exit_code = import_files(*options); });
}

}  // namespace weir
