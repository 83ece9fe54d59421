#include "tests/store/rollup_flows.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "flow/batch.h"
#include "store/row_buffer.h"
#include "store/segment_writer.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

template <typename T, std::size_t N>
const T& any_of(std::mt19937_64& random, const std::array<T, N>& choices) {
  return choices[random() % N];
}

IpAddress address(const char* text) { return *IpAddress::parse(text); }

Interface random_interface(std::mt19937_64& random) {
  static const std::array<Interface, 6> kInterfaces{Interface{1, "eth0"}, Interface{7, "eth7"}, Interface{2, ""},
                                                    Interface{0, ""},     Interface{{}, "lan"}, Interface{{}, ""}};
  return any_of(random, kInterfaces);
}

void set_endpoints(PlainFlow& flow, std::mt19937_64& random, bool first_packet_matters) {
  static const std::array<IpAddress, 6> kHosts{address("10.0.0.1"),    address("10.0.0.1"),    address("192.0.2.7"),
                                               address("2001:db8::1"), address("2001:db8::2"), IpAddress{}};
  static const std::array<IpAddress, 4> kGroups{address("224.0.0.251"), address("255.255.255.255"), address("ff02::1"),
                                                address("239.1.2.3")};
  flow.src = any_of(random, kHosts);
  flow.dst = any_of(random, kHosts);
  if (!first_packet_matters) {
    flow.proto = random() % 2 == 0 ? 6 : 17;
    flow.src_port = 40'000;
    flow.dst_port = random() % 2 == 0 ? 443 : 53;
    if (random() % 2 == 0) {
      std::swap(flow.src, flow.dst);
      std::swap(flow.src_port, flow.dst_port);
    }
    return;
  }
  static const std::array<std::uint8_t, 7> kProtocols{6, 6, 17, 17, 47, 1, 58};
  static const std::array<std::uint16_t, 6> kPorts{0, 53, 443, 32'767, 32'768, 50'000};
  flow.proto = any_of(random, kProtocols);
  if (random() % 10 == 0) flow.dst = any_of(random, kGroups);
  if (flow.proto == 6 || flow.proto == 17) {
    flow.src_port = any_of(random, kPorts);
    flow.dst_port = any_of(random, kPorts);
  } else if (flow.proto != 47) {
    static const std::array<std::uint8_t, 8> kTypes{0, 3, 8, 1, 4, 128, 129, 13};
    const std::uint8_t type = any_of(random, kTypes);
    if (random() % 2 == 0) {
      flow.icmp_type = type;
    } else {
      flow.dst_port = static_cast<std::uint16_t>(type << 8 | random() % 2);
    }
  }
}

void turn(PlainFlow& f) {
  std::swap(f.src, f.dst);
  std::swap(f.src_port, f.dst_port);
  std::swap(f.in, f.out);
}

void set_times(PlainFlow& f, std::mt19937_64& random, std::uint64_t day, bool first_packet_matters) {
  f.end = day + random() % 4 * 6 * 3600 * kSecond + random() % 400 * kSecond;
  // Few different starts, so that both sides of a conversation begin together now and then; or all do.
  f.start = day;
  if (first_packet_matters)
    f.start = random() % 8 == 0 ? 0 : f.end - std::min(f.end - day, random() % 50 * 10 * kSecond);
}

}  // namespace

