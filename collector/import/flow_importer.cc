#include "collector/import/flow_importer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/import/csv_cells.h"
#include "collector/import/flow_draft.h"
#include "collector/import/record_parser.h"
#include "collector/import/text_reader.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 4> kFormatNames = {"json", "csv", "nfdump", "goprobe"};

// Lines between two reports of progress.
constexpr std::uint64_t kReportEvery = 4096;

bool has_all(std::span<const std::string_view> cells, std::initializer_list<std::string_view> names) {
  return std::ranges::all_of(names, [&](std::string_view name) { return std::ranges::count(cells, name) != 0; });
}

// By what only its heading has.
std::optional<ImportFormat> csv_format(std::string_view heading) {
  CsvCells split;
  if (!split.split(heading)) return std::nullopt;
  const auto cells = split.cells();
  if (has_all(cells, {"ts", "te", "sa", "da"})) return ImportFormat::kNfdump;
  if (has_all(cells, {"time"}) && std::ranges::any_of(cells, [](auto name) { return name.ends_with("received"); })) {
    return ImportFormat::kGoprobe;
  }
  if (has_all(cells, {"time_flow_end_ns"}) || has_all(cells, {"time_received_ns"})) return ImportFormat::kCsv;
  return std::nullopt;
}

bool same(const Origin& a, const Origin& b) {
  return a.time_received_ns == b.time_received_ns && a.sampler_address == b.sampler_address &&
         a.sequence_num == b.sequence_num && a.observation_domain_id == b.observation_domain_id &&
         a.protocol == b.protocol && a.sampler_address_family == b.sampler_address_family;
}

}  // namespace

std::optional<ImportFormat> import_format(std::string_view name) {
  const auto at = std::ranges::find(kFormatNames, name);
  if (at == kFormatNames.end()) return std::nullopt;
  return static_cast<ImportFormat>(at - kFormatNames.begin());
}

struct FlowImporter::File {
  File(std::string name, TextReader reader) : path(std::move(name)), text(std::move(reader)) {}

  std::string path;
  TextReader text;
  bool array = false;  // of JSON objects
  ImportFormat format = ImportFormat::kJson;
  std::string heading;  // of CSV
  std::unique_ptr<RecordParser> parser;
};

FlowImporter::FlowImporter(const ImportOptions& options, BatchWriter& writer)
    : options_(options), writer_(writer), draft_(std::make_unique<FlowDraft>()) {}
FlowImporter::~FlowImporter() = default;

Result<void> FlowImporter::read(const std::string& path) {
  auto text = TextReader::open(path);
  if (!text) return std::unexpected(text.error());
  size_known_ &= text->size() != 0;
  File file(path, std::move(*text));
  auto result = open_parser(file);
  if (result && file.parser) result = read_records(file);
  tell_progress(file);
  done_before_ += std::max(file.text.position(), file.text.size());
  return result;
}

Result<void> FlowImporter::make_parser(File& file, ImportFormat format, const std::string& heading) {
  const auto ignored = [this](std::string_view name) { ignore(name); };
  Result<std::unique_ptr<RecordParser>> parser;
  switch (format) {
    case ImportFormat::kJson: parser = make_json_parser(ignored); break;
    case ImportFormat::kCsv: parser = make_csv_parser(heading, ignored); break;
    case ImportFormat::kNfdump: parser = make_nfdump_parser(heading, ignored); break;
    case ImportFormat::kGoprobe: parser = make_goprobe_parser(heading, ignored); break;
  }
  if (!parser) return fail(file.path + ": " + parser.error().message);
  file.format = format;
  file.heading = heading;
  file.parser = std::move(*parser);
  return {};
}

Result<void> FlowImporter::open_parser(File& file) {
  const auto first = file.text.first_byte();
  if (!first) return std::unexpected(first.error());
  if (*first == '\0') return {};  // no flows, and nothing wrong
  file.array = *first == '[';
  const bool json = file.array || *first == '{';
  const ImportFormat format = options_.format.value_or(ImportFormat::kJson);
  if (format == ImportFormat::kJson && (json || options_.format)) return make_parser(file, ImportFormat::kJson, "");

  auto heading = file.text.next_line();
  if (!heading) return std::unexpected(heading.error());
  const std::string line(*heading ? (*heading)->text : "");
  const auto found = options_.format ? options_.format : csv_format(line);
  if (!found) {
    return fail(file.path + ": neither JSON nor CSV with a heading that is known here; --format tells what it is");
  }
  ++totals_.lines;
  ++totals_.other;
  return make_parser(file, *found, line);
}

Result<void> FlowImporter::read_records(File& file) {
  for (std::uint64_t n = 1;; ++n) {
    auto piece = file.array ? file.text.next_object() : file.text.next_line();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) return {};
    if (n % kReportEvery == 0) tell_progress(file);
    if ((*piece)->too_long) {
      bad(file, (*piece)->line, "longer than a megabyte");
    } else {
      take(file, (*piece)->text, (*piece)->line);
    }
  }
}

void FlowImporter::take(File& file, std::string_view text, std::uint64_t line) {
  if (text.find_first_not_of(" \t") == std::string_view::npos) return;
  if (file.format != ImportFormat::kJson && text == file.heading) {  // files put one behind the other
    ++totals_.lines;
    ++totals_.other;
    (void)make_parser(file, file.format, std::string(text));  // it was good the first time
    return;
  }
  draft_->clear();
  std::string why;
  switch (file.parser->parse(text, *draft_, why)) {
    case RecordParser::Outcome::kFlow: return keep(file, line);
    case RecordParser::Outcome::kNoFlow:
      ++totals_.lines;
      ++totals_.other;
      return;
    case RecordParser::Outcome::kBad: return bad(file, line, why);
  }
}

void FlowImporter::keep(File& file, std::uint64_t line) {
  if (auto trouble = draft_->settle_times()) return bad(file, line, *trouble);
  set_origin();
  if (!draft_->write(writer_)) return bad(file, line, "the flow is larger than any that can be kept");
  ++totals_.lines;
  ++totals_.flows;
}

// Flows of one datagram share their origin.
void FlowImporter::set_origin() {
  if (origin_ && same(*origin_, draft_->origin()) && host_ == draft_->host()) return;
  origin_ = draft_->origin();
  host_ = draft_->host();
  writer_.set_origin(*origin_, host_);
}

void FlowImporter::bad(const File& file, std::uint64_t line, const std::string& why) {
  ++totals_.lines;
  ++totals_.bad;
  if (options_.bad) options_.bad(file.path == "-" ? "standard input" : file.path, line, why);
}

void FlowImporter::ignore(std::string_view name) {
  const auto known = totals_.ignored.find(name);
  if (known != totals_.ignored.end()) {
    ++known->second;
  } else {
    ++totals_.ignored[totals_.ignored.size() < ImportTotals::kMaxIgnored ? std::string(name.substr(0, 100)) : "others"];
  }
}

void FlowImporter::tell_progress(const File& file) const {
  if (!options_.progress) return;
  const std::uint64_t total = size_known_ ? done_before_ + file.text.size() : 0;
  options_.progress(done_before_ + file.text.position(), total);
}

}  // namespace weir
