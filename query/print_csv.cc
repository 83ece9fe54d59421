// Answers as CSV (RFC 4180), with goQuery's headings.
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "query/counters_text.h"
#include "query/print.h"
#include "query/value_text.h"

namespace weir {
namespace {

class CsvLine {
 public:
  void add(std::string_view text) {
    if (!first_) text_ += ',';
    first_ = false;
    const std::size_t before = text_.size();
    text_.resize(before + text.size() * kEscapedByte + 2);
    const char* const end = write_csv_text(text_.data() + before, text);
    text_.resize(static_cast<std::size_t>(end - text_.data()));
  }
  std::string take() { return std::move(text_) + "\n"; }

 private:
  std::string text_;
  bool first_ = true;
};

std::string_view heading(const ShownCounter& counter, Counters counters) {
  const bool packets = counter.unit == "packets";
  if (counters != Counters::kBoth) return packets ? "packets" : "data vol.";
  if (counter.direction == "in") return packets ? "packets received" : "data vol. received";
  return packets ? "packets sent" : "data vol. sent";
}

}  // namespace

std::string print_csv(const QueryRequest& request, const QueryResult& result, const AddressNames& names) {
  const std::vector<ShownCounter> counters = shown_counters(request.counters);
  CsvLine header;
  for (const QueryColumn& column : result.columns) header.add(column.heading);
  for (const ShownCounter& counter : counters) {
    header.add(heading(counter, request.counters));
    if (counter.last_of_unit) header.add("%");
  }
  std::string out = header.take();
  for (const QueryRow& row : result.rows) {
    CsvLine line;
    for (std::size_t i = 0; i < result.columns.size(); ++i) {
      line.add(value_for_programs(result.columns[i].field, row.values[i], names));
    }
    for (const ShownCounter& counter : counters) {
      line.add(fmt::to_string(counter.read(row.counters)));
      if (counter.last_of_unit) {
        line.add(fmt::format("{:.2f}", percent(counter.share_of(row.counters), counter.share_of(result.totals))));
      }
    }
    out += line.take();
  }
  return out;
}

}  // namespace weir
