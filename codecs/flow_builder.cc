#include "codecs/flow_builder.h"

#include <cstring>

#include "codecs/frame_section.h"
#include "codecs/structured_data.h"
#include "flow/names.h"

namespace weir {
namespace {

bool carries_reverse(const Flow& flow, BatchWriter& out) {
  if (flow.cold == 0) return false;
  const FlowCold& cold = out.cold();
  return cold.reverse_packets != 0 || cold.reverse_bytes != 0;
}

bool has_all(const Flow& flow, const std::uint64_t (&fields)[2]) {
  return (fields[0] & ~flow.present[0]) == 0 && (fields[1] & ~flow.present[1]) == 0;
}

std::uint16_t etype_of(Family family) {
  switch (family) {
    case Family::kV4: return kEtypeIpv4;
    case Family::kV6: return kEtypeIpv6;
    default: return 0;
  }
}

// A template with the addresses of both families has zeros in those of the other one, and zeros are an address of
// either: 0.0.0.0 asks for a lease, :: looks for its neighbours. The other end tells which.
void settle_families(Flow& flow) {
  Family& src = flow.src_addr_family;
  Family& dst = flow.dst_addr_family;
  if (src == dst || src == Family::kNone || dst == Family::kNone) return;
  if (flow.src_addr == AddressBytes{}) {
    src = dst;
  } else if (flow.dst_addr == AddressBytes{}) {
    dst = src;
  }
}

void take_ip_version(const TemplatePlan& plan, const SegmentPlace* places, Flow& flow) {
  if (!plan.ip_version || flow.etype != 0) return;
  const std::uint8_t version = field_bytes(places, *plan.ip_version)[0];
  flow.etype = version == 4 ? kEtypeIpv4 : version == 6 ? kEtypeIpv6 : std::uint16_t{0};
  if (flow.etype != 0) flow.mark(FieldId::etype);
}

std::uint32_t rate_by_interface(const SamplingTable& table, const Flow& flow) {
  const bool egress = flow.flow_direction == 1;
  const std::uint32_t first = table.find(SamplingScope::kInterface, egress ? flow.out_if : flow.in_if);
  return first != 0 ? first : table.find(SamplingScope::kInterface, egress ? flow.in_if : flow.out_if);
}

// The record's own rate, else that of the sampler it names, of its interface, of its template, of the exporter.
std::uint32_t sampling_rate(const Template& used, const Domain& domain, const SegmentPlace* places, const Flow& flow) {
  const SamplingTable& table = domain.sampling;
  if (table.empty() && used.plan.sampling.empty()) return 0;
  SamplingValues values;
  for (const ElementPlace& field : used.plan.sampling) values.take(field.element, field_bytes(places, field.place));
  if (const std::uint32_t own = values.rate(); own != 0) return own;
  if (table.empty()) return 0;
  if (values.sampler) {
    if (const std::uint32_t rate = table.find(SamplingScope::kSampler, *values.sampler); rate != 0) return rate;
  }
  if (const std::uint32_t rate = rate_by_interface(table, flow); rate != 0) return rate;
  if (const std::uint32_t rate = table.find(SamplingScope::kTemplate, used.spec.id); rate != 0) return rate;
  return values.sampler ? table.find(SamplingScope::kExporter, 0) : table.common();
}

}  // namespace

void derive_fields(Flow& flow, bool has_icmp) {
  settle_families(flow);
  if (flow.etype == 0) {
    const std::uint16_t by_source = etype_of(flow.src_addr_family);
    flow.etype = by_source != 0 ? by_source : etype_of(flow.dst_addr_family);
    if (flow.etype != 0) flow.mark(FieldId::etype);
  }
  // Cisco's convention since v5: the port of an ICMP flow is type * 256 + code.
  const bool icmp = flow.proto == kProtoIcmp || flow.proto == kProtoIcmpv6;
  if (icmp && !has_icmp && flow.has(FieldId::dst_port)) {
    flow.icmp_type = static_cast<std::uint8_t>(flow.dst_port >> 8);
    flow.icmp_code = static_cast<std::uint8_t>(flow.dst_port);
    flow.mark(FieldId::icmp_type);
    flow.mark(FieldId::icmp_code);
  }
}

void FlowBuilder::render(const Template& used, const Domain& domain, const SegmentPlace* places) {
  rendered_bytes_ = 0;
  if (!used.plan.has_structured) return;
  const TemplateLookup lookup = [&domain](std::uint16_t id) -> SubTemplate {
    const auto found = domain.templates.find(id);
    if (found == domain.templates.end()) return {};
    return {&found->second->spec, &found->second->plan};
  };
  rendered_.assign(used.plan.extras.size(), {});
  for (std::size_t i = 0; i < rendered_.size(); ++i) {
    const ExtraStep& extra = used.plan.extras[i];
    if (!extra.structured || rendered_bytes_ > kMaxRendered) continue;
    const ElementInfo& info = *find_element(extra.element.enterprise, extra.element.id);
    rendered_[i] = render_structured(info.type, field_bytes(places, extra.place), lookup);
    rendered_bytes_ += rendered_[i].size();
  }
}

void FlowBuilder::take_names(const InterfaceNames& names, BatchWriter& out, Flow& flow) {
  const auto take = [&](FieldId from, std::uint32_t index, FieldId to, Slice& member) {
    if (!flow.has(from)) return;
    member = names_.place(out, std::uint64_t{names.version()} << 32 | index, [&] { return names.find(index); });
    if (member.length != 0) flow.mark(to);
  };
  take(FieldId::in_if, flow.in_if, FieldId::in_if_name, flow.in_if_name);
  take(FieldId::out_if, flow.out_if, FieldId::out_if_name, flow.out_if_name);
}

void FlowBuilder::add_extras(const TemplatePlan& plan, const SegmentPlace* places, BatchWriter& out, Flow& flow) {
  const auto value_of = [&](std::size_t i) {
    const bool rendered = plan.extras[i].structured && !rendered_[i].empty();
    return rendered ? as_bytes(rendered_[i]) : field_bytes(places, plan.extras[i].place);
  };
  std::uint32_t count = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < plan.extras.size(); ++i) {
    if (!is_wanted(plan.extras[i], places, flow)) continue;
    ++count;
    bytes += value_of(i).size();
  }
  if (count == 0) return;
  std::uint8_t* at = out.allocate(sizeof(ExtrasHeader) + count * sizeof(Extra) + bytes, flow.extras);
  std::memcpy(at, &count, sizeof count);
  at += sizeof(ExtrasHeader);
  std::uint8_t* values = at + count * sizeof(Extra);
  for (std::size_t i = 0; i < plan.extras.size(); ++i) {
    const ExtraStep& extra = plan.extras[i];
    if (!is_wanted(extra, places, flow)) continue;
    const Bytes value = value_of(i);
    const bool rendered = extra.structured && !rendered_[i].empty();
    const Extra entry{extra.element.enterprise, extra.element.id, rendered ? kExtraRendered : std::uint16_t{0},
                      static_cast<std::uint32_t>(value.size())};
    std::memcpy(at, &entry, sizeof entry);
    at += sizeof entry;
    if (!value.empty()) std::memcpy(values, value.data(), value.size());
    values += value.size();
  }
}

