// weir db export: the flows of a store as JSON Lines or CSV, as weir decode writes them.
#include <fcntl.h>
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "app/db_command.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "query/request.h"
#include "query/row_filter.h"
#include "sinks/record_writer.h"
#include "sinks/sigpipe.h"
#include "sinks/stdout_output.h"
#include "store/flow_reader.h"
#include "store/snapshot.h"

namespace weir {
namespace {

struct DbExportOptions {
  std::string store;
  std::string first, last, condition;
  std::string interfaces = "any";
  std::string format = "json";
  std::string fields = "full";
  std::string biflow = "merge";
  std::string output = "-";
};

RecordOptions record_options(const DbExportOptions& options) {
  RecordOptions record;
  record.format = options.format == "csv" ? RecordFormat::kCsv : RecordFormat::kJsonLines;
  record.fields = options.fields == "all"       ? FieldSelection::kAll
                  : options.fields == "compact" ? FieldSelection::kCompact
                                                : FieldSelection::kFull;
  record.split_biflows = options.biflow == "split";
  return record;
}

Result<FlowSelection> selection(const DbExportOptions& options) {
  FlowSelection selection;
  const std::uint64_t now = wall_time_ns();
  if (!options.first.empty()) {
    const auto first = parse_time(options.first, now);
    if (!first) return std::unexpected(first.error());
    selection.times.first = *first;
  }
  if (!options.last.empty()) {
    const auto last = parse_last_time(options.last, now);
    if (!last) return std::unexpected(last.error());
    selection.times.last = *last;
  }
  if (selection.times.empty()) return fail("the time range is empty: --first lies after --last");
  auto condition = parse_condition(options.condition, system_resolver());
  if (!condition) return std::unexpected(condition.error());
  if (condition->direction != DirectionFilter::kNone) {
    return fail("'dir' is a condition on the rows of a query; flows have flow_direction");
  }
  selection.condition = std::move(condition->flows);
  auto interfaces = InterfaceFilter::parse(options.interfaces);
  if (!interfaces) return std::unexpected(interfaces.error());
  selection.interfaces = std::move(*interfaces);
  return selection;
}

// A file that is made, or emptied.
class FileOutput : public TextOutput {
 public:
  static Result<std::unique_ptr<TextOutput>> open(const std::string& path, std::string header) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!fd) return fail_errno("cannot create " + path, errno);
    return std::make_unique<FileOutput>(std::move(fd), path, std::move(header));
  }
  FileOutput(UniqueFd fd, std::string path, std::string header)
      : fd_(std::move(fd)), path_(std::move(path)), header_(std::move(header)) {}

  WriteResult write(std::string_view text, const std::atomic<bool>& abort) override {
    if (!header_.empty()) {
      WriteResult result = write_whole(fd_.get(), std::exchange(header_, {}), path_, abort);
      if (result.outcome != WriteResult::Outcome::kWritten) return result;
    }
    return write_whole(fd_.get(), text, path_, abort);
  }

 private:
  UniqueFd fd_;
  std::string path_;
  std::string header_;
};

// Writes what passes, batch by batch.
class Exporter {
 public:
  Exporter(const RecordWriter& records, TextOutput& output) : records_(records), output_(output) {}

  // Errors: a segment is damaged; what of it can be read is written.
  Result<void> write(const Segment& segment, const FlowSelection& selection) {
    auto filter = RowFilter::bind(selection, segment);
    if (!filter) return std::unexpected(filter.error());
    BatchWriter batches(pool_, [this](BatchRef batch) { write(*batch); });
    for (unsigned block = 0; block < segment.blocks() && going_on(); ++block) {
      const auto keep = filter->select(block);
      if (!keep) return std::unexpected(keep.error());
      if (keep->empty()) continue;
      if (auto read = read_flows(segment, block, scratch_, *keep, batches); !read) return read;
    }
    return {};
  }
  // The heading goes out even where no flow does.
  void finish() {
    if (written_ == 0 && going_on()) settle(output_.write("", abort_));
  }

  bool going_on() const { return outcome_ == WriteResult::Outcome::kWritten; }
  bool failed() const { return !going_on() && outcome_ != WriteResult::Outcome::kGone; }
  const std::string& error() const { return error_; }
  std::uint64_t written() const { return written_; }

 private:
  void write(const FlowBatch& batch) {
    if (!going_on()) return;
    text_.clear();
    const std::size_t records = records_.append(batch, text_);
    settle(output_.write(text_, abort_));
    if (going_on()) written_ += records;
  }
  void settle(WriteResult result) {
    outcome_ = result.outcome;
    error_ = std::move(result.error);
  }

  const RecordWriter& records_;
  TextOutput& output_;
  std::shared_ptr<BatchPool> pool_ = BatchPool::create();
  Scratch scratch_;
  std::string text_;
  std::atomic<bool> abort_{false};
  WriteResult::Outcome outcome_ = WriteResult::Outcome::kWritten;
  std::string error_;
  std::uint64_t written_ = 0;
};

int export_flows(const DbExportOptions& options) {
  const auto wanted = selection(options);
  if (!wanted) return usage_error(wanted.error());
  const auto snapshot = open_snapshot(options.store, wanted->times);
  if (!snapshot) return usage_error(snapshot.error());
  block_sigpipe();
  const RecordWriter records(record_options(options));
  auto output = options.output == "-" ? Result<std::unique_ptr<TextOutput>>(open_stdout(records.header()))
                                      : FileOutput::open(options.output, records.header());
  if (!output) return usage_error(output.error());

  Exporter exporter(records, **output);
  bool damaged = !snapshot->damage.empty();
  for (const std::string& damage : snapshot->damage) complain("left out: " + damage);
  for (const auto& segment : snapshot->segments) {
    if (!exporter.going_on()) break;
    const auto written = exporter.write(*segment, *wanted);
    if (written) continue;
    complain("left out in part: " + written.error().message);
    damaged = true;
  }
  exporter.finish();
  if (exporter.failed()) complain(exporter.error());
  fmt::print(stderr, "weir: {} records written\n", exporter.written());
  return damaged || exporter.failed() ? kExitTrouble : kExitDone;
}

}  // namespace

void add_db_export(CLI::App& db, int& exit_code) {
  auto options = std::make_shared<DbExportOptions>();
  CLI::App* command = db.add_subcommand("export", "Write the flows of a store as JSON Lines or CSV");
  command->footer(
      "Records are those of weir decode, in the order of the store, which is about that of time. Times, conditions "
      "and\n"
      "interfaces are those of weir query.\n"
      "\n"
      "Examples:\n"
      "  weir db export -d /srv/flows -f -1h | jq .\n"
      "  weir db export -d /srv/flows -c 'dport = 53' --format csv -o dns.csv");
  add_store_option(*command, options->store);
  command->add_option("-f,--first", options->first, "Only flows that end then or later")->type_name("TIME");
  command->add_option("-l,--last", options->last, "Only flows that end then or earlier")->type_name("TIME");
  command->add_option("-c,--condition", options->condition, "Only flows that meet it")->type_name("CONDITION");
  command->add_option("-i,--ifaces", options->interfaces, "Only flows of these interfaces: a list, any, /regex/, !name")
      ->type_name("IFACES")
      ->capture_default_str();
  command->add_option("--format", options->format, "json or csv")
      ->type_name("FORMAT")
      ->transform(one_of({"json", "csv"}))
      ->capture_default_str();
  add_record_options(*command, options->fields, options->biflow);
  command->add_option("-o,--output", options->output, "The file to write; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = export_flows(*options); });
}

}  // namespace weir
