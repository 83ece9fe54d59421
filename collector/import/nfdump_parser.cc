// `nfdump -o csv`: the heading names the columns, times are local, opkt and obyt are the counters of the reverse
// direction, and a summary stands below the flows.
#include <algorithm>
#include <iterator>
#include <vector>

#include "base/clock.h"
#include "collector/import/csv_cells.h"
#include "collector/import/nfdump_text.h"
#include "collector/import/record_parser.h"
#include "flow/names.h"

namespace weir {
namespace {

enum class Op : std::uint8_t {
  kField,    // as the field writes it; 0 and its like say nothing
  kSeen,     // a field whose 0 counts
  kReverse,  // a counter of the reverse direction; 0: there is none
  kStart,
  kEnd,
  kDuration,
  kReceived,
  kProtocol,
  kPort,  // of ICMP: type and code
  kFlags,
  kLabel,
};
struct Column {
  std::string_view name;
  Op op;
  FieldId field = FieldId::kCount;
};
// In the order in which they are read: the protocol tells what ports are, the first that names a MAC address counts.
constexpr Column kKnown[] = {
    {"ts", Op::kStart},
    {"te", Op::kEnd},
    {"td", Op::kDuration},
    {"tr", Op::kReceived},
    {"sa", Op::kField, FieldId::src_addr},
    {"da", Op::kField, FieldId::dst_addr},
    {"pr", Op::kProtocol},
    {"sp", Op::kPort, FieldId::src_port},
    {"dp", Op::kPort, FieldId::dst_port},
    {"flg", Op::kFlags},
    {"fwd", Op::kField, FieldId::forwarding_status},
    {"stos", Op::kField, FieldId::ip_tos},
    {"ipkt", Op::kField, FieldId::packets},
    {"ibyt", Op::kField, FieldId::bytes},
    {"opkt", Op::kReverse, FieldId::reverse_packets},
    {"obyt", Op::kReverse, FieldId::reverse_bytes},
    {"in", Op::kField, FieldId::in_if},
    {"out", Op::kField, FieldId::out_if},
    {"sas", Op::kField, FieldId::src_as},
    {"das", Op::kField, FieldId::dst_as},
    {"smk", Op::kField, FieldId::src_net},
    {"dmk", Op::kField, FieldId::dst_net},
    {"dir", Op::kSeen, FieldId::flow_direction},
    {"nh", Op::kField, FieldId::next_hop},
    {"nhb", Op::kField, FieldId::bgp_next_hop},
    {"svln", Op::kField, FieldId::src_vlan},
    {"dvln", Op::kField, FieldId::dst_vlan},
    {"ismc", Op::kField, FieldId::src_mac},
    {"osmc", Op::kField, FieldId::src_mac},
    {"idmc", Op::kField, FieldId::dst_mac},
    {"odmc", Op::kField, FieldId::dst_mac},
    {"mpls1", Op::kLabel},
    {"mpls2", Op::kLabel},
    {"mpls3", Op::kLabel},
    {"mpls4", Op::kLabel},
    {"mpls5", Op::kLabel},
    {"mpls6", Op::kLabel},
    {"mpls7", Op::kLabel},
    {"mpls8", Op::kLabel},
    {"mpls9", Op::kLabel},
    {"mpls10", Op::kLabel},
    {"ra", Op::kField, FieldId::sampler_address},
};
constexpr std::string_view kNeeded[] = {"ts", "te", "sa", "da", "pr", "ipkt", "ibyt"};

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

class NfdumpParser : public RecordParser {
 public:
  struct Position {
    Column column;
    std::size_t at;
  };

  NfdumpParser(std::vector<Position> positions, std::size_t columns)
      : positions_(std::move(positions)), columns_(columns) {}

  Outcome parse(std::string_view text, FlowDraft& draft, std::string& why) override {
    if (in_summary_ || text.starts_with("Summary") || text == "No matched flows") {
      in_summary_ = true;
      return Outcome::kNoFlow;
    }
    // Some versions end a row by a comma, or leave it out in the heading.
    if (!cells_.split(text) || cells_.cells().size() < columns_) {
      why = "not " + std::to_string(columns_) + " cells, as the heading has";
      return Outcome::kBad;
    }
    times_ = {};
    for (const Position& position : positions_) {
      const std::string_view cell = trim(cells_.cells()[position.at]);
      if (auto trouble = take(position.column, cell, draft)) {
        why = std::move(*trouble);
        return Outcome::kBad;
      }
    }
    set_times(draft);
    return Outcome::kFlow;
  }

 private:
  using Trouble = FlowDraft::Trouble;

  struct Times {
    std::uint64_t start_s = 0, end_s = 0;
    std::optional<std::uint64_t> duration_ms;
  };

  static Trouble wrong(const Column& column, std::string_view cell, std::string_view what) {
    return std::string(column.name) + ": '" + std::string(cell.substr(0, 60)) + "' is not " + std::string(what);
  }

  Trouble take(const Column& column, std::string_view cell, FlowDraft& draft) {
    switch (column.op) {
      case Op::kField: return take_field(column, cell, draft);
      case Op::kSeen: return draft.set(column.field, cell);
      case Op::kReverse: return cell == "0" ? std::nullopt : draft.set(column.field, cell);
      case Op::kStart: return take_seconds(column, cell, times_.start_s);
      case Op::kEnd: return take_seconds(column, cell, times_.end_s);
      case Op::kDuration: times_.duration_ms = milliseconds(cell); return std::nullopt;
      case Op::kReceived: return take_received(column, cell, draft);
      case Op::kProtocol: {
        const auto number = nfdump_protocol(cell);
        if (!number) return wrong(column, cell, "an IP protocol");
        draft.set_number(FieldId::proto, *number);
        return std::nullopt;
      }
      case Op::kPort: return take_port(column, cell, draft);
      case Op::kFlags: {
        const auto flags = nfdump_flags(cell);
        if (!flags) return wrong(column, cell, "TCP flags such as ...AP.SF");
        draft.set_number(FieldId::tcp_flags, *flags);
        return std::nullopt;
      }
      case Op::kLabel: return take_label(column, cell, draft);
    }
    return std::nullopt;
  }

