#include "query/field.h"

#include <algorithm>
#include <array>

#include "query/words.h"

namespace weir {
namespace {

using Kind = QueryField::Kind;

constexpr std::size_t kLongestColumns = 4096;

constexpr QueryField stored(FieldId id) { return {Kind::kStored, id}; }

struct Name {
  std::string_view name;
  QueryField field;
};

// Names that are not the field table's, and those that mean something else in columns or in conditions.
constexpr std::array kColumns = std::to_array<Name>({
    {"time", {Kind::kTime}},
    {"iface", {Kind::kInterface}},
    {"interface", {Kind::kInterface}},
    {"host", {Kind::kHost}},
    {"hostname", {Kind::kHost}},
    {"duration", {Kind::kDuration}},
    {"talk_src", stored(FieldId::src_addr)},
    {"talk_dst", stored(FieldId::dst_addr)},
});

constexpr std::array kAttributes = std::to_array<Name>({
    {"iface", {Kind::kInterface}},
    {"interface", {Kind::kInterface}},
    {"host", {Kind::kAnyAddress}},
    {"net", {Kind::kAnyAddress}},
    {"hostname", {Kind::kHost}},
    {"duration", {Kind::kDuration}},
    {"snet", stored(FieldId::src_addr)},
    {"dnet", stored(FieldId::dst_addr)},
});

constexpr std::array kShorthands = std::to_array<ColumnShorthand>({
    {"talk_conv", "sip,dip"},
    {"apps_port", "dport,proto"},
    {"agg_talk_port", "sip,dip,dport,proto"},
    {"raw", "time,iface,sip,dip,dport,proto"},
});

std::optional<QueryField> find_in(std::span<const Name> names, std::string_view name) {
  const auto at = std::ranges::find(names, name, &Name::name);
  if (at != names.end()) return at->field;
  if (const auto id = find_field(name)) return stored(*id);
  return std::nullopt;
}

// goQuery's name where it has one.
std::string_view heading_of(const QueryField& field) {
  switch (field.kind) {
    case Kind::kTime: return "time";
    case Kind::kInterface: return "iface";
    case Kind::kHost: return "host";
    case Kind::kDuration: return "duration";
    case Kind::kAnyAddress: return "";
    case Kind::kStored: break;
  }
  switch (field.field) {
    case FieldId::src_addr: return "sip";
    case FieldId::dst_addr: return "dip";
    case FieldId::dst_port: return "dport";
    case FieldId::sampler_address: return "hostid";
    default: return field_info(field.field).name;
  }
}

void append_field_names(std::vector<std::string_view>& names) {
  for (const FieldInfo& field : kFields) {
    names.push_back(field.name);
    for (std::string_view rest = field.aliases; !rest.empty();) {
      names.push_back(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(rest.size(), names.back().size() + 1));
    }
  }
}

void sort_without_doubles(std::vector<std::string_view>& names) {
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
}

// Calls `visit` with each piece between commas.
template <typename Visit>
Result<void> for_each_piece(std::string_view text, Visit visit) {
  while (true) {
    const std::size_t comma = text.find(',');
    if (auto done = visit(trimmed(text.substr(0, comma))); !done) return done;
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

Result<void> add_column(std::string_view piece, std::vector<QueryColumn>& columns) {
  if (piece.empty()) return fail("a column's name is missing; columns are separated by commas: sip,dip,dport");
  const std::string name = lower(piece);
  const auto shorthand = std::ranges::find(kShorthands, name, &ColumnShorthand::name);
  if (shorthand != kShorthands.end()) {
    return for_each_piece(shorthand->columns, [&](std::string_view part) { return add_column(part, columns); });
  }
  const auto field = find_in(kColumns, name);
  if (!field) return fail("unknown column " + in_quotes(piece) + nearest(piece, column_names()));
  const bool known = std::ranges::any_of(columns, [&](const QueryColumn& c) { return c.field == *field; });
  if (!known) columns.push_back({*field, std::string(heading_of(*field))});
  return {};
}

}  // namespace

bool is_label(const QueryField& field) {
  return field.kind == Kind::kTime || field.kind == Kind::kInterface || field.kind == Kind::kHost ||
         field == stored(FieldId::sampler_address);
}

Result<std::vector<QueryColumn>> parse_columns(std::string_view text) {
  if (text.size() > kLongestColumns) return fail("the list of columns is too long");
  std::vector<QueryColumn> columns;
  if (const auto done = for_each_piece(text, [&](std::string_view piece) { return add_column(piece, columns); });
      !done) {
    return std::unexpected(done.error());
  }
  return columns;
}

std::optional<QueryField> find_attribute(std::string_view name) {
  const std::string key = lower(name);
  return find_in(kAttributes, key);
}

std::span<const ColumnShorthand> column_shorthands() { return kShorthands; }

std::vector<std::string_view> column_names() {
  std::vector<std::string_view> names;
  append_field_names(names);
  for (const Name& name : kColumns) names.push_back(name.name);
  for (const ColumnShorthand& shorthand : kShorthands) names.push_back(shorthand.name);
  sort_without_doubles(names);
  return names;
}

std::vector<std::string_view> attribute_names() {
  std::vector<std::string_view> names{"dir", "direction"};
  append_field_names(names);
  for (const Name& name : kAttributes) names.push_back(name.name);
  sort_without_doubles(names);
  return names;
}

}  // namespace weir
