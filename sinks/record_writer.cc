#include "sinks/record_writer.h"

#include <algorithm>
#include <bit>

#include "base/clock.h"
#include "base/text.h"
#include "flow/biflow.h"
#include "flow/degrees.h"
#include "flow/names.h"
#include "sinks/extras_json.h"
#include "sinks/text_line.h"

namespace weir {
namespace {

template <typename T>
T load(const std::uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

FieldMask operator&(const FieldMask& a, const FieldMask& b) { return {a[0] & b[0], a[1] & b[1]}; }
FieldMask operator|(const FieldMask& a, const FieldMask& b) { return {a[0] | b[0], a[1] | b[1]}; }
FieldMask operator~(const FieldMask& a) { return {~a[0], ~a[1]}; }

// Calls visit(field number) for each bit, lowest first.
template <typename Visit>
void for_each_bit(const FieldMask& mask, Visit visit) {
  for (std::size_t word = 0; word < mask.size(); ++word) {
    for (std::uint64_t bits = mask[word]; bits != 0; bits &= bits - 1) {
      visit(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
}

// "" where the length does not fit the family, or the address is absent.
char* write_prefix(char* out, const AddressBytes& address, Family family, unsigned length) {
  const unsigned longest = family == Family::kV4 ? 32 : 128;
  if (family == Family::kNone || length > longest) return out;
  out = write_address(out, masked(address, length), family);
  *out++ = '/';
  return write_number(out, length);
}

// Where the parts of a record are, by FieldHome.
using Homes = std::array<const std::uint8_t*, kFieldHomes>;

const std::uint8_t* raw(const auto& part) { return reinterpret_cast<const std::uint8_t*>(&part); }

class Values {
 public:
  Values(const RecordLayout& layout, const FlowBatch& batch, bool csv) : layout_(layout), batch_(batch), csv_(csv) {}

  char* write(char* out, std::size_t field, const Homes& homes) const {
    const FieldStep& step = layout_.steps[field];
    const std::uint8_t* home = homes[static_cast<std::size_t>(step.home)];
    const std::uint8_t* value = home + step.offset;
    switch (step.op) {
      case WriteOp::kU8: return write_number(out, *value);
      case WriteOp::kU16: return write_number(out, load<std::uint16_t>(value));
      case WriteOp::kU32: return write_number(out, load<std::uint32_t>(value));
      case WriteOp::kU64: return write_number(out, load<std::uint64_t>(value));
      case WriteOp::kFlowType: return copy_text(out, flow_type_name(load<FlowProtocol>(value)));
      case WriteOp::kAddress:
        return write_address(out, load<AddressBytes>(value), load<Family>(home + step.family_offset));
      case WriteOp::kEtype: return copy_text(out, etype_name(load<std::uint16_t>(value)));
      case WriteOp::kProtocol: return copy_text(out, protocol_name(*value));
      case WriteOp::kMac: return write_mac(out, load<MacAddress>(value));
      case WriteOp::kSrcPrefix: return write_prefix(out, flow(homes).src_addr, flow(homes).src_addr_family, *value);
      case WriteOp::kDstPrefix: return write_prefix(out, flow(homes).dst_addr, flow(homes).dst_addr_family, *value);
      case WriteOp::kDegrees: return write_degrees(out, load<std::uint32_t>(value));
      case WriteOp::kUnsignedList: return write_list<std::uint32_t>(out, load<Slice>(value));
      case WriteOp::kAddressList: return write_list<IpAddress>(out, load<Slice>(value));
      case WriteOp::kText: return write_text(out, batch_.text(load<Slice>(value)));
    }
    return out;
  }

 private:
  static const Flow& flow(const Homes& homes) {
    return *reinterpret_cast<const Flow*>(homes[static_cast<std::size_t>(FieldHome::kFlow)]);
  }

  char* write_item(char* out, std::uint32_t number) const { return write_number(out, number); }
  char* write_item(char* out, const IpAddress& address) const {
    if (!csv_) *out++ = '"';
    out = write_address(out, address.bytes, address.family);
    if (!csv_) *out++ = '"';
    return out;
  }

  template <typename T>
  char* write_list(char* out, Slice slice) const {
    const char* const first = out;
    for (const T& item : batch_.list<T>(slice)) {
      if (out != first) *out++ = csv_ ? ' ' : ',';
      out = write_item(out, item);
    }
    return out;
  }

  char* write_text(char* out, std::string_view text) const {
    return csv_ ? write_csv_text(out, text) : write_json_text(out, text);
  }

  const RecordLayout& layout_;
  const FlowBatch& batch_;
  bool csv_;
};

// The layout, up to RecordLayout::stamped, with the values of one Origin in their places: what the flows of a datagram
// share is written once.
class OriginStamp {
 public:
  OriginStamp(const RecordLayout& layout, const Values& values) : layout_(layout), values_(values) {}

  void set(const Origin& origin) {
    present_ = present_fields(origin);
    places_ = layout_.places;
    char* out = text_.data();
    std::size_t at = 0, next = 0;
    const auto shift_places = [&](std::size_t end, std::uint16_t by) {
      for (; next < end; ++next) shift(next, by);
    };
    for_each_bit(present_, [&](std::size_t field) {
      const auto shift_before = static_cast<std::uint16_t>(out - text_.data() - static_cast<std::ptrdiff_t>(at));
      shift_places(field + 1, shift_before);
      out = copy_short(out, &layout_.text[at], layout_.places.value[field] - at);
      out = values_.write(out, field, {raw(origin)});
      at = layout_.places.value_end[field];
      const auto shift_after = static_cast<std::uint16_t>(out - text_.data() - static_cast<std::ptrdiff_t>(at));
      places_.value_end[field] = static_cast<std::uint16_t>(layout_.places.value_end[field] + shift_after);
      places_.end[field] = static_cast<std::uint16_t>(layout_.places.end[field] + shift_after);
    });
    if (layout_.stamped == 0) return;
    shift_places(layout_.stamped, static_cast<std::uint16_t>(out - text_.data() - static_cast<std::ptrdiff_t>(at)));
    copy_short(out, &layout_.text[at], layout_.places.end[layout_.stamped - 1] - at);
  }

  const char* text() const { return text_.data(); }
  const FieldPlaces& places() const { return places_; }
  const FieldMask& present() const { return present_; }

 private:
  static constexpr std::size_t kLongestHost = 255;
  // The layout, the longest host name with every byte escaped, and the slack of copies.
  static constexpr std::size_t kRoom = 8192;

  // Origin has no presence bits: a number or text of it that is zero or empty is absent, the others never are.
  FieldMask present_fields(const Origin& origin) const {
    FieldMask mask{};
    for_each_bit(layout_.of_origin, [&](std::size_t field) {
      const std::uint8_t* value = raw(origin) + layout_.steps[field].offset;
      const WriteOp op = layout_.steps[field].op;
      const bool absent = op == WriteOp::kU32    ? load<std::uint32_t>(value) == 0
                          : op == WriteOp::kText ? load<Slice>(value).length - 1U >= kLongestHost
                                                 : false;
      if (!absent) set_bit(mask, static_cast<FieldId>(field));
    });
    return mask;
  }

  void shift(std::size_t field, std::uint16_t by) {
    for (auto* places : {&places_.begin, &places_.value, &places_.value_end, &places_.end}) {
      (*places)[field] = static_cast<std::uint16_t>((*places)[field] + by);
    }
  }

  const RecordLayout& layout_;
  const Values& values_;
  FieldMask present_{};
  FieldPlaces places_;
  std::array<char, kRoom> text_;
};

constexpr std::string_view kTimestampKey = ",\"_timestamp\":";
// What ends a record, and the comma before it.
constexpr std::size_t kRoomAround = kTimestampKey.size() + kNumberText + sizeof(",}\n");

// Writes the flows of one batch.
class BatchText {
 public:
  BatchText(const RecordLayout& layout, const FlowBatch& batch, const RecordOptions& options)
      : layout_(layout),
        batch_(batch),
        values_(layout, batch, options.format == RecordFormat::kCsv),
        stamp_(layout, values_),
        options_(options),
        extras_(options.fields == FieldSelection::kAll && options.format != RecordFormat::kCsv) {}

  // The most that write() takes for `flow`.
  std::size_t max_length(const Flow& flow) const {
    std::size_t length = layout_.max_length + kRoomAround + kEscapedByte * batch_.origin(flow).host.length;
    length += kEscapedByte * (flow.in_if_name.length + flow.out_if_name.length + 2);
    if (flow.cold != 0) length += kEscapedByte * slices_length(batch_.cold(flow));
    length += place_length(flow.src_place) + place_length(flow.dst_place);
    if (extras_) length += max_extras_length(batch_, flow);
    return options_.split_biflows ? 2 * length : length;
  }

  // Writes the record, or the two records, of `flow`. `first` is false when an array item stands before it.
  char* write(char* out, const Flow& flow, bool first) {
    if (flow.origin != stamped_) {
      stamp_.set(batch_.origin(flow));
      stamped_ = flow.origin;
    }
    if (options_.split_biflows && flow.cold != 0 && has_reverse_fields(flow)) return write_split(out, flow, first);
    return write_record(out, flow, flow.cold == 0 ? nullptr : &batch_.cold(flow), ExtrasOf::kFlow, first);
  }

  std::size_t records() const { return records_; }

 private:
  static std::size_t slices_length(const FlowCold& cold) {
    std::size_t length = 0;
    for (const Slice& slice : {cold.bgp_communities, cold.as_path, cold.mpls_ttl, cold.mpls_label, cold.mpls_ip}) {
      length += slice.length + 1;
    }
    return length;
  }

  std::size_t place_length(std::uint16_t place) const {
    if (place == 0) return 0;
    return layout_.max_place_length + kEscapedByte * (batch_.place(place).text_length + std::size(kPlaceTexts));
  }

  static bool has_reverse_fields(const Flow& flow) {
    return flow.has(FieldId::reverse_bytes) || flow.has(FieldId::reverse_packets);
  }

  char* write_split(char* out, const Flow& flow, bool first) {
    const bool backward = has_reverse_traffic(batch_, flow);
    const bool forward = !backward || has_forward_traffic(flow);
    if (forward) {
      Flow one_way = flow;
      clear_reverse_fields(one_way);
      out = write_record(out, one_way, &batch_.cold(flow), backward ? ExtrasOf::kForward : ExtrasOf::kFlow, first);
    }
    if (!backward) return out;
    const ReverseFlow reverse = reverse_of(batch_, flow);
    return write_record(out, reverse.flow, &reverse.cold, forward ? ExtrasOf::kReverse : ExtrasOf::kFlow,
                        first && !forward);
  }

  char* write_record(char* out, const Flow& flow, const FlowCold* cold, ExtrasOf which, bool first) {
    if (options_.format == RecordFormat::kJsonArrayItems && !first) *out++ = ',';
    FieldMask present = FieldMask{flow.present[0], flow.present[1]} & layout_.of_flow;
    if (cold == nullptr) present = present & ~layout_.of_cold;
    Homes homes = {nullptr, raw(flow), reinterpret_cast<const std::uint8_t*>(cold)};
    if ((flow.src_place | flow.dst_place) == 0) {
      present = present & ~layout_.of_places;
    } else {
      add_place(FieldHome::kSrcPlace, flow.src_place, layout_.of_src_place, homes, present);
      add_place(FieldHome::kDstPlace, flow.dst_place, layout_.of_dst_place, homes, present);
    }
    out = write_always(out, present & layout_.always, homes);
    out = write_present(out, (present | stamp_.present()) & ~layout_.always, homes);
    if (extras_) out = write_extras(out, batch_, flow, which);
    ++records_;
    return write_end(out, flow);
  }

  void add_place(FieldHome home, std::uint16_t place, const FieldMask& fields, Homes& homes, FieldMask& present) const {
    if (place != 0) {
      homes[static_cast<std::size_t>(home)] = raw(batch_.place(place));
    } else {
      present = present & ~fields;
    }
  }

  char* write_end(char* out, const Flow& flow) const {
    if (options_.format != RecordFormat::kCsv) {
      if (options_.timestamp) {
        out = copy_text(out, kTimestampKey);
        out = write_number(out, timestamp_ns(flow) / kNsPerUs);
      }
      *out++ = '}';
    }
    if (options_.format != RecordFormat::kJsonArrayItems) *out++ = '\n';
    return out;
  }

  std::uint64_t timestamp_ns(const Flow& flow) const {
    const bool of_end = options_.timestamp_of_end && flow.time_flow_end_ns != 0;
    return of_end ? flow.time_flow_end_ns : batch_.origin(flow).time_received_ns;
  }

  // The fields that every record has: the stamped text, with the present values in their places.
  char* write_always(char* out, const FieldMask& present, const Homes& homes) const {
    if (layout_.always_count == 0) return out;
    const char* const text = stamp_.text();
    const FieldPlaces& places = stamp_.places();
    std::size_t at = 0;
    for_each_bit(present, [&](std::size_t field) {
      out = copy_short(out, text + at, places.value[field] - at);
      out = values_.write(out, field, homes);
      at = places.value_end[field];
    });
    return copy_short(out, text + at, places.end[layout_.always_count - 1] - at);
  }

  char* write_present(char* out, const FieldMask& present, const Homes& homes) const {
    const char* const text = layout_.text.data();
    const FieldPlaces& places = layout_.places;
    for_each_bit(present, [&](std::size_t field) {
      if (has_bit(layout_.of_origin, static_cast<FieldId>(field))) {
        const FieldPlaces& stamped = stamp_.places();
        out = copy_short(out, stamp_.text() + stamped.begin[field],
                         static_cast<std::size_t>(stamped.end[field] - stamped.begin[field]));
        return;
      }
      out = copy_short(out, text + places.begin[field],
                       static_cast<std::size_t>(places.value[field] - places.begin[field]));
      out = values_.write(out, field, homes);
      out = copy_short(out, text + places.value_end[field],
                       static_cast<std::size_t>(places.end[field] - places.value_end[field]));
    });
    return out;
  }

  const RecordLayout& layout_;
  const FlowBatch& batch_;
  Values values_;
  OriginStamp stamp_;
  const RecordOptions options_;
  const bool extras_;
  std::uint32_t stamped_ = 0;  // offset of the origin in stamp_
  std::size_t records_ = 0;
};

// Room is taken for so many flows at a time: few calls, and little more memory than the text needs.
constexpr std::size_t kFlowsAtOnce = 32;

}  // namespace

RecordWriter::RecordWriter(const RecordOptions& options) : layout_(options.format, options.fields), options_(options) {}

std::string RecordWriter::header() const {
  std::string line;
  if (options_.format == RecordFormat::kText) return text_line_header();
  if (options_.format != RecordFormat::kCsv) return line;
  for (const FieldInfo& field : kFields) line.append(line.empty() ? "" : ",").append(field.name);
  return line += '\n';
}

std::size_t RecordWriter::append(const FlowBatch& batch, std::span<const Flow> flows, std::string& out) const {
  if (options_.format == RecordFormat::kText) return append_text_lines(batch, flows, out);
  BatchText text(layout_, batch, options_);
  bool first = out.empty() || out.back() == '[';
  while (!flows.empty()) {
    const auto some = flows.first(std::min(flows.size(), kFlowsAtOnce));
    flows = flows.subspan(some.size());
    std::size_t room = out.size() + kCopySlack;
    for (const Flow& flow : some) room += text.max_length(flow);
    out.resize_and_overwrite(room, [&, had = out.size()](char* begin, std::size_t) {
      char* end = begin + had;
      for (const Flow& flow : some) {
        end = text.write(end, flow, first);
        first = false;
      }
      return static_cast<std::size_t>(end - begin);
    });
  }
  return text.records();
}

}  // namespace weir