Flow* FlowBuilder::add(const Template& used, const Domain& domain, const SegmentPlace* places,
                       const MessageClock& clock, BatchWriter& out, ExporterStats& stats) {
  const TemplatePlan& plan = used.plan;
  // Fields lie side by side, so that extras' bytes are at most those from the first segment to the last one's end.
  std::size_t record = plan.segments.back().fixed;
  for (std::size_t i = 0; i < plan.segments.size() && plan.variable; ++i) {
    record += places[i].variable_length + (i + 1 < plan.segments.size() ? plan.segments[i].fixed : 0);
  }
  std::size_t arena = plan.list_bytes + 64;
  if (!domain.names.empty()) arena += 2 * (InterfaceNames::kMaxName + 8);
  if (!plan.frames.empty()) arena += kSectionArena;
  bool extras = !plan.extras.empty();
  const std::size_t for_extras = sizeof(ExtrasHeader) + plan.extras.size() * sizeof(Extra) + record + rendered_bytes_;

  Flow* flow = out.add(arena + (extras ? for_extras : 0));
  if (flow == nullptr && extras) {
    ++stats.extras_dropped;
    extras = false;
    flow = out.add(arena);
  }
  if (flow == nullptr) return nullptr;
  run_plan(plan, places, clock, out, *flow);
  for (const ElementPlace& frame : plan.frames) {
    fill_from_section(frame.element.id, field_bytes(places, frame.place), out, *flow);
  }
  derive_fields(*flow, plan.has_icmp || !plan.frames.empty());
  take_ip_version(plan, places, *flow);
  flow->sampling_rate = sampling_rate(used, domain, places, *flow);
  if (flow->sampling_rate != 0) flow->mark(FieldId::sampling_rate);
  if (!domain.names.empty()) take_names(domain.names, out, *flow);
  if (extras && !(plan.only_unset_extras && has_all(*flow, plan.unset_fields))) add_extras(plan, places, out, *flow);
  return flow;
}

void FlowBuilder::build(const Template& used, const Domain& domain, const SegmentPlace* places,
                        const MessageClock& clock, BatchWriter& out, ExporterStats& stats) {
  MessageClock record_clock = clock;
  if (used.plan.boot) {
    const std::uint64_t boot_ms = load_be64(field_bytes(places, *used.plan.boot).data());
    if (boot_ms != 0) record_clock.boot_ns = flow_time_ns(TimeForm::kMilliseconds, boot_ms, clock);
  }
  render(used, domain, places);
  const Flow* const flow = add(used, domain, places, record_clock, out, stats);
  if (flow == nullptr) return;
  ++stats.flows;
  if (used.plan.has_reverse && carries_reverse(*flow, out)) ++stats.biflows;
}

}  // namespace weir
