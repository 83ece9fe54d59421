#include "codecs/record.h"

#include <algorithm>
#include <cstring>

#include "codecs/element_map.h"

namespace weir {
namespace {

template <typename T>
void put(std::uint8_t* member, T value) {
  std::memcpy(member, &value, sizeof value);
}

bool fits(std::uint64_t value, unsigned width) { return width >= 8 || value >> (8 * width) == 0; }

void put_unsigned(std::uint8_t* member, unsigned width, std::uint64_t value) {
  std::memcpy(member, &value, width);  // little-endian: the low bytes come first
}

bool all_zero(const std::uint8_t* p, std::size_t n) {
  return std::all_of(p, p + n, [](std::uint8_t b) { return b == 0; });
}

void put_address(std::uint8_t* home, const Step& step, Bytes value) {
  std::memset(home + step.member, 0, sizeof(AddressBytes));
  std::memcpy(home + step.member, value.data(), value.size());
  home[step.family] = static_cast<std::uint8_t>(value.size() == 4 ? Family::kV4 : Family::kV6);
}

void put_icmp(Flow& flow, std::uint64_t type_and_code) {
  flow.icmp_type = static_cast<std::uint8_t>(type_and_code >> 8);
  flow.icmp_code = static_cast<std::uint8_t>(type_and_code);
  flow.mark(FieldId::icmp_type);
  flow.mark(FieldId::icmp_code);
}

inline void put_time(const Step& step, std::uint64_t value, const MessageClock& clock, std::uint8_t* home, Flow& flow) {
  const std::uint64_t time = flow_time_ns(step.form, value, clock);
  if (time == 0) return;
  put(home + step.member, time);
  flow.mark(step.field);
}

// The operations whose outcome hangs on the value. `home` is the struct that holds the member.
void run_checked(const Step& step, Bytes value, const MessageClock& clock, std::uint8_t* home, Flow& flow) {
  if (step.op == Op::kAddress) {
    if (value.size() != 4 && value.size() != 16) return;
    put_address(home, step, value);
    flow.mark(step.field);
    return;
  }
  const auto number = to_unsigned(value);
  if (!number) return;
  if (step.op == Op::kIcmpTypeCode) return put_icmp(flow, *number);
  if (is_time(step.op)) return put_time(step, *number, clock, home, flow);
  if (!fits(*number, step.member_width)) return;
  put_unsigned(home + step.member, step.member_width, *number);
  flow.mark(step.field);
}

[[gnu::always_inline]] inline void run_step(const Step& step, const std::uint8_t* p, const SegmentPlace* places,
                                            const MessageClock& clock, std::uint8_t* home, Flow& flow) {
  std::uint8_t* const member = home + step.member;
  switch (step.op) {
    case Op::kCopy8: *member = *p; break;
    case Op::kSwap16: put(member, load_be16(p)); break;
    case Op::kSwap32: put(member, load_be32(p)); break;
    case Op::kSwap64: put(member, load_be64(p)); break;
    case Op::kWiden8to16: put(member, std::uint16_t{*p}); break;
    case Op::kWiden16to32: put(member, std::uint32_t{load_be16(p)}); break;
    case Op::kWiden32to64: put(member, std::uint64_t{load_be32(p)}); break;
    case Op::kMac: std::memcpy(member, p, sizeof(MacAddress)); break;
    case Op::kAddress4:
      std::memcpy(member, p, 4);
      home[step.family] = static_cast<std::uint8_t>(Family::kV4);
      break;
    case Op::kAddress16:
      std::memcpy(member, p, 16);
      home[step.family] = static_cast<std::uint8_t>(Family::kV6);
      break;
    case Op::kTime32: put_time(step, load_be32(p), clock, home, flow); break;
    case Op::kTime64: put_time(step, load_be64(p), clock, home, flow); break;
    default: run_checked(step, field_bytes(places, step.place), clock, home, flow);
  }
}

void run_steps(const TemplatePlan& plan, const SegmentPlace* places, const MessageClock& clock, Flow& flow,
               FlowCold* cold) {
  std::uint8_t* const homes[2] = {reinterpret_cast<std::uint8_t*>(&flow), reinterpret_cast<std::uint8_t*>(cold)};
  if (!plan.variable) {
    const std::uint8_t* const base = places[0].base;
    for (const Step& step : plan.steps) run_step(step, base + step.place.offset, places, clock, homes[step.cold], flow);
    return;
  }
  for (const Step& step : plan.steps) {
    run_step(step, places[step.place.segment].base + step.place.offset, places, clock, homes[step.cold], flow);
  }
}

bool is_unset(const Step& step, const Flow& flow, const std::uint8_t* home) {
  if (!flow.has(step.field)) return true;
  return zero_is_absent(step.field) && all_zero(home + step.member, step.member_width);
}

void run_alternate(const Step& step, const SegmentPlace* places, const MessageClock& clock, Flow& flow,
                   FlowCold* cold) {
  auto* const home = step.cold ? reinterpret_cast<std::uint8_t*>(cold) : reinterpret_cast<std::uint8_t*>(&flow);
  const Bytes value = field_bytes(places, step.place);
  if (!is_unset(step, flow, home)) return;
  if (flow.has(step.field) && all_zero(value.data(), value.size())) return;  // it knows no better
  switch (step.op) {
    case Op::kMac:
      std::memcpy(home + step.member, value.data(), sizeof(MacAddress));
      flow.mark(step.field);
      break;
    case Op::kAddress4:
    case Op::kAddress16:
      put_address(home, step, value);
      flow.mark(step.field);
      break;
    default: run_checked(step, value, clock, home, flow);
  }
}

// The elements of one list field, from `first` on; how many there are.
std::size_t run_list(std::span<const Step> steps, const SegmentPlace* places, BatchWriter& out, Flow& flow) {
  const FieldId field = steps.front().field;
  const auto other = std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.field != field; });
  const auto count = static_cast<std::size_t>(other - steps.begin());
  Slice slice;
  std::uint8_t* const start = out.allocate(count * sizeof(IpAddress), slice.offset);
  std::uint8_t* at = start;
  for (const Step& step : steps.first(count)) {
    const Bytes value = field_bytes(places, step.place);
    if (all_zero(value.data(), value.size())) continue;  // an unused slot of the stack
    if (step.op == Op::kAddressList) {
      const IpAddress address = value.size() == 4 ? IpAddress::v4(value.data()) : IpAddress::v6(value.data());
      std::memcpy(at, &address, sizeof address);
      at += sizeof address;
      continue;
    }
    // A label stack entry is 20 bits of label, 3 of traffic class, the bottom bit, and (in 4 bytes) a TTL (RFC 3032).
    std::uint32_t number = static_cast<std::uint32_t>(load_be(value.data(), value.size()));
    if (step.op == Op::kMplsLabel) number >>= value.size() == 3 ? 4 : 12;
    put(at, number);
    at += sizeof number;
  }
  slice.length = static_cast<std::uint32_t>(at - start);
  if (slice.length != 0) {
    std::memcpy(reinterpret_cast<std::uint8_t*>(&out.cold()) + steps.front().member, &slice, sizeof slice);
    flow.mark(field);
  }
  return count;
}

}  // namespace

