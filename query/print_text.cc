// Answers as text for people.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "query/counters_text.h"
#include "query/human.h"
#include "query/print.h"
#include "query/table.h"
#include "query/value_text.h"

namespace weir {
namespace {

// Blanks in front of the first column and in front of the counters.
constexpr std::size_t kMargin = 4;
constexpr std::size_t kCountersGap = 8;

constexpr std::size_t kMostInterfaces = 10;  // named in the footer

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

// An amount without a unit keeps the place of one, so that decimal points stand below each other.
std::string amount_text(const ShownCounter& counter, std::uint64_t n) {
  const std::string text = counter.unit == "bytes" ? human_bytes(n) : human_count(n);
  return text.ends_with(' ') ? text + ' ' : text;
}

class TextTable {
 public:
  TextTable(const QueryRequest& request, const QueryResult& result, const AddressNames& names)
      : request_(request), result_(result), names_(names), cut_(result.hits > result.rows.size()) {}

  std::vector<std::string> lines(std::size_t width) {
    for (std::size_t i = 0; i < result_.columns.size(); ++i) add_value_column(i);
    const std::size_t first_counter = columns_.size();
    for (const ShownCounter& counter : shown_counters(request_.counters)) {
      add_counter(counter);
      if (counter.last_of_unit) add_share(counter);
    }
    if (first_counter < columns_.size()) columns_[first_counter].gap = kCountersGap;
    columns_.front().gap = kMargin;
    columns_.front().cells.resize(last_line() + 1);
    columns_.front().cells.back() = "Totals:";
    return table_lines(std::move(columns_), width);
  }

 private:
  // Two lines of headings, the rows, a blank line or dots, the totals, and where in and out are told apart a blank line
  // and the totals of both together.
  std::size_t totals_line() const { return 3 + result_.rows.size(); }
  std::size_t last_line() const { return totals_line() + (request_.counters == Counters::kBoth ? 2 : 0); }

  void add_value_column(std::size_t index) {
    const QueryColumn& column = result_.columns[index];
    TableColumn& out = columns_.emplace_back();
    out.cells = {"", heading(column)};
    for (const QueryRow& row : result_.rows) {
      out.cells.push_back(value_for_people(column.field, row.values[index], names_));
      out.shortenable = out.shortenable || !std::holds_alternative<std::uint64_t>(row.values[index]);
    }
  }

  static std::string heading(const QueryColumn& column) {
    if (column.heading == "time_flow_start_ns") return "first";
    if (column.heading == "time_flow_end_ns") return "last";
    return column.heading;
  }

  void add_counter(const ShownCounter& counter) {
    TableColumn& out = columns_.emplace_back();
    out.cells = {std::string(counter.unit), std::string(counter.direction)};
    for (const QueryRow& row : result_.rows) out.cells.push_back(amount_text(counter, counter.read(row.counters)));
    out.cells.push_back(cut_ ? "..." : "");
    out.cells.push_back(amount_text(counter, counter.read(result_.totals)));
    if (request_.counters == Counters::kBoth && counter.last_of_unit) {
      out.cells.push_back("");
      out.cells.push_back(amount_text(counter, counter.share_of(result_.totals)));
    }
  }

  void add_share(const ShownCounter& counter) {
    TableColumn& out = columns_.emplace_back();
    out.cells = {"", "%"};
    for (const QueryRow& row : result_.rows) {
      out.cells.push_back(
          fmt::format("{:.2f}", percent(counter.share_of(row.counters), counter.share_of(result_.totals))));
    }
  }

  const QueryRequest& request_;
  const QueryResult& result_;
  const AddressNames& names_;
  const bool cut_;
  std::vector<TableColumn> columns_;
};

std::string interfaces_text(const QueryRequest& request, const QueryResult& result) {
  if (result.interfaces.empty()) return request.interfaces.text();
  std::string text;
  for (std::size_t i = 0; i < std::min(result.interfaces.size(), kMostInterfaces); ++i) {
    text += (i == 0 ? "" : ",") + result.interfaces[i];
  }
  const std::size_t more = result.interfaces.size() - std::min(result.interfaces.size(), kMostInterfaces);
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

std::string timespan_text(const TimeRange& times) {
  const auto seconds = times.last / kNsPerSecond - times.first / kNsPerSecond;
  return fmt::format("[{}, {}] ({})", local_time(times.first), local_time(times.last),
                     human_span(std::chrono::seconds(seconds)));
}

void add_line(std::string& out, std::string_view label, const std::string& text) {
  fmt::format_to(std::back_inserter(out), "{:<12}: {}\n", label, text);
}

void add_explanation(std::string& out, const QueryStats& stats) {
  add_line(out, "Segments",
           fmt::format("{} read, {} left out by their time or values", stats.segments, stats.segments_pruned));
  add_line(out, "Blocks", fmt::format("{} read, {} left out by their values", stats.blocks, stats.blocks_pruned));
  add_line(out, "Rows",
           fmt::format("{} looked at, {} matched, {} groups", stats.rows, stats.rows_matched, stats.groups));
  add_line(out, "Read", fmt::format("{} bytes", stats.bytes_read));
  add_line(out, "Memory", fmt::format("{} bytes for tables, {} threads", stats.memory, stats.threads));
}

std::string footer(const QueryRequest& request, const QueryResult& result, const TextStyle& style) {
  std::string out;
  add_line(out, "Timespan", timespan_text(result.times));
  add_line(out, "Interface", interfaces_text(request, result));
  add_line(out, "Sorted by", sort_text(request));
  if (!request.condition.text.empty()) add_line(out, "Conditions", request.condition.text);
  add_line(out, "Query stats",
           fmt::format("displayed top {} hits out of {} in {}", result.rows.size(), result.hits,
                       human_elapsed(result.stats.duration)));
  if (style.explain) add_explanation(out, result.stats);
  return out;
}

}  // namespace

std::string print_text(const QueryRequest& request, const QueryResult& result, const TextStyle& style,
                       const AddressNames& names) {
  const std::vector<std::string> lines = TextTable(request, result, names).lines(style.width);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool bold = style.colour && i < 2;
    out += bold ? fmt::format("{}{}{}\n", kBold, lines[i], kPlain) : lines[i] + "\n";
  }
  out += "\n";
  const std::string last = footer(request, result, style);
  out += style.colour ? fmt::format("{}{}{}", kDim, last, kPlain) : last;
  return out;
}

}  // namespace weir
