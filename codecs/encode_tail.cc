#include "codecs/encode_tail.h"

#include <algorithm>
#include <bit>

#include "codecs/template_plan.h"

namespace weir {
namespace {

constexpr std::uint16_t kEnterpriseBit = 0x8000;
constexpr std::uint16_t kMaxItems = 64;  // that a decoder takes as one list

constexpr std::uint16_t kExporterIpv4 = 130, kExporterIpv6 = 131, kBiflowDirection = 239;

bool is_sampling(const Extra& extra) {
  return extra.enterprise == 0 && (extra.element == 48 || (extra.element >= 302 && extra.element <= 311));
}

// Groups that say what an element says which the flow brings itself.
GroupSet groups_told_by(const Extra& extra) {
  if (extra.enterprise != 0) return 0;
  switch (extra.element) {
    case kBiflowDirection: return bit(Group::kInitiator);
    case kExporterIpv4:
    case kExporterIpv6: return bit(Group::kExporter4) | bit(Group::kExporter6);
    default: return 0;
  }
}

bool is_text_or_octets(ElementType type) {
  switch (type) {
    case ElementType::kString:
    case ElementType::kOctetArray:
    case ElementType::kBasicList:
    case ElementType::kSubTemplateList:
    case ElementType::kSubTemplateMultiList: return true;
    default: return false;
  }
}

std::size_t length_prefix(std::size_t length) { return length < 255 ? 1 : 3; }

template <typename T>
std::span<const T> list_of(const RecordSource& source, FieldId field, Slice slice) {
  if (!source.flow.has(field)) return {};
  return source.batch.list<T>(slice);
}

std::size_t count_family(std::span<const IpAddress> addresses, Family family) {
  return static_cast<std::size_t>(
      std::count_if(addresses.begin(), addresses.end(), [family](const IpAddress& a) { return a.family == family; }));
}

// The last label is the bottom of the stack. A label 0 elsewhere has that bit as well: all zeros would be an unused
// element.
std::uint8_t* write_labels(std::uint8_t* p, std::span<const std::uint32_t> labels, std::size_t slots) {
  for (std::size_t i = 0; i < slots; ++i, p += 3) {
    const std::uint32_t label = i < labels.size() ? labels[i] : 0;
    const bool bottom = i + 1 == labels.size() || (i < labels.size() && label == 0);
    store_number<3>(p, std::uint64_t{label} << 4 | bottom);
  }
  return p;
}

std::uint8_t* write_numbers(std::uint8_t* p, std::span<const std::uint32_t> numbers, std::size_t slots) {
  for (std::size_t i = 0; i < slots; ++i, p += 4) store_be32(p, i < numbers.size() ? numbers[i] : 0);
  return p;
}

std::uint8_t* write_addresses(std::uint8_t* p, std::span<const IpAddress> addresses, Family family, std::size_t slots) {
  const std::size_t width = family == Family::kV4 ? 4 : 16;
  std::uint8_t* const end = p + slots * width;
  for (const IpAddress& address : addresses) {
    if (address.family != family || p == end) continue;
    std::memcpy(p, address.bytes.data(), width);
    p += width;
  }
  std::memset(p, 0, static_cast<std::size_t>(end - p));
  return end;
}

std::uint8_t* write_extra(std::uint8_t* p, const FieldSpec& spec, Bytes value) {
  if (spec.length == kVariableLength) {
    if (value.size() < 255) {
      *p++ = static_cast<std::uint8_t>(value.size());
    } else {
      *p = 255;
      store_be16(p + 1, static_cast<std::uint16_t>(value.size()));
      p += 3;
    }
    if (!value.empty()) std::memcpy(p, value.data(), value.size());
    return p + value.size();
  }
  std::memcpy(p, value.data(), value.size());
  std::memset(p + value.size(), 0, spec.length - value.size());
  return p + spec.length;
}

}  // namespace

bool RecordTail::operator==(const RecordTail& other) const {
  return labels == other.labels && communities == other.communities && label_edges4 == other.label_edges4 &&
         label_edges6 == other.label_edges6 &&
         std::equal(extras.begin(), extras.end(), other.extras.begin(), other.extras.end(),
                    [](const FieldSpec& a, const FieldSpec& b) {
                      return a.id == b.id && a.length == b.length && a.enterprise == b.enterprise;
                    });
}

TailReader::TailReader(const EncoderOptions& options)
    : v9_(options.protocol == ExportProtocol::kNetflowV9),
      layouts_(group_layouts(options.protocol)),
      room_(options.max_message - kRecordOverhead) {}

const RecordTail& TailReader::read(const RecordSource& source, ExportExtras which, GroupSet& groups,
                                   EncoderStats& stats) {
  tail_.labels = tail_.communities = tail_.label_edges4 = tail_.label_edges6 = 0;
  tail_.extras.clear();
  variable_bytes_ = 0;
  source.batch.for_each_extra(source.flow, [&](const Extra& extra, Bytes) {
    groups &= ~groups_told_by(extra);
    if (is_sampling(extra) && source.sampling_rate != 0) groups |= bit(Group::kSampling);  // which is what counts
  });
  record_room_ = template_room_ = room_;
  for (GroupSet left = groups; left != 0; left &= left - 1) {
    const GroupLayout& group = layouts_[static_cast<std::size_t>(std::countr_zero(left))];
    record_room_ -= group.length;
    for (const FieldSpec& spec : group.specs) template_room_ -= spec.enterprise == 0 ? 4 : 8;
  }
  read_lists(source, stats);
  for_each_exported(source.batch, source.flow, which,
                    [&](const Extra& extra, Bytes) { tail_.extras.push_back(take_extra(extra, stats)); });
  return tail_;
}

void TailReader::read_lists(const RecordSource& source, EncoderStats& stats) {
  const Flow& flow = source.flow;
  const FlowCold& cold = source.cold;
  tail_.labels = take_items(list_of<std::uint32_t>(source, FieldId::mpls_label, cold.mpls_label).size(), 3, stats);
  tail_.communities =
      take_items(list_of<std::uint32_t>(source, FieldId::bgp_communities, cold.bgp_communities).size(), 4, stats);
  const auto edges = list_of<IpAddress>(source, FieldId::mpls_ip, cold.mpls_ip);
  tail_.label_edges4 = take_items(count_family(edges, Family::kV4), 4, stats);
  tail_.label_edges6 = take_items(count_family(edges, Family::kV6), 16, stats);
  stats.lists_left += (flow.has(FieldId::as_path) ? 1U : 0U) + (flow.has(FieldId::mpls_ttl) ? 1U : 0U);
}

// Elements for so many items: a power of two, so that lists of many lengths make few shapes.
std::uint8_t TailReader::take_items(std::size_t items, std::size_t width, EncoderStats& stats) {
  const std::size_t most = std::min({std::size_t{kMaxItems}, record_room_ / width, template_room_ / 4});
  const std::size_t slots = std::min(items == 0 ? 0 : std::bit_ceil(items), most);
  stats.list_items_left += items > slots ? items - slots : 0;
  record_room_ -= slots * width;
  template_room_ -= slots * 4;
  return static_cast<std::uint8_t>(slots);
}

// The element's number in the protocol; false when it has none there.
bool TailReader::translate(const Extra& extra, FieldSpec& spec) const {
  spec = {extra.element, 0, extra.enterprise};
  if (!v9_) {
    if (extra.element < kEnterpriseBit) return true;
    if (extra.enterprise != 0) return false;
    spec.id = static_cast<std::uint16_t>(extra.element - kEnterpriseBit);
    spec.enterprise = kNetflow9Enterprise;
    return true;
  }
  spec.enterprise = 0;
  if (extra.enterprise == 0) return true;
  if (extra.enterprise == kNetflow9Enterprise) {
    spec.id = extra.element | kEnterpriseBit;
    return true;
  }
  if (extra.enterprise != kNtopEnterprise || extra.element > 0xffff - kNtopNetflow9Base) return false;
  spec.id = static_cast<std::uint16_t>(kNtopNetflow9Base + extra.element);
  return true;
}

// A number has its length as part of the shape. Text and octets are of variable length in IPFIX; v9 has none, so there
// octets have their own length, and text is filled up with NULs to a power of two, for fewer shapes.
FieldSpec TailReader::take_extra(const Extra& extra, EncoderStats& stats) {
  FieldSpec spec{};
  if ((extra.flags & kExtraRendered) != 0) {
    ++stats.extras_rendered;
    return spec;
  }
  if (!translate(extra, spec)) {
    ++stats.extras_enterprise;
    return spec;
  }
  const ElementInfo* const info = find_element(extra.enterprise, extra.element);
  const ElementType type = info == nullptr ? ElementType::kOctetArray : info->type;
  const bool variable = !v9_ && (extra.length == 0 || is_text_or_octets(type));
  std::size_t length = extra.length + (variable ? length_prefix(extra.length) : 0);
  const std::size_t in_template = spec.enterprise == 0 ? 4 : 8;
  if (length == 0 || length > record_room_ || in_template > template_room_) {
    ++stats.extras_too_large;
    return spec;
  }
  if (v9_ && type == ElementType::kString)
    length = std::min(std::bit_ceil(std::max<std::size_t>(length, 8)), record_room_);
  record_room_ -= length;
  template_room_ -= in_template;
  variable_bytes_ += variable ? length : 0;
  spec.length = variable ? kVariableLength : static_cast<std::uint16_t>(length);
  return spec;
}

void write_tail(std::uint8_t* p, const RecordTail& tail, const RecordSource& source, ExportExtras which) {
  const FlowCold& cold = source.cold;
  p = write_labels(p, list_of<std::uint32_t>(source, FieldId::mpls_label, cold.mpls_label), tail.labels);
  p = write_numbers(p, list_of<std::uint32_t>(source, FieldId::bgp_communities, cold.bgp_communities),
                    tail.communities);
  const auto edges = list_of<IpAddress>(source, FieldId::mpls_ip, cold.mpls_ip);
  p = write_addresses(p, edges, Family::kV4, tail.label_edges4);
  p = write_addresses(p, edges, Family::kV6, tail.label_edges6);
  auto spec = tail.extras.begin();
  for_each_exported(source.batch, source.flow, which, [&](const Extra&, Bytes value) {
    if (spec->length != 0) p = write_extra(p, *spec, value);
    ++spec;
  });
}

}  // namespace weir
