#include "exporter/metering/record_writer.h"

#include <array>
#include <cstring>
#include <iterator>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kMaxName = 255;

// The least and the greatest of a direction's packets, as elements have them; of the reverse direction by RFC 5103.
struct Extreme {
  std::uint16_t element;
  std::uint32_t width;
  std::uint64_t (*value)(const FlowHalf&);
};
constexpr Extreme kExtremes[] = {
    {25, 2, [](const FlowHalf& half) { return std::uint64_t{half.min_length}; }},
    {26, 2, [](const FlowHalf& half) { return std::uint64_t{half.max_length}; }},
    {52, 1, [](const FlowHalf& half) { return std::uint64_t{half.min_ttl}; }},
    {53, 1, [](const FlowHalf& half) { return std::uint64_t{half.max_ttl}; }},
};
constexpr std::uint32_t kReverseEnterprise = 29305;
constexpr std::size_t kExtremesRoom = sizeof(ExtrasHeader) + 2 * std::size(kExtremes) * (sizeof(Extra) + 2) + 8;

// The values of flowEndReason (IE 136).
std::uint8_t end_reason(FlowEnd reason) {
  switch (reason) {
    case FlowEnd::kIdle: return 1;
    case FlowEnd::kActive: return 2;
    case FlowEnd::kClosed: return 3;
    case FlowEnd::kShutdown: return 4;
    case FlowEnd::kTableFull: return 5;
    case FlowEnd::kCount: break;
  }
  return 0;
}

void write_key(Flow& flow, const FlowEntry& entry, bool from_b, bool has_ports) {
  const FlowKey key = entry.key();
  std::memcpy(flow.src_addr.data(), from_b ? key.b : key.a, 16);
  std::memcpy(flow.dst_addr.data(), from_b ? key.a : key.b, 16);
  flow.src_addr_family = flow.dst_addr_family = key.family();
  flow.etype = key.family() == Family::kV4 ? 0x0800 : 0x86dd;
  flow.proto = key.proto();
  flow.mark(FieldId::src_addr);
  flow.mark(FieldId::dst_addr);
  flow.mark(FieldId::etype);
  flow.mark(FieldId::proto);
  if (has_ports) {
    flow.src_port = from_b ? key.port_b() : key.port_a();
    flow.dst_port = from_b ? key.port_a() : key.port_b();
    flow.mark(FieldId::src_port);
    flow.mark(FieldId::dst_port);
  }
  if (key.vlan_id() != 0) {
    flow.vlan_id = key.vlan_id();
    flow.mark(FieldId::vlan_id);
  }
}

}  // namespace

FlowRecordWriter::FlowRecordWriter(const MeterOptions& options, BatchWriter& out)
    : out_(out),
      host_(options.host),
      sampling_rate_(options.packet_sampling * options.flow_sampling),
      extremes_(options.extremes) {
  origin_.protocol = FlowProtocol::kWeir;
  origin_.observation_domain_id = options.observation_domain_id;
  origin_.sampler_address = options.exporter_address.bytes;
  origin_.sampler_address_family = options.exporter_address.family;
}

void FlowRecordWriter::set_interface_name(std::uint32_t index, std::string_view name) {
  std::string& known = names_[index];
  if (known == name.substr(0, kMaxName)) return;
  known = name.substr(0, kMaxName);
  ++names_version_;
}

// A new one for every second only: an origin takes room in the batch.
void FlowRecordWriter::set_origin(std::uint64_t now_ns) {
  const std::uint64_t second = now_ns / kNsPerSecond;
  if (origin_.time_received_ns != 0 && origin_.time_received_ns / kNsPerSecond == second) return;
  origin_.time_received_ns = now_ns;
  out_.set_origin(origin_, host_);
}

void FlowRecordWriter::write(const FlowEntry& entry, FlowEnd reason, std::uint64_t now_ns) {
  set_origin(now_ns);
  const bool from_b = (entry.state & flow_state::kReversed) != 0;
  std::string_view name;
  if (const auto found = names_.find(entry.interface); found != names_.end()) name = found->second;
  Flow& flow = *out_.add(kMaxName + 1 + kExtremesRoom);
  write_key(flow, entry, from_b, (entry.state & flow_state::kHasPorts) != 0);
  write_forward(flow, entry, from_b);
  flow.flow_end_reason = end_reason(reason);
  flow.mark(FieldId::flow_end_reason);
  if (sampling_rate_ > 1) {
    flow.sampling_rate = sampling_rate_;
    flow.mark(FieldId::sampling_rate);
  }
  out_.cold().flow_id = entry.flow_id;
  flow.mark(FieldId::flow_id);
  write_side(flow, entry, from_b, name);
  const FlowHalf& reverse = entry.half(!from_b);
  if (extremes_) write_extremes(flow, entry.half(from_b), reverse);
  if (reverse.packets == 0) return;
  write_reverse(reverse, entry.key().proto() == kTcp);
  for (const FieldId id : {FieldId::reverse_bytes, FieldId::reverse_packets, FieldId::reverse_time_flow_start_ns,
                           FieldId::reverse_time_flow_end_ns})
    flow.mark(id);
  if (entry.key().proto() == kTcp) flow.mark(FieldId::reverse_tcp_flags);
}

