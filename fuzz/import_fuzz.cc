// Any bytes as a file of flows: the first line is a heading, or the first record, of what the first byte says; whatever
// is taken from it must be fit to be written.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "collector/import/record_parser.h"
#include "sinks/record_writer.h"

namespace {

using Ignored = weir::RecordParser::Ignored;

weir::Result<std::unique_ptr<weir::RecordParser>> make(std::uint8_t kind, std::string_view heading) {
  const Ignored ignored = [](std::string_view) {};
  switch (kind % 4) {
    case 0: return weir::make_json_parser(ignored);
    case 1: return weir::make_csv_parser(heading, ignored);
    case 2: return weir::make_nfdump_parser(heading, ignored);
    default: return weir::make_goprobe_parser(heading, ignored);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto next_line = [&text] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
  };
  const std::string heading(data[0] % 4 == 0 ? std::string_view() : next_line());
  auto parser = make(data[0], heading);
  if (!parser) return 0;
  const weir::RecordWriter records(weir::RecordFormat::kJsonLines, weir::FieldSelection::kAll);
  std::string out;
  weir::BatchWriter batches(weir::BatchPool::create(), [&](weir::BatchRef batch) { records.append(*batch, out); });
  batches.set_origin({});
  weir::FlowDraft draft;
  std::string why;
  while (!text.empty()) {
    draft.clear();
    why.clear();
    const auto outcome = (*parser)->parse(next_line(), draft, why);
    if (outcome == weir::RecordParser::Outcome::kFlow) (void)draft.write(batches);
    if ((outcome == weir::RecordParser::Outcome::kBad) == why.empty()) std::abort();
  }
  batches.flush();
  return 0;
}
