#include "query/condition_values.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "flow/degrees.h"
#include "flow/names.h"
#include "query/request.h"
#include "query/tcp_flags.h"
#include "query/units.h"
#include "query/words.h"

namespace weir {
namespace {

using Kind = QueryField::Kind;

constexpr std::array kEtypes =
    std::to_array<std::uint16_t>({0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0x8848, 0x8863, 0x8864, 0x88cc});

constexpr std::array kFlowTypes =
    std::to_array<FlowProtocol>({FlowProtocol::kNetflowV1, FlowProtocol::kNetflowV5, FlowProtocol::kNetflowV7,
                                 FlowProtocol::kNetflowV9, FlowProtocol::kIpfix, FlowProtocol::kWeir});

ValueKind kind_of(const QueryField& field) {
  switch (field.kind) {
    case Kind::kAnyAddress: return ValueKind::kAddress;
    case Kind::kDuration: return ValueKind::kDuration;
    case Kind::kTime: return ValueKind::kTime;
    case Kind::kInterface:
    case Kind::kHost: return ValueKind::kText;
    case Kind::kStored: break;
  }
  if (field.field == FieldId::tcp_flags || field.field == FieldId::reverse_tcp_flags) return ValueKind::kFlags;
  switch (field_info(field.field).type) {
    case FieldType::kFlowType: return ValueKind::kFlowType;
    case FieldType::kTimeNs: return ValueKind::kTime;
    case FieldType::kUnsigned: return ValueKind::kNumber;
    case FieldType::kAddress: return ValueKind::kAddress;
    case FieldType::kEtype: return ValueKind::kEtype;
    case FieldType::kProtocol: return ValueKind::kProtocol;
    case FieldType::kMac: return ValueKind::kMac;
    case FieldType::kDegrees: return ValueKind::kDegrees;
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return ValueKind::kNetwork;
    case FieldType::kUnsignedList: return ValueKind::kNumberList;
    case FieldType::kAddressList: return ValueKind::kAddressList;
    case FieldType::kText: return ValueKind::kText;
  }
  return ValueKind::kText;
}

std::uint64_t largest(const QueryField& field, ValueKind kind) {
  if (kind == ValueKind::kNumberList) return UINT32_MAX;
  if (field.kind != Kind::kStored) return UINT64_MAX;
  const unsigned width = field_info(field.field).width;
  return width >= 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * width) - 1;
}

// A number that names what it stands for.
std::optional<std::uint64_t> named_number(ValueKind kind, std::string_view text) {
  const std::string name = lower(text);
  if (kind == ValueKind::kProtocol) return protocol_number(name);
  if (kind == ValueKind::kEtype) {
    for (const std::uint16_t etype : kEtypes) {
      if (lower(etype_name(etype)) == name) return etype;
    }
  }
  if (kind == ValueKind::kFlowType) {
    for (const FlowProtocol type : kFlowTypes) {
      if (const std::string full = lower(flow_type_name(type)); full == name || full == "netflow_" + name) {
        return std::to_underlying(type);
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> names_of(ValueKind kind) {
  std::vector<std::string> names;
  if (kind == ValueKind::kProtocol) {
    for (unsigned n = 0; n < 256; ++n) {
      const std::string_view name = protocol_name(static_cast<std::uint8_t>(n));
      if (name.find_first_not_of("0123456789") != std::string_view::npos) names.push_back(lower(name));
    }
  } else if (kind == ValueKind::kEtype) {
    for (const std::uint16_t etype : kEtypes) names.push_back(lower(etype_name(etype)));
  } else if (kind == ValueKind::kFlowType) {
    for (const FlowProtocol type : kFlowTypes) names.push_back(lower(flow_type_name(type)));
  }
  return names;
}

// "00:11:22:33:44:55", "00-11-22-33-44-55".
std::optional<std::uint64_t> parse_mac(std::string_view text) {
  if (text.size() != kMacText || (text[2] != ':' && text[2] != '-')) return std::nullopt;
  std::uint64_t mac = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2) {
      if (text[i] != text[2]) return std::nullopt;
      continue;
    }
    const std::size_t digit = std::string_view("0123456789abcdef").find(lower(text.substr(i, 1)));
    if (digit == std::string_view::npos) return std::nullopt;
    mac = mac << 4 | digit;
  }
  return mac;
}

// A number, or the two halves of a BGP community: "64500:100".
std::optional<std::uint64_t> parse_list_item(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return parse_magnitude(text);
  const auto high = parse_magnitude(text.substr(0, colon));
  const auto low = parse_magnitude(text.substr(colon + 1));
  if (!high || !low || *high > 0xffff || *low > 0xffff) return std::nullopt;
  return *high << 16 | *low;
}

std::optional<std::uint64_t> parse_ms(std::string_view text) {
  if (text == "0") return 0;
  const auto ns = parse_timespan(text);
  if (!ns || *ns % kNsPerMs != 0) return std::nullopt;
  return *ns / kNsPerMs;
}

std::optional<std::uint64_t> parse_ns(std::string_view text) {
  const auto ns = parse_time(text, wall_time_ns());
  return ns ? std::optional(*ns) : std::nullopt;
}

std::optional<std::uint64_t> parse_number(const Attribute& attribute, std::string_view text) {
  switch (attribute.kind) {
    case ValueKind::kMac: return parse_mac(text);
    case ValueKind::kDegrees: return parse_degrees(text);
    case ValueKind::kTime: return parse_ns(text);
    case ValueKind::kDuration: return parse_ms(text);
    case ValueKind::kNumberList: return parse_list_item(text);
    case ValueKind::kFlags:
      if (const auto flags = parse_tcp_flags(text)) return flags;
      return parse_magnitude(text);
    case ValueKind::kFlowType: return named_number(attribute.kind, text);
    case ValueKind::kProtocol:
    case ValueKind::kEtype:
      if (const auto number = named_number(attribute.kind, text)) return number;
      return parse_magnitude(text);
    default: return parse_magnitude(text);
  }
}

bool holds_prefixes(ValueKind kind) {
  return kind == ValueKind::kAddress || kind == ValueKind::kNetwork || kind == ValueKind::kAddressList;
}

// "10.0.0" and "0x7f.1" are what resolvers take for old spellings of addresses, never meant here.
bool is_host_name(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  if (text.empty() || text.size() > 253) return false;
  bool has_word = false;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    const bool number = label.find_first_not_of(kDigits) == std::string_view::npos || label.starts_with("0x");
    has_word = has_word || !number;
    const bool good = std::ranges::all_of(label, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!good || label.empty()) return false;
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  return has_word;
}

Result<void> add_host(std::string_view text, const ResolveName& resolve, Test& test) {
  const auto addresses = resolve(std::string(text));
  if (!addresses) return std::unexpected(addresses.error());
  for (const IpAddress& address : *addresses) {
    test.prefixes.push_back({address, static_cast<std::uint8_t>(address.family == Family::kV4 ? 32 : 128)});
  }
  return {};
}

// What the attribute takes, with `article`s: "a number from 0 to 65535".
std::string expectation(const Attribute& attribute) {
  switch (attribute.kind) {
    case ValueKind::kNumber:
      return attribute.max == UINT64_MAX ? "a number such as 1500, 10k, 1M or 1MiB"
                                         : "a number from 0 to " + std::to_string(attribute.max);
    case ValueKind::kProtocol: return "an IP protocol's name or a number from 0 to 255";
    case ValueKind::kEtype: return "ipv4, ipv6, arp, mpls or a number from 0 to 65535";
    case ValueKind::kFlowType: return "netflow_v5, netflow_v9, ipfix or weir";
    case ValueKind::kFlags: return "letters of FSRPAUECN, such as SA, or a number such as 0x12";
    case ValueKind::kDegrees: return "degrees from -180 to 180, such as 52.52 or -0.1, with up to six decimals";
    case ValueKind::kMac: return "a MAC address such as 00:11:22:33:44:55";
    case ValueKind::kTime: return "a time such as \"2026-01-02 15:04:05\", in quotes, or -1h";
    case ValueKind::kDuration: return "a time with its unit, in whole milliseconds, such as 10s, 500ms or 1h30m";
    case ValueKind::kNetwork: return "a network such as 10.0.0.0/8 or 2001:db8::/32";
    case ValueKind::kNumberList: return "a number from 0 to " + std::to_string(attribute.max);
    case ValueKind::kAddressList: return "an address or a network";
    case ValueKind::kAddress:
      return attribute.host_names ? "an address, a network such as 10.0.0.0/8, or a host name"
                                  : "a network such as 10.0.0.0/8 or 2001:db8::/32, or an address";
    case ValueKind::kText: return "a text";
  }
  return "";
}

}  // namespace

std::optional<Attribute> make_attribute(std::string_view name) {
  const auto field = find_attribute(name);
  if (!field) return std::nullopt;
  Attribute attribute{lower(name), *field, kind_of(*field), 0, false};
  attribute.max = largest(attribute.field, attribute.kind);
  attribute.host_names = attribute.kind == ValueKind::kAddress && attribute.name != "snet" &&
                         attribute.name != "dnet" && attribute.name != "net";
  return attribute;
}

bool has_order(ValueKind kind) {
  return kind == ValueKind::kNumber || kind == ValueKind::kProtocol || kind == ValueKind::kFlags ||
         kind == ValueKind::kTime || kind == ValueKind::kDuration || kind == ValueKind::kDegrees;
}

bool add_literal(const Attribute& attribute, std::string_view text, Test& test) {
  if (attribute.kind == ValueKind::kText) {
    test.texts.emplace_back(text);
    return true;
  }
  if (holds_prefixes(attribute.kind)) {
    const auto prefix = Prefix::parse(text);
    if (prefix) test.prefixes.push_back(*prefix);
    return prefix.has_value();
  }
  const auto number = parse_number(attribute, text);
  if (!number || *number > attribute.max) return false;
  test.numbers.push_back(*number);
  if (attribute.kind == ValueKind::kFlags && parse_tcp_flags(text)) test.flags_as_set = true;
  return true;
}

Result<void> add_value(const Attribute& attribute, std::string_view text, const ResolveName& resolve, Test& test) {
  if (add_literal(attribute, text, test)) return {};
  if (attribute.host_names && is_host_name(text)) return add_host(text, resolve, test);
  const std::vector<std::string> names = names_of(attribute.kind);
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return fail(attribute.name + " is " + expectation(attribute) + ", not " + in_quotes(text) +
              nearest(text, candidates));
}

}  // namespace weir
