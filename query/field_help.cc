#include "query/field_help.h"

#include <algorithm>
#include <array>
#include <utility>

#include "query/field.h"

namespace weir {
namespace {

struct Special {
  std::string_view name, aliases, description, type;
  bool column, condition;
};

// Under goQuery's names, or no fields of the table.
constexpr std::array kSpecial = std::to_array<Special>({
    {"sip", "src src_addr talk_src", "source address", "ip", true, true},
    {"dip", "dst dst_addr talk_dst", "destination address", "ip", true, true},
    {"dport", "port dst_port", "destination port", "number", true, true},
    {"proto", "protocol ipproto", "IP protocol, by name or number", "protocol", true, true},
    {"time", "", "the slice of time that a flow ended in", "time", true, false},
    {"iface", "interface", "interface: its name, else if<index>", "text", true, true},
    {"hostname", "", "the exporter's name, else its address", "text", true, true},
    {"hostid", "exporter sampler_address", "the exporter's address", "ip", true, true},
    {"duration", "", "end less start", "duration", true, true},
});

constexpr auto kKeywords =
    std::to_array<std::string_view>({"dir", "direction", "dnet", "host", "in", "net", "not", "snet"});

constexpr auto kOperators =
    std::to_array<std::string_view>({"=", "!=", "<", "<=", ">", ">=", "in", "not in", "&", "|", "!"});

std::string_view type_name(FieldType type) {
  switch (type) {
    case FieldType::kFlowType: return "flow_type";
    case FieldType::kTimeNs: return "time";
    case FieldType::kUnsigned: return "number";
    case FieldType::kAddress: return "ip";
    case FieldType::kEtype: return "ether_type";
    case FieldType::kProtocol: return "protocol";
    case FieldType::kMac: return "mac";
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return "prefix";
    case FieldType::kDegrees: return "degrees";
    case FieldType::kUnsignedList: return "numbers";
    case FieldType::kAddressList: return "ips";
    case FieldType::kText: return "text";
  }
  return "text";
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    words.push_back(text.substr(0, text.find(' ')));
    text.remove_prefix(std::min(text.size(), words.back().size() + 1));
  }
  return words;
}

bool is_special(std::string_view name) {
  return std::ranges::any_of(kSpecial, [&](const Special& one) {
    const auto aliases = words_of(one.aliases);
    return one.name == name || std::ranges::find(aliases, name) != aliases.end();
  });
}

}  // namespace

std::vector<FieldHelp> field_help() {
  std::vector<FieldHelp> all;
  for (const Special& one : kSpecial) {
    all.push_back({one.name, words_of(one.aliases), one.description, one.type, one.column, one.condition});
  }
  for (const FieldInfo& field : kFields) {
    if (!is_special(field.name)) all.push_back({field.name, words_of(field.aliases), "", type_name(field.type)});
  }
  return all;
}

std::vector<std::string_view> condition_operators() { return {kOperators.begin(), kOperators.end()}; }
std::vector<std::string_view> condition_keywords() { return {kKeywords.begin(), kKeywords.end()}; }

}  // namespace weir