// Where only the other side spoke, the times are its times: a record stands somewhere in time.
void FlowRecordWriter::write_forward(Flow& flow, const FlowEntry& entry, bool from_b) const {
  const FlowHalf& half = entry.half(from_b);
  const FlowHalf& times = half.packets != 0 ? half : entry.half(!from_b);
  flow.bytes = half.bytes;
  flow.packets = half.packets;
  flow.time_flow_start_ns = times.first_ns;
  flow.time_flow_end_ns = times.last_ns;
  for (const FieldId id : {FieldId::bytes, FieldId::packets, FieldId::time_flow_start_ns, FieldId::time_flow_end_ns})
    flow.mark(id);
  if ((entry.state & flow_state::kHasMac) != 0) {
    flow.src_mac = from_b ? entry.mac_b : entry.mac_a;
    flow.dst_mac = from_b ? entry.mac_a : entry.mac_b;
    flow.mark(FieldId::src_mac);
    flow.mark(FieldId::dst_mac);
  }
  if (entry.key().proto() == kTcp) {
    flow.tcp_flags = half.tcp_flags;
    flow.mark(FieldId::tcp_flags);
  }
  if (half.packets == 0) return;
  flow.ip_tos = half.tos;
  flow.ip_ttl = half.min_ttl;
  flow.mark(FieldId::ip_tos);
  flow.mark(FieldId::ip_ttl);
  if (half.has_icmp) {
    flow.icmp_type = half.icmp_type;
    flow.icmp_code = half.icmp_code;
    flow.mark(FieldId::icmp_type);
    flow.mark(FieldId::icmp_code);
  }
  if (half.flow_label != 0) {
    flow.ipv6_flow_label = half.flow_label;
    flow.mark(FieldId::ipv6_flow_label);
  }
}

// An interface that nothing is known of the direction at is where the flow came in, as a tap is.
void FlowRecordWriter::write_side(Flow& flow, const FlowEntry& entry, bool from_b, std::string_view name) {
  using namespace flow_state;
  const bool in = (entry.state & (from_b ? kInFromB : kInFromA)) != 0;
  const bool out = (entry.state & (from_b ? kInFromA : kInFromB)) != 0;
  if (in || out) {
    flow.flow_direction = out ? 1 : 0;
    flow.mark(FieldId::flow_direction);
  }
  if (entry.interface == 0) return;
  (out ? flow.out_if : flow.in_if) = entry.interface;
  flow.mark(out ? FieldId::out_if : FieldId::in_if);
  if (name.empty()) return;
  const std::uint64_t key = std::uint64_t{names_version_} << 32 | entry.interface;
  (out ? flow.out_if_name : flow.in_if_name) = shared_names_.place(out_, key, [&] { return name; });
  flow.mark(out ? FieldId::out_if_name : FieldId::in_if_name);
}

void FlowRecordWriter::write_extremes(Flow& flow, const FlowHalf& forward, const FlowHalf& reverse) {
  std::array<Extra, 2 * std::size(kExtremes)> entries;
  std::array<std::uint8_t, 2 * 2 * std::size(kExtremes)> values;
  std::size_t count = 0, used = 0;
  for (const FlowHalf* half : {&forward, &reverse}) {
    if (half->packets == 0) continue;
    const std::uint32_t enterprise = half == &reverse ? kReverseEnterprise : 0;
    for (const Extreme& extreme : kExtremes) {
      entries[count++] = {enterprise, extreme.element, 0, extreme.width};
      const std::uint64_t value = extreme.value(*half);
      if (extreme.width == 2) values[used++] = static_cast<std::uint8_t>(value >> 8);
      values[used++] = static_cast<std::uint8_t>(value);
    }
  }
  const ExtrasHeader header{static_cast<std::uint32_t>(count)};
  const std::size_t entries_size = count * sizeof(Extra);
  std::uint8_t* const to = out_.allocate(sizeof header + entries_size + used, flow.extras);
  std::memcpy(to, &header, sizeof header);
  std::memcpy(to + sizeof header, entries.data(), entries_size);
  std::memcpy(to + sizeof header + entries_size, values.data(), used);
}

void FlowRecordWriter::write_reverse(const FlowHalf& reverse, bool is_tcp) {
  FlowCold& cold = out_.cold();
  cold.reverse_bytes = reverse.bytes;
  cold.reverse_packets = reverse.packets;
  cold.reverse_time_flow_start_ns = reverse.first_ns;
  cold.reverse_time_flow_end_ns = reverse.last_ns;
  if (is_tcp) cold.reverse_tcp_flags = reverse.tcp_flags;
}

}  // namespace weir
