#include "codecs/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <unordered_map>
#include <utility>

namespace weir {
namespace {

// The types as the CSVs spell them; not all are in use.
namespace table {

using enum ElementType;
[[maybe_unused]] constexpr auto octetArray = kOctetArray;
[[maybe_unused]] constexpr auto unsigned8 = kUnsigned8;
[[maybe_unused]] constexpr auto unsigned16 = kUnsigned16;
[[maybe_unused]] constexpr auto unsigned32 = kUnsigned32;
[[maybe_unused]] constexpr auto unsigned64 = kUnsigned64;
[[maybe_unused]] constexpr auto unsigned256 = kUnsigned256;
[[maybe_unused]] constexpr auto signed8 = kSigned8;
[[maybe_unused]] constexpr auto signed16 = kSigned16;
[[maybe_unused]] constexpr auto signed32 = kSigned32;
[[maybe_unused]] constexpr auto signed64 = kSigned64;
[[maybe_unused]] constexpr auto float32 = kFloat32;
[[maybe_unused]] constexpr auto float64 = kFloat64;
[[maybe_unused]] constexpr auto boolean = kBoolean;
[[maybe_unused]] constexpr auto macAddress = kMacAddress;
[[maybe_unused]] constexpr auto string = kString;
[[maybe_unused]] constexpr auto dateTimeSeconds = kDateTimeSeconds;
[[maybe_unused]] constexpr auto dateTimeMilliseconds = kDateTimeMilliseconds;
[[maybe_unused]] constexpr auto dateTimeMicroseconds = kDateTimeMicroseconds;
[[maybe_unused]] constexpr auto dateTimeNanoseconds = kDateTimeNanoseconds;
[[maybe_unused]] constexpr auto ipv4Address = kIpv4Address;
[[maybe_unused]] constexpr auto ipv6Address = kIpv6Address;
[[maybe_unused]] constexpr auto basicList = kBasicList;
[[maybe_unused]] constexpr auto subTemplateList = kSubTemplateList;
[[maybe_unused]] constexpr auto subTemplateMultiList = kSubTemplateMultiList;

#include "registry_table.inc"

constexpr std::pair<std::uint32_t, std::uint16_t> key(const ElementInfo& e) { return {e.enterprise, e.id}; }

constexpr bool strictly_ordered(std::span<const ElementInfo> elements) {
  return std::ranges::adjacent_find(elements, std::ranges::greater_equal{}, key) == elements.end();
}

static_assert(strictly_ordered(kIana) && strictly_ordered(kNetflow9) && strictly_ordered(kEnterprise),
              "sort codecs/registry/*.csv by number, each once");

}  // namespace table

constexpr std::size_t kIanaEnd = std::rbegin(table::kIana)->id + 1U;

// Position in kIana and kReverse by element id; kAbsent where there is none.
constexpr std::uint16_t kAbsent = 0xffff;
constexpr auto kIanaIndex = [] {
  std::array<std::uint16_t, kIanaEnd> index;
  index.fill(kAbsent);
  for (std::uint16_t i = 0; i < std::size(table::kIana); ++i) index[table::kIana[i].id] = i;
  return index;
}();

const ElementInfo* find_iana(std::span<const ElementInfo> table, std::uint16_t id) {
  if (id >= kIanaEnd || kIanaIndex[id] == kAbsent) return nullptr;
  return &table[kIanaIndex[id]];
}

const ElementInfo* find_sorted(std::span<const ElementInfo> table, std::uint32_t enterprise, std::uint16_t id) {
  const std::pair wanted{enterprise, id};
  const auto it = std::ranges::lower_bound(table, wanted, {}, table::key);
  return it != table.end() && table::key(*it) == wanted ? &*it : nullptr;
}

}  // namespace

const ElementInfo* find_element(std::uint32_t enterprise, std::uint16_t id) {
  switch (enterprise) {
    case 0: break;
    case kReverseEnterprise: return find_iana(table::kReverse, id);
    case kNetflow9Enterprise: return find_element(0, id | 0x8000);
    default: return find_sorted(table::kEnterprise, enterprise, id);
  }
  if (const ElementInfo* element = find_iana(table::kIana, id)) return element;
  if (const ElementInfo* element = find_sorted(table::kNetflow9, 0, id)) return element;
  if (id < kNtopNetflow9Base) return nullptr;
  return find_sorted(table::kEnterprise, kNtopEnterprise, static_cast<std::uint16_t>(id - kNtopNetflow9Base));
}

const ElementInfo* find_element(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const ElementInfo*> all;
    const auto add = [&](std::span<const ElementInfo> elements) {
      for (const ElementInfo& element : elements) all.try_emplace(element.name, &element);
    };
    add(table::kIana);
    add(table::kReverse);
    add(table::kNetflow9);
    add(table::kEnterprise);
    return all;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace weir
