#include "codecs/element_map.h"

#include <array>
#include <charconv>

#include "codecs/registry.h"

namespace weir {
namespace {

constexpr std::size_t kIndexed = 512;  // the highest element in the table is below
constexpr ElementTarget kNothing{FieldId::kCount, 0};

// responderOctets and responderPackets are reverse counters by name, not by enterprise (RFC 7012, IANA).
constexpr bool is_reverse_by_name(std::uint16_t id) { return id == 232 || id == 299; }

struct Index {
  std::array<ElementTarget, kIndexed> forward;
  std::array<ElementTarget, kIndexed> reverse;

  Index() {
    forward.fill(kNothing);
    reverse.fill(kNothing);
    for (const FieldInfo& field : kFields) add(field);
    // A prefix stands in for the address of an aggregated flow that has none.
    forward[44] = forward[170] = {FieldId::src_addr, 9};
    forward[45] = forward[169] = {FieldId::dst_addr, 9};
  }

  void add(const FieldInfo& field) {
    std::uint8_t rank = 0;
    const char* at = field.elements.data();
    const char* const end = at + field.elements.size();
    while (at < end) {
      std::uint16_t id = 0;
      at = std::from_chars(at, end, id).ptr + 1;
      const bool reverse_element = field.group == FieldGroup::kReverse && !is_reverse_by_name(id);
      (reverse_element ? reverse : forward)[id] = {field.id, rank++};
    }
  }
};

}  // namespace

std::optional<ElementTarget> element_target(std::uint32_t enterprise, std::uint16_t id) {
  static const Index index;
  if (id >= kIndexed || (enterprise != 0 && enterprise != kReverseEnterprise)) return std::nullopt;
  const ElementTarget target = (enterprise == 0 ? index.forward : index.reverse)[id];
  if (target.field == FieldId::kCount) return std::nullopt;
  return target;
}

bool zero_is_absent(FieldId field) {
  switch (field) {
    case FieldId::src_port:
    case FieldId::dst_port:
    case FieldId::in_if:
    case FieldId::out_if:
    case FieldId::src_mac:
    case FieldId::dst_mac:
    case FieldId::src_net:
    case FieldId::dst_net:
    case FieldId::ip_ttl:
    case FieldId::icmp_type:
    case FieldId::icmp_code: return true;
    default: {
      const FieldType type = field_info(field).type;
      return type == FieldType::kAddress || type == FieldType::kTimeNs;
    }
  }
}

}  // namespace weir