  static Trouble take_field(const Column& column, std::string_view cell, FlowDraft& draft) {
    const FieldInfo& field = field_info(column.field);
    if (field.type == FieldType::kMac && draft.has(column.field)) return std::nullopt;
    if (field.type == FieldType::kAddress) {
      const auto address = IpAddress::parse(cell);
      if (!address) return wrong(column, cell, "an IP address");
      const bool endpoint = column.field == FieldId::src_addr || column.field == FieldId::dst_addr;
      if (endpoint || address->bytes != AddressBytes{}) draft.set_address(column.field, *address);
      return std::nullopt;
    }
    if (field.type == FieldType::kSrcPrefix || field.type == FieldType::kDstPrefix) {
      const auto length = whole_number(cell, UINT8_MAX);
      if (!length) return wrong(column, cell, "the length of a mask");
      draft.set_number(column.field, *length);
      return std::nullopt;
    }
    return draft.set(column.field, cell);
  }

  Trouble take_seconds(const Column& column, std::string_view cell, std::uint64_t& seconds) {
    const auto parsed = clock_.seconds(cell);
    if (!parsed) return wrong(column, cell, "a time such as 2026-01-02 15:04:05");
    seconds = *parsed;
    return std::nullopt;
  }

  Trouble take_received(const Column& column, std::string_view cell, FlowDraft& draft) {
    const std::size_t point = std::min(cell.find('.'), cell.size());
    std::uint64_t seconds = 0;
    if (auto trouble = take_seconds(column, cell.substr(0, point), seconds)) return trouble;
    const std::uint64_t ms = milliseconds(cell.substr(point)).value_or(0);
    // 1970: it was not recorded.
    if (seconds >= 24 * 3600) draft.origin().time_received_ns = seconds * kNsPerSecond + ms * kNsPerMs;
    return std::nullopt;
  }

  static Trouble take_port(const Column& column, std::string_view cell, FlowDraft& draft) {
    const std::uint8_t proto = draft.flow().proto;
    const bool icmp = proto == kProtoIcmp || proto == kProtoIcmpv6;
    std::uint64_t value = 0;
    if (const std::size_t dot = cell.find('.'); icmp && dot != std::string_view::npos) {
      const auto type = whole_number(cell.substr(0, dot), UINT8_MAX);
      const auto code = whole_number(cell.substr(dot + 1), UINT8_MAX);
      if (!type || !code) return wrong(column, cell, "a type and a code of ICMP");
      value = *type * 256U + *code;
    } else {
      const auto port = whole_number(cell, UINT16_MAX);
      if (!port) return wrong(column, cell, "a port");
      value = *port;
    }
    draft.set_number(column.field, value);
    if (icmp && column.field == FieldId::dst_port && value != 0) {
      draft.set_number(FieldId::icmp_type, value >> 8);
      draft.set_number(FieldId::icmp_code, value & 0xff);
    }
    return std::nullopt;
  }

  // "24002-0-1": label, experimental bits, bottom of stack.
  static Trouble take_label(const Column& column, std::string_view cell, FlowDraft& draft) {
    if (cell == "0-0-0") return std::nullopt;
    const std::string_view label = cell.substr(0, cell.find('-'));
    if (!whole_number(label, UINT32_MAX)) return wrong(column, cell, "a label such as 24002-0-1");
    return draft.add_item(FieldId::mpls_label, label);
  }

  // Start and end are cut to seconds, the duration is in milliseconds: the earliest start that all three allow.
  void set_times(FlowDraft& draft) const {
    std::uint64_t start_ms = times_.start_s * 1000;
    std::uint64_t end_ms = times_.end_s * 1000;
    if (times_.duration_ms) {
      if (start_ms + *times_.duration_ms < end_ms) start_ms = end_ms - *times_.duration_ms;
      end_ms = start_ms + *times_.duration_ms;
    }
    draft.set_number(FieldId::time_flow_start_ns, start_ms * kNsPerMs);
    draft.set_number(FieldId::time_flow_end_ns, end_ms * kNsPerMs);
  }

  std::vector<Position> positions_;
  std::size_t columns_;
  CsvCells cells_;
  LocalTime clock_;
  Times times_;
  bool in_summary_ = false;
};

}  // namespace

Result<std::unique_ptr<RecordParser>> make_nfdump_parser(std::string_view heading,
                                                         const RecordParser::Ignored& ignored) {
  CsvCells cells;
  if (!cells.split(heading)) return fail("the heading has a quoted cell that does not end");
  std::vector<std::string_view> names(cells.cells().begin(), cells.cells().end());
  while (!names.empty() && names.back().empty()) names.pop_back();
  std::vector<NfdumpParser::Position> positions;
  for (const Column& column : kKnown) {
    const auto at = std::ranges::find(names, column.name);
    if (at != names.end()) positions.push_back({column, static_cast<std::size_t>(at - names.begin())});
  }
  for (const std::string_view name : names) {
    if (std::ranges::find(kKnown, name, &Column::name) == std::end(kKnown)) ignored(name);
  }
  for (const std::string_view name : kNeeded) {
    if (std::ranges::find(names, name) == names.end()) {
      return fail("the heading has no column '" + std::string(name) + "'; print the flows by nfdump -o csv");
    }
  }
  return std::make_unique<NfdumpParser>(std::move(positions), names.size());
}

}  // namespace weir
