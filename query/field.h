// What a query can ask for or compare: the fields of the field table and a few things made of them.
//
// Thread rules: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/field_table.h"

namespace weir {

struct QueryField {
  enum class Kind : std::uint8_t {
    kStored,      // `field`, as it is kept
    kTime,        // label: the block of the flow's end (time column), shown by the block's end
    kInterface,   // label: name or "if<index>"; a flow has one where it entered and one where it left
    kHost,        // label: the exporter's name, else its address
    kDuration,    // end - start in ms; 0 where one of them is absent
    kAnyAddress,  // condition only: either of src_addr, dst_addr (goQuery's host and net)
  };
  Kind kind = Kind::kStored;
  FieldId field = FieldId::kCount;  // for kStored

  bool operator==(const QueryField&) const = default;
};

// goQuery's labels stand apart from attributes in JSON output: time, iface, host, hostid.
bool is_label(const QueryField& field);

// A column of the answer: the field and its heading (goQuery's name where it has one: "sip", "dport", "hostid").
struct QueryColumn {
  QueryField field;
  std::string heading;
};

// "sip,dip", "talk_conv", "time,apps_port", "src_as,iface": names, aliases and shorthands, in any case, blanks allowed;
// a column named twice counts once. Errors name the column and the nearest known one.
Result<std::vector<QueryColumn>> parse_columns(std::string_view text);

// The names that a condition knows, with what they mean there: `host` is either address there, the exporter's name in
// parse_columns(). Empty when there is none.
std::optional<QueryField> find_attribute(std::string_view name);

// A name for several columns: "talk_conv" is "sip,dip".
struct ColumnShorthand {
  std::string_view name;
  std::string_view columns;
};
std::span<const ColumnShorthand> column_shorthands();

// All names, for completion and --help: columns and shorthands; attributes.
std::vector<std::string_view> column_names();
std::vector<std::string_view> attribute_names();

}  // namespace weir