std::vector<PlainFlow> random_flows(std::mt19937_64& random, std::size_t count, std::uint64_t day,
                                    bool first_packet_matters) {
  static const std::array<IpAddress, 2> kExporters{address("198.51.100.1"), address("2001:db8::ff")};
  std::vector<PlainFlow> flows;
  while (flows.size() < count) {
    PlainFlow f;
    if (!flows.empty() && random() % 2 == 0) {  // more of what was there, or an answer to it
      f = flows[random() % flows.size()];
      if (random() % 2 == 0) turn(f);
    } else {
      f.exporter = any_of(random, kExporters);
      if (f.exporter == kExporters[0]) f.host = "edge-1";
      f.in = random_interface(random);
      f.out = random_interface(random);
      if (random() % 2 == 0) f.direction = static_cast<std::uint8_t>(random() % 2);
      if (random() % 10 == 0) f.sampling = 100;
      set_endpoints(f, random, first_packet_matters);
    }
    set_times(f, random, day, first_packet_matters);
    f.packets = random() % 5;
    f.bytes = f.packets * (40 + random() % 1400);
    if (random() % 1000 == 0) f.bytes = UINT64_MAX >> 20;
    // Biflows of exporters keep their direction, whatever their ports.
    f.reverse.reset();
    if (first_packet_matters && random() % 5 == 0) f.reverse = {.bytes = random() % 3 * 100, .packets = random() % 3};
    flows.push_back(f);
  }
  return flows;
}

std::string raw_image(std::span<const PlainFlow> flows) {
  RowBuffer rows;
  BatchWriter writer(BatchPool::create(1), [&](const BatchRef& batch) { rows.append(*batch); });
  for (const PlainFlow& f : flows) {
    Origin origin{};
    origin.time_received_ns = f.end + kSecond;
    origin.sampler_address = f.exporter.bytes;
    origin.sampler_address_family = f.exporter.family;
    writer.set_origin(origin, f.host);
    Flow& flow = *writer.add(256);
    const auto set = [&flow](FieldId id, auto& member, auto value, bool present) {
      if (!present) return;
      member = static_cast<std::remove_reference_t<decltype(member)>>(value);
      flow.mark(id);
    };
    set(FieldId::time_flow_start_ns, flow.time_flow_start_ns, f.start, f.start != 0);
    set(FieldId::time_flow_end_ns, flow.time_flow_end_ns, f.end, true);
    set(FieldId::bytes, flow.bytes, f.bytes, true);
    set(FieldId::packets, flow.packets, f.packets, true);
    set(FieldId::src_addr, flow.src_addr, f.src.bytes, f.src.family != Family::kNone);
    set(FieldId::dst_addr, flow.dst_addr, f.dst.bytes, f.dst.family != Family::kNone);
    flow.src_addr_family = f.src.family;
    flow.dst_addr_family = f.dst.family;
    set(FieldId::src_port, flow.src_port, f.src_port, f.src_port != 0);
    set(FieldId::dst_port, flow.dst_port, f.dst_port, f.dst_port != 0);
    set(FieldId::proto, flow.proto, f.proto, true);
    set(FieldId::icmp_type, flow.icmp_type, f.icmp_type.value_or(0), f.icmp_type.has_value());
    set(FieldId::in_if, flow.in_if, f.in.index.value_or(0), f.in.index.has_value());
    set(FieldId::out_if, flow.out_if, f.out.index.value_or(0), f.out.index.has_value());
    set(FieldId::flow_direction, flow.flow_direction, f.direction.value_or(0), f.direction.has_value());
    set(FieldId::sampling_rate, flow.sampling_rate, f.sampling, f.sampling != 0);
    const auto set_name = [&](FieldId id, Slice& member, const std::string& name) {
      if (!name.empty()) set(id, member, writer.store(as_bytes(name)), true);
    };
    set_name(FieldId::in_if_name, flow.in_if_name, f.in.name);
    set_name(FieldId::out_if_name, flow.out_if_name, f.out.name);
    if (f.reverse) {
      set(FieldId::reverse_bytes, writer.cold().reverse_bytes, f.reverse->bytes, true);
      set(FieldId::reverse_packets, writer.cold().reverse_packets, f.reverse->packets, true);
    }
  }
  writer.flush();
  return encode_segment(rows, 0, rows.rows(), SegmentOptions{});
}

std::shared_ptr<const Segment> raw_segment(std::span<const PlainFlow> flows) {
  auto segment = Segment::from_image(raw_image(flows), "raw");
  if (!segment) throw std::runtime_error(segment.error().message);
  return *segment;
}

}  // namespace weir::test
