// goQuery's CSV of `raw`: a row is the traffic of one biflow at one interface in one block of five minutes.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/clock.h"
#include "collector/import/csv_cells.h"
#include "collector/import/record_parser.h"

namespace weir {
namespace {

constexpr std::uint64_t kBlockNs = 300 * kNsPerSecond;

enum Column : std::uint8_t {
  kTime,
  kHost,
  kHostId,
  kIface,
  kSip,
  kDip,
  kDport,
  kProto,
  kPacketsIn,
  kPacketsOut,
  kBytesIn,
  kBytesOut,
  kColumns
};
struct ColumnName {
  Column column;
  std::string_view name;
};
constexpr ColumnName kNames[] = {
    {kTime, "time"},
    {kHost, "host"},
    {kHost, "hostname"},
    {kHostId, "hostid"},
    {kIface, "iface"},
    {kSip, "sip"},
    {kDip, "dip"},
    {kDport, "dport"},
    {kProto, "proto"},
    {kPacketsIn, "packets received"},
    {kPacketsOut, "packets sent"},
    {kBytesIn, "data vol. received"},
    {kBytesIn, "bytes received"},
    {kBytesOut, "data vol. sent"},
    {kBytesOut, "bytes sent"},
};
constexpr Column kNeeded[] = {kTime, kPacketsIn, kPacketsOut, kBytesIn, kBytesOut};

// First cells of the lines below the rows.
constexpr std::string_view kSummary[] = {
    "Received packets",           "Sent packets", "Received data volume (bytes)", "Sent data volume (bytes)",
    "Sorting and flow direction", "Interface",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

class GoprobeParser : public RecordParser {
 public:
  using Positions = std::array<std::size_t, kColumns>;
  static constexpr std::size_t kAbsent = SIZE_MAX;

  GoprobeParser(const Positions& at, std::size_t columns, Ignored ignored)
      : at_(at), columns_(columns), ignored_(std::move(ignored)) {}

  Outcome parse(std::string_view text, FlowDraft& draft, std::string& why) override {
    if (!cells_.split(text)) return bad(why, "a quoted cell does not end");
    const auto cells = cells_.cells();
    if (std::ranges::find(kSummary, cells.front()) != std::end(kSummary)) return Outcome::kNoFlow;
    if (cells.size() != columns_) return bad(why, "not " + std::to_string(columns_) + " cells, as the heading has");
    if (!set_time(draft)) return bad(why, "time: '" + std::string(cell(kTime)) + "' is not in Unix seconds");
    if (const std::string_view id = cell(kHostId); IpAddress::parse(id)) {
      draft.set(FieldId::sampler_address, id);
    } else if (!id.empty()) {
      ignored_("hostid that is not an address");
    }
    for (const auto& [column, field] : kFieldsOf) {
      if (auto trouble = draft.set(field, cell(column))) return bad(why, std::move(*trouble));
    }
    return Outcome::kFlow;
  }

 private:
  struct FieldOf {
    Column column;
    FieldId field;
  };
  // Received is what came in by the interface, so that a query sees it as in, and what was sent as out.
  static constexpr FieldOf kFieldsOf[] = {
      {kHost, FieldId::host},         {kIface, FieldId::in_if_name},
      {kSip, FieldId::src_addr},      {kDip, FieldId::dst_addr},
      {kDport, FieldId::dst_port},    {kProto, FieldId::proto},
      {kPacketsIn, FieldId::packets}, {kPacketsOut, FieldId::reverse_packets},
      {kBytesIn, FieldId::bytes},     {kBytesOut, FieldId::reverse_bytes},
  };

  static Outcome bad(std::string& why, std::string what) {
    why = std::move(what);
    return Outcome::kBad;
  }

  std::string_view cell(Column column) const {
    return at_[column] == kAbsent ? std::string_view() : cells_.cells()[at_[column]];
  }

  // A block is labelled by its end: its last nanosecond is the flow's.
  bool set_time(FlowDraft& draft) const {
    constexpr std::uint64_t kLatest = UINT64_MAX / kNsPerSecond;
    const std::string_view text = cell(kTime);
    std::uint64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    if (seconds < kBlockNs / kNsPerSecond || seconds > kLatest) return false;
    draft.set_number(FieldId::time_flow_start_ns, seconds * kNsPerSecond - kBlockNs);
    draft.set_number(FieldId::time_flow_end_ns, seconds * kNsPerSecond - 1);
    return true;
  }

  Positions at_;
  std::size_t columns_;
  Ignored ignored_;
  CsvCells cells_;
};

}  // namespace

Result<std::unique_ptr<RecordParser>> make_goprobe_parser(std::string_view heading,
                                                          const RecordParser::Ignored& ignored) {
  CsvCells cells;
  if (!cells.split(heading)) return fail("the heading has a quoted cell that does not end");
  GoprobeParser::Positions at;
  at.fill(GoprobeParser::kAbsent);
  for (std::size_t i = 0; i < cells.cells().size(); ++i) {
    const std::string name = lower(cells.cells()[i]);
    const auto known = std::ranges::find(kNames, name, &ColumnName::name);
    if (known != std::end(kNames)) {
      at[known->column] = i;
    } else if (name != "%") {
      ignored(cells.cells()[i]);
    }
  }
  for (const Column column : kNeeded) {
    if (at[column] != GoprobeParser::kAbsent) continue;
    return fail("the heading has no column '" +
                std::string(std::ranges::find(kNames, column, &ColumnName::column)->name) +
                "'; print the flows by goquery -e csv raw, without --in, --out and --sum");
  }
  return std::make_unique<GoprobeParser>(at, cells.cells().size(), ignored);
}

}  // namespace weir