std::optional<std::size_t> locate_record(std::span<const PlanSegment> segments, Bytes bytes,
                                         std::vector<SegmentPlace>& places) {
  ByteReader reader(bytes);
  places.resize(segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    places[i].base = bytes.data() + reader.position();
    reader.skip(segments[i].fixed);
    if (!segments[i].ends_variable) continue;
    std::uint32_t length = reader.u8();
    if (length == 255) length = reader.u16();
    places[i].variable = bytes.data() + reader.position();
    places[i].variable_length = length;
    reader.skip(length);
  }
  if (reader.failed()) return std::nullopt;
  return reader.position();
}

std::optional<std::uint64_t> to_unsigned(Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t excess = bytes.size() > 8 ? bytes.size() - 8 : 0;
  if (!all_zero(bytes.data(), excess)) return std::nullopt;
  return load_be(bytes.data() + excess, bytes.size() - excess);
}

void run_plan(const TemplatePlan& plan, const SegmentPlace* places, const MessageClock& clock, BatchWriter& out,
              Flow& flow) {
  flow.present[0] = plan.present[0];
  flow.present[1] = plan.present[1];
  FlowCold* const cold = plan.has_cold ? &out.cold() : nullptr;
  run_steps(plan, places, clock, flow, cold);
  for (const Step& step : plan.alternates) run_alternate(step, places, clock, flow, cold);
  for (std::size_t i = 0; i < plan.lists.size();) i += run_list(std::span(plan.lists).subspan(i), places, out, flow);
}

bool is_wanted(const ExtraStep& extra, const SegmentPlace* places, const Flow& flow) {
  switch (extra.when) {
    case ExtraStep::When::kAlways: return true;
    case ExtraStep::When::kUnset: return !flow.has(extra.field) && !field_bytes(places, extra.place).empty();
    case ExtraStep::When::kTooLarge: {
      const Bytes value = field_bytes(places, extra.place);
      const auto number = to_unsigned(value);
      return !value.empty() && !(number && fits(*number, field_info(extra.field).width));
    }
  }
  return true;
}

}  // namespace weir
