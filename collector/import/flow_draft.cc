#include "collector/import/flow_draft.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "flow/degrees.h"
#include "flow/names.h"

namespace weir {
namespace {

using Trouble = FlowDraft::Trouble;

constexpr std::size_t kMaxHost = 255;

bool is_list(FieldType type) { return type == FieldType::kUnsignedList || type == FieldType::kAddressList; }
bool is_slice(const FieldInfo& field) {
  return field.home != FieldHome::kOrigin && !in_place(field.home) &&
         (is_list(field.type) || field.type == FieldType::kText);
}

// A flow's fields that are slices, and all fields of FlowCold.
struct SpecialFields {
  std::uint64_t cold[2] = {};
  std::vector<FieldId> slices;
  SpecialFields() {
    for (const FieldInfo& field : kFields) {
      if (is_slice(field)) slices.push_back(field.id);
      if (field.home != FieldHome::kFlowCold) continue;
      const auto n = static_cast<unsigned>(field.id);
      cold[n >> 6] |= std::uint64_t{1} << (n & 63);
    }
  }
};
const SpecialFields& special_fields() {
  static const SpecialFields fields;
  return fields;
}

// The texts of places.
const std::vector<FieldId>& place_texts() {
  static const std::vector<FieldId> texts = [] {
    std::vector<FieldId> found;
    for (const FieldInfo& field : kFields) {
      if (in_place(field.home) && field.type == FieldType::kText) found.push_back(field.id);
    }
    return found;
  }();
  return texts;
}

std::string wrong(std::string_view name, std::string_view text, std::string_view what) {
  constexpr std::size_t kShown = 60;
  return std::string(name) + ": '" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "…" : "") +
         "' is not " + std::string(what);
}

bool parse_number(std::string_view text, std::size_t width, std::uint64_t& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && (width == 8 || value >> (8 * width) == 0);
}

std::uint64_t largest(std::size_t width) { return width == 8 ? UINT64_MAX : (std::uint64_t{1} << (8 * width)) - 1; }

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac;
  if (text.size() != kMacText) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* const at = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(at, at + 2, mac[i], 16);
    if (error != std::errc{} || end != at + 2 || (i + 1 < mac.size() && *end != ':')) return std::nullopt;
  }
  return mac;
}

std::size_t round_up8(std::size_t n) { return (n + 7) & ~std::size_t{7}; }

}  // namespace

void FlowDraft::clear() {
  for (const FieldId id : special_fields().slices) {
    if (flow_.has(id)) slices_[static_cast<std::size_t>(id)].clear();
  }
  for (const FieldId id : place_texts()) slices_[static_cast<std::size_t>(id)].clear();
  flow_ = {};
  cold_ = {};
  src_place_ = dst_place_ = {};
  origin_ = {};
  origin_.protocol = FlowProtocol::kWeir;
  host_.clear();
  zeros_[0] = zeros_[1] = 0;
  extras_.clear();
  extra_bytes_.clear();
}

std::uint8_t* FlowDraft::member(const FieldInfo& field) {
  switch (field.home) {
    case FieldHome::kOrigin: return reinterpret_cast<std::uint8_t*>(&origin_) + field.offset;
    case FieldHome::kFlow: return reinterpret_cast<std::uint8_t*>(&flow_) + field.offset;
    case FieldHome::kSrcPlace: return reinterpret_cast<std::uint8_t*>(&src_place_) + field.offset;
    case FieldHome::kDstPlace: return reinterpret_cast<std::uint8_t*>(&dst_place_) + field.offset;
    default: return reinterpret_cast<std::uint8_t*>(&cold_) + field.offset;
  }
}

void FlowDraft::mark(FieldId id, bool zero) {
  const FieldInfo& field = field_info(id);
  if (field.home == FieldHome::kOrigin) return;  // what has no presence bit
  const bool ambiguous = zero && field.group == FieldGroup::kCommon && id != FieldId::bytes && id != FieldId::packets;
  const auto n = static_cast<unsigned>(id);
  if (ambiguous) {
    zeros_[n >> 6] |= std::uint64_t{1} << (n & 63);
  } else {
    flow_.mark(id);
  }
}

void FlowDraft::keep_zeros() {
  flow_.present[0] |= zeros_[0];
  flow_.present[1] |= zeros_[1];
}

