#include "flow/field_table.h"

#include <algorithm>

namespace weir {
namespace {

// The Family member that goes with an address member; other fields have none.
template <FieldId>
inline constexpr std::uint16_t kFamilyOffset = 0;
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::sampler_address> = offsetof(Origin, sampler_address_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::src_addr> = offsetof(Flow, src_addr_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::dst_addr> = offsetof(Flow, dst_addr_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::next_hop> = offsetof(Flow, next_hop_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::bgp_next_hop> = offsetof(FlowCold, bgp_next_hop_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::post_nat_src_addr> = offsetof(FlowCold, post_nat_src_addr_family);
template <>
inline constexpr std::uint16_t kFamilyOffset<FieldId::post_nat_dst_addr> = offsetof(FlowCold, post_nat_dst_addr_family);

constexpr bool contains_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    if (end == std::string_view::npos) break;
    words.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

constexpr std::array<FieldInfo, kFieldCount> kFields = {{
#define WEIR_FIELD(name, home, member, type, group, elements, aliases) \
  {FieldId::name,                                                      \
   #name,                                                              \
   FieldHome::k##home,                                                 \
   FieldType::k##type,                                                 \
   FieldGroup::k##group,                                               \
   offsetof(home, member),                                             \
   sizeof(home::member),                                               \
   kFamilyOffset<FieldId::name>,                                       \
   elements,                                                           \
   aliases},
#include "flow/fields.def"
#undef WEIR_FIELD
}};

static_assert(std::ranges::all_of(kFields,
                                  [](const FieldInfo& f) {
                                    return f.type != FieldType::kAddress || f.family_offset != 0;
                                  }),
              "every address field needs its kFamilyOffset");

std::optional<FieldId> find_field(std::string_view name) {
  for (const FieldInfo& field : kFields) {
    if (field.name == name || contains_word(field.aliases, name)) return field.id;
  }
  return std::nullopt;
}

}  // namespace weir
