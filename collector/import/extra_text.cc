#include "collector/import/extra_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "codecs/element_json.h"
#include "codecs/registry.h"

namespace weir {
namespace {

struct Element {
  std::uint32_t enterprise;
  std::uint16_t id;
  ElementType type;
};

template <typename Number>
std::optional<Number> whole(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "e64999_12"
std::optional<Element> unknown_element(std::string_view name) {
  const std::size_t bar = name.find('_');
  if (!name.starts_with('e') || bar == std::string_view::npos) return std::nullopt;
  const auto enterprise = whole<std::uint32_t>(name.substr(1, bar - 1));
  const auto id = whole<std::uint16_t>(name.substr(bar + 1));
  if (!enterprise || !id || find_element(*enterprise, *id) != nullptr) return std::nullopt;
  return Element{*enterprise, *id, ElementType::kOctetArray};
}

std::optional<Element> exact_element(std::string_view name) {
  if (const ElementInfo* info = find_element(name)) return Element{info->enterprise, info->id, info->type};
  return unknown_element(name);
}

// Also "igmpType_2", the second of its name in a record.
std::optional<Element> element_named(std::string_view name) {
  if (const auto element = exact_element(name)) return element;
  const std::size_t bar = name.rfind('_');
  if (bar == std::string_view::npos || !whole<unsigned>(name.substr(bar + 1))) return std::nullopt;
  return exact_element(name.substr(0, bar));
}

std::string big_endian(std::uint64_t value, std::size_t width) {
  std::string bytes(width, '\0');
  for (std::size_t i = width; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

std::size_t width_of(ElementType type) {
  switch (type) {
    case ElementType::kUnsigned8:
    case ElementType::kSigned8:
    case ElementType::kBoolean: return 1;
    case ElementType::kUnsigned16:
    case ElementType::kSigned16: return 2;
    case ElementType::kUnsigned32:
    case ElementType::kSigned32:
    case ElementType::kFloat32:
    case ElementType::kDateTimeSeconds: return 4;
    default: return 8;
  }
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto byte = whole<std::uint8_t>(text.substr(i, 2), 16);
    if (!byte) return {};
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

std::string address_bytes(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return {};
  return {reinterpret_cast<const char*>(address->bytes.data()), address->family == Family::kV4 ? 4U : 16U};
}

std::string mac_bytes(std::string text) {
  std::erase(text, ':');
  return from_hex(text);
}

std::string float_bytes(std::string_view text, std::size_t width) {
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return {};
  return width == 4 ? big_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4)
                    : big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

std::string number_bytes(ElementType type, std::string_view text) {
  const std::size_t width = width_of(type);
  if (text == "null") return {};
  if (text == "true" || text == "false") return big_endian(text == "true" ? 1 : 2, 1);
  if (text.starts_with('-')) {
    const auto value = whole<std::int64_t>(text);
    return value ? big_endian(static_cast<std::uint64_t>(*value), width) : std::string();
  }
  auto value = whole<std::uint64_t>(text);
  if (!value) return {};
  if (type == ElementType::kDateTimeSeconds) *value /= kNsPerSecond;
  if (type == ElementType::kDateTimeMilliseconds) *value /= kNsPerMs;
  // A field may be sent wider than its element.
  return big_endian(*value, width < 8 && *value >> (8 * width) != 0 ? 8 : width);
}

// The bytes that probably stood there; whether they did is for the caller to see.
std::string probable_bytes(ElementType type, JsonKind kind, std::string_view value) {
  switch (type) {
    case ElementType::kString: return std::string(value);
    case ElementType::kIpv4Address:
    case ElementType::kIpv6Address: return address_bytes(value);
    case ElementType::kMacAddress: return mac_bytes(std::string(value));
    case ElementType::kFloat32:
    case ElementType::kFloat64: return float_bytes(value, width_of(type));
    default: return kind == JsonKind::kText ? from_hex(value) : number_bytes(type, value);
  }
}

std::string as_json(JsonKind kind, std::string_view value) {
  if (kind == JsonKind::kOther) return std::string(value);
  std::string text(kEscapedByte * value.size() + 2, '\0');
  char* out = text.data();
  *out++ = '"';
  out = write_json_text(out, value);
  *out++ = '"';
  text.resize(static_cast<std::size_t>(out - text.data()));
  return text;
}

// As the record writer has it.
std::string written(ElementType type, const std::string& bytes) {
  std::string json(element_room(bytes.size()), '\0');
  json.resize(static_cast<std::size_t>(write_element(json.data(), type, as_bytes(bytes)) - json.data()));
  return json;
}

bool is_structured(std::string_view value) { return value.starts_with('[') || value.starts_with('{'); }

}  // namespace

bool add_extra(FlowDraft& draft, std::string_view name, JsonKind kind, std::string_view value) {
  const auto element = element_named(name);
  if (!element) return false;
  Extra extra{element->enterprise, element->id, 0, 0};
  if (kind == JsonKind::kOther && is_structured(value)) {
    if (value.find('\n') != std::string_view::npos) return false;
    extra.flags = kExtraRendered;
    draft.add_extra(extra, as_bytes(value));
    return true;
  }
  const std::string json = as_json(kind, value);
  // A value of an odd width is written in hex, whatever its type.
  for (const std::string& bytes : {probable_bytes(element->type, kind, value), from_hex(value)}) {
    if (written(element->type, bytes) != json) continue;
    draft.add_extra(extra, as_bytes(bytes));
    return true;
  }
  return false;
}

}  // namespace weir