void FlowDraft::set_number(FieldId id, std::uint64_t value) {
  const FieldInfo& field = field_info(id);
  std::memcpy(member(field), &value, field.width);  // little-endian
  mark(id, value == 0);
}

void FlowDraft::set_address(FieldId id, const IpAddress& address) {
  const FieldInfo& field = field_info(id);
  std::uint8_t* const at = member(field);
  std::memcpy(at, address.bytes.data(), address.bytes.size());
  at[field.family_offset - field.offset] = static_cast<std::uint8_t>(address.family);
  mark(id, false);
}

void FlowDraft::clear_list(FieldId id) {
  slices_[static_cast<std::size_t>(id)].clear();
  mark(id, true);
}

Trouble FlowDraft::add_item(FieldId id, std::string_view text) {
  const FieldInfo& field = field_info(id);
  std::string& slice = slices_[static_cast<std::size_t>(id)];
  if (field.type == FieldType::kAddressList) {
    const auto address = IpAddress::parse(text);
    if (!address) return wrong(field.name, text, "an IP address");
    slice.append(reinterpret_cast<const char*>(&*address), sizeof(IpAddress));
  } else {
    std::uint64_t number = 0;
    if (!parse_number(text, 4, number)) return wrong(field.name, text, "a whole number up to 4294967295");
    slice.append(reinterpret_cast<const char*>(&number), sizeof(std::uint32_t));
  }
  mark(id, false);
  return std::nullopt;
}

void FlowDraft::add_extra(const Extra& extra, Bytes value) {
  extras_.push_back(extra);
  extras_.back().length = static_cast<std::uint32_t>(value.size());
  extra_bytes_ += as_text(value);
}

// Only the length of a prefix is kept; its network is that of the address.
Trouble FlowDraft::set_prefix(const FieldInfo& field, std::string_view text) {
  const auto prefix = Prefix::parse(text);
  const bool src = field.type == FieldType::kSrcPrefix;
  const IpAddress address =
      src ? IpAddress{flow_.src_addr, flow_.src_addr_family} : IpAddress{flow_.dst_addr, flow_.dst_addr_family};
  if (!prefix || !prefix->contains(address)) {
    return wrong(field.name, text, src ? "a network that src_addr lies in" : "a network that dst_addr lies in");
  }
  *member(field) = prefix->length;
  flow_.mark(field.id);
  return std::nullopt;
}

Trouble FlowDraft::set(FieldId id, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const FieldInfo& field = field_info(id);
  switch (field.type) {
    case FieldType::kTimeNs:
    case FieldType::kUnsigned: {
      std::uint64_t value = 0;
      if (!parse_number(text, field.width, value)) {
        return wrong(field.name, text, "a whole number up to " + std::to_string(largest(field.width)));
      }
      set_number(id, value);
      return std::nullopt;
    }
    case FieldType::kAddress: {
      const auto address = IpAddress::parse(text);
      if (!address) return wrong(field.name, text, "an IP address");
      set_address(id, *address);
      return std::nullopt;
    }
    case FieldType::kProtocol: {
      const auto number = protocol_number(text);
      if (!number) return wrong(field.name, text, "an IP protocol");
      flow_.proto = *number;
      flow_.mark(id);
      return std::nullopt;
    }
    case FieldType::kEtype: {
      const auto number = etype_number(text);
      if (!number) return wrong(field.name, text, "an Ethernet type that has a name here");
      flow_.etype = *number;
      flow_.mark(id);
      return std::nullopt;
    }
    case FieldType::kFlowType: {
      const auto type = flow_type(text);
      if (!type) return wrong(field.name, text, "one of the types that flows have here (docs/json.md)");
      origin_.protocol = *type;
      return std::nullopt;
    }
    case FieldType::kMac: {
      const auto mac = parse_mac(text);
      if (!mac) return wrong(field.name, text, "a MAC address");
      std::memcpy(member(field), mac->data(), mac->size());
      mark(id, *mac == MacAddress{});
      return std::nullopt;
    }
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return set_prefix(field, text);
    case FieldType::kDegrees: {
      const auto degrees = parse_degrees(text);
      if (!degrees) return wrong(field.name, text, "degrees from -180 to 180");
      set_number(id, *degrees);
      return std::nullopt;
    }
    case FieldType::kText:
      if (id == FieldId::host) {
        host_ = text.substr(0, kMaxHost);
      } else {
        slices_[static_cast<std::size_t>(id)] = text;
        flow_.mark(id);
      }
      return std::nullopt;
    case FieldType::kUnsignedList:
    case FieldType::kAddressList:
      clear_list(id);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (auto trouble = add_item(id, text.substr(at, end - at))) return trouble;
        at = end + 1;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

Trouble FlowDraft::settle_times() {
  if (origin_.time_received_ns == 0) origin_.time_received_ns = flow_.time_flow_end_ns;
  if (origin_.time_received_ns == 0) return "the flow has neither an end nor a time of receipt";
  return std::nullopt;
}

std::size_t FlowDraft::arena_needed() const {
  std::size_t need = 0;
  for (const FieldId id : special_fields().slices) {
    if (flow_.has(id)) need += round_up8(slices_[static_cast<std::size_t>(id)].size());
  }
  if (!extras_.empty()) {
    need += round_up8(sizeof(ExtrasHeader) + extras_.size() * sizeof(Extra) + extra_bytes_.size());
  }
  return need;
}

void FlowDraft::write_slices(BatchWriter& writer, Flow& flow) const {
  for (const FieldId id : special_fields().slices) {
    if (!flow.has(id)) continue;
    const Slice slice = writer.store(as_bytes(slices_[static_cast<std::size_t>(id)]));
    const FieldInfo& field = field_info(id);
    auto* const home = field.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(&flow)
                                                      : reinterpret_cast<std::uint8_t*>(&writer.cold());
    std::memcpy(home + field.offset, &slice, sizeof slice);
  }
}

// What a place takes of a batch's annex; 0 where nothing is known of that end.
std::size_t FlowDraft::place_needed(FieldHome home) const {
  std::size_t texts = 0;
  bool any = false;
  for (const FieldInfo& field : kFields) {
    if (field.home != home || !flow_.has(field.id)) continue;
    any = true;
    texts += slices_[static_cast<std::size_t>(field.id)].size();
  }
  return any ? FlowBatch::place_need(texts) : 0;
}

std::uint16_t FlowDraft::write_place(FieldHome home, Place place, BatchWriter& writer) const {
  std::string texts;
  for (const FieldId id : place_texts()) {
    const FieldInfo& field = field_info(id);
    if (field.home != home) continue;
    const std::string& text = slices_[static_cast<std::size_t>(id)];
    const Slice slice{static_cast<std::uint32_t>(texts.size()), static_cast<std::uint32_t>(text.size())};
    std::memcpy(reinterpret_cast<std::uint8_t*>(&place) + field.offset, &slice, sizeof slice);
    texts += text;
  }
  return writer.add_place(place, texts);
}

void FlowDraft::write_extras(BatchWriter& writer, Flow& flow) const {
  const ExtrasHeader header{static_cast<std::uint32_t>(extras_.size())};
  const std::size_t entries = extras_.size() * sizeof(Extra);
  std::uint8_t* at = writer.allocate(sizeof header + entries + extra_bytes_.size(), flow.extras);
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + sizeof header, extras_.data(), entries);
  std::memcpy(at + sizeof header + entries, extra_bytes_.data(), extra_bytes_.size());
}

bool FlowDraft::write(BatchWriter& writer) const {
  const std::size_t src = place_needed(FieldHome::kSrcPlace), dst = place_needed(FieldHome::kDstPlace);
  Flow* const flow = writer.add(arena_needed(), src + dst);
  if (flow == nullptr) return false;
  const std::uint32_t origin = flow->origin;
  *flow = flow_;
  flow->origin = origin;
  const SpecialFields& fields = special_fields();
  if ((flow_.present[0] & fields.cold[0]) != 0 || (flow_.present[1] & fields.cold[1]) != 0) writer.cold() = cold_;
  write_slices(writer, *flow);
  if (src != 0) flow->src_place = write_place(FieldHome::kSrcPlace, src_place_, writer);
  if (dst != 0) flow->dst_place = write_place(FieldHome::kDstPlace, dst_place_, writer);
  if (!extras_.empty()) write_extras(writer, *flow);
  return true;
}

}  // namespace weir
