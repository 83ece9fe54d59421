#include "tests/sinks/sample_flows.h"

#include <cstring>

#include "flow/names.h"

namespace weir::sample {
namespace {

constexpr std::uint64_t kReceived = 1'789'000'000'123'456'789;

template <typename T>
Slice store_list(BatchWriter& writer, const std::vector<T>& values) {
  return writer.store({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)});
}

void set_times(Flow& flow) {
  flow.time_flow_start_ns = kReceived - 2'123'456'789;
  flow.time_flow_end_ns = kReceived - 1'000'456'789;
  flow.mark(FieldId::time_flow_start_ns);
  flow.mark(FieldId::time_flow_end_ns);
}

void set_counters(Flow& flow, std::uint64_t bytes, std::uint64_t packets) {
  flow.bytes = bytes;
  flow.packets = packets;
  flow.mark(FieldId::bytes);
  flow.mark(FieldId::packets);
}

void set_transport(Flow& flow, std::uint16_t etype, std::uint8_t proto, std::uint16_t src, std::uint16_t dst) {
  flow.etype = etype;
  flow.proto = proto;
  flow.src_port = src;
  flow.dst_port = dst;
  for (const FieldId id : {FieldId::etype, FieldId::proto, FieldId::src_port, FieldId::dst_port}) flow.mark(id);
}

void set_interfaces(Flow& flow, std::uint32_t in, std::uint32_t out) {
  flow.in_if = in;
  flow.out_if = out;
  flow.mark(FieldId::in_if);
  flow.mark(FieldId::out_if);
}

}  // namespace

Batches::Batches() : writer_(BatchPool::create(), [this](BatchRef b) { published_.push_back(std::move(b)); }) {
  writer_.set_origin(netflow_v9_origin(), "edge1.example.net");
}

Flow& Batches::add(std::size_t arena) { return *(last_ = writer_.add(arena)); }

void Batches::set_address(FieldId id, std::string_view text) {
  const IpAddress address = IpAddress::parse(text).value();
  const auto set = [&](AddressBytes& bytes, Family& family) {
    bytes = address.bytes;
    family = address.family;
  };
  last_->mark(id);
  switch (id) {
    case FieldId::src_addr: return set(last_->src_addr, last_->src_addr_family);
    case FieldId::dst_addr: return set(last_->dst_addr, last_->dst_addr_family);
    case FieldId::next_hop: return set(last_->next_hop, last_->next_hop_family);
    case FieldId::bgp_next_hop: return set(writer_.cold().bgp_next_hop, writer_.cold().bgp_next_hop_family);
    case FieldId::post_nat_src_addr:
      return set(writer_.cold().post_nat_src_addr, writer_.cold().post_nat_src_addr_family);
    case FieldId::post_nat_dst_addr:
      return set(writer_.cold().post_nat_dst_addr, writer_.cold().post_nat_dst_addr_family);
    default: std::abort();
  }
}

void Batches::set_extras(const std::vector<ExtraValue>& extras) {
  std::string bytes;
  const ExtrasHeader header{static_cast<std::uint32_t>(extras.size())};
  bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  for (const ExtraValue& extra : extras) {
    const Extra entry{extra.enterprise, extra.element, extra.flags, static_cast<std::uint32_t>(extra.bytes.size())};
    bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  for (const ExtraValue& extra : extras) bytes += extra.bytes;
  last_->extras = text(bytes).offset;
}

Slice Batches::list(const std::vector<std::uint32_t>& values) { return store_list(writer_, values); }
Slice Batches::list(const std::vector<IpAddress>& values) { return store_list(writer_, values); }

std::vector<BatchRef> Batches::take() {
  writer_.flush();
  return std::exchange(published_, {});
}

BatchRef Batches::take_one() { return take().at(0); }

Origin netflow_v9_origin() {
  Origin origin{};
  origin.time_received_ns = kReceived;
  const IpAddress sampler = IpAddress::parse("192.0.2.1").value();
  origin.sampler_address = sampler.bytes;
  origin.sampler_address_family = sampler.family;
  origin.sequence_num = 4'294'967'295;
  origin.observation_domain_id = 256;
  origin.protocol = FlowProtocol::kNetflowV9;
  return origin;
}

BatchRef ipv4() {
  Batches b;
  Flow& flow = b.add();
  set_times(flow);
  set_counters(flow, 18'446'744'073'709'551'615U, 1'234'567);
  set_transport(flow, kEtypeIpv4, kProtoTcp, 51'234, 443);
  set_interfaces(flow, 3, 12);
  b.set_address(FieldId::src_addr, "10.1.2.3");
  b.set_address(FieldId::dst_addr, "198.51.100.77");
  b.set_address(FieldId::next_hop, "192.0.2.254");
  flow.sampling_rate = 1000;
  flow.tcp_flags = 0x1b;
  flow.src_mac = {0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc};
  flow.dst_mac = {0x02, 0, 0, 0, 0, 0x01};
  flow.src_as = 64'500;
  flow.dst_as = 4'200'000'000;
  flow.src_mask = 20;
  flow.dst_mask = 24;
  flow.flow_end_reason = 3;
  for (const FieldId id : {FieldId::sampling_rate, FieldId::tcp_flags, FieldId::src_mac, FieldId::dst_mac,
                           FieldId::src_as, FieldId::dst_as, FieldId::src_net, FieldId::dst_net,
                           FieldId::flow_direction, FieldId::flow_end_reason, FieldId::ip_tos})
    flow.mark(id);
  flow.in_if_name = b.text("xe-0/0/3");
  flow.mark(FieldId::in_if_name);
  return b.take_one();
}

BatchRef ipv6() {
  Batches b;
  Origin origin = netflow_v9_origin();
  origin.protocol = FlowProtocol::kIpfix;
  const IpAddress sampler = IpAddress::parse("2001:db8:ffff::1").value();
  origin.sampler_address = sampler.bytes;
  origin.sampler_address_family = sampler.family;
  b.writer().set_origin(origin);
  Flow& flow = b.add();
  set_times(flow);
  set_counters(flow, 5120, 4);
  set_transport(flow, kEtypeIpv6, kProtoUdp, 53, 40'000);
  set_interfaces(flow, 3, 12);
  b.set_address(FieldId::src_addr, "2001:db8::53");
  b.set_address(FieldId::dst_addr, "2001:db8:1:2:3:4:5:6");
  b.set_address(FieldId::bgp_next_hop, "fe80::1");
  flow.ipv6_flow_label = 0xfffff;
  flow.src_mask = 32;
  flow.dst_mask = 64;
  for (const FieldId id : {FieldId::ipv6_flow_label, FieldId::src_net, FieldId::dst_net}) flow.mark(id);
  FlowCold& cold = b.writer().cold();
  cold.bgp_communities = b.list(std::vector<std::uint32_t>{4'227'792'897, 65'535});
  cold.as_path = b.list(std::vector<std::uint32_t>{64'500, 64'501, 4'200'000'000});
  flow.mark(FieldId::bgp_communities);
  flow.mark(FieldId::as_path);
  return b.take_one();
}

BatchRef icmp() {
  Batches b;
  Origin origin = netflow_v9_origin();
  origin.protocol = FlowProtocol::kNetflowV5;
  origin.observation_domain_id = 0;
  b.writer().set_origin(origin);
  Flow& flow = b.add();
  set_times(flow);
  set_counters(flow, 84, 1);
  set_transport(flow, kEtypeIpv4, kProtoIcmp, 0, 0x0301);
  b.set_address(FieldId::src_addr, "203.0.113.9");
  b.set_address(FieldId::dst_addr, "10.1.2.3");
  flow.icmp_type = 3;
  flow.icmp_code = 1;
  flow.src_mask = 0;
  for (const FieldId id : {FieldId::icmp_type, FieldId::icmp_code, FieldId::src_net}) flow.mark(id);
  return b.take_one();
}

BatchRef mpls() {
  Batches b;
  Flow& flow = b.add();
  set_times(flow);
  set_counters(flow, 1500, 1);
  set_transport(flow, kEtypeIpv4, kProtoUdp, 5000, 5001);
  b.set_address(FieldId::src_addr, "10.9.9.9");
  b.set_address(FieldId::dst_addr, "10.8.8.8");
  FlowCold& cold = b.writer().cold();
  cold.mpls_label = b.list(std::vector<std::uint32_t>{24'002, 1'048'575, 3});
  cold.mpls_ttl = b.list(std::vector<std::uint32_t>{64, 63, 255});
  cold.mpls_ip =
      b.list(std::vector<IpAddress>{IpAddress::parse("10.0.0.2").value(), IpAddress::parse("2001:db8::2").value()});
  cold.ingress_vrf_id = 100;
  for (const FieldId id : {FieldId::mpls_label, FieldId::mpls_ttl, FieldId::mpls_ip, FieldId::ingress_vrf_id})
    flow.mark(id);
  return b.take_one();
}

BatchRef biflow() {
  Batches b;
  Origin origin = netflow_v9_origin();
  origin.protocol = FlowProtocol::kIpfix;
  b.writer().set_origin(origin, "probe");
  Flow& flow = b.add();
  set_times(flow);
  set_counters(flow, 1000, 10);
  set_transport(flow, kEtypeIpv4, kProtoTcp, 50'000, 80);
  set_interfaces(flow, 7, 9);
  b.set_address(FieldId::src_addr, "10.1.1.1");
  b.set_address(FieldId::dst_addr, "10.2.2.2");
  b.set_address(FieldId::next_hop, "10.0.0.254");
  flow.tcp_flags = 0x02;
  flow.src_mask = 24;
  flow.ip_ttl = 64;
  for (const FieldId id : {FieldId::tcp_flags, FieldId::src_net, FieldId::flow_direction, FieldId::ip_ttl})
    flow.mark(id);
  FlowCold& cold = b.writer().cold();
  cold.reverse_bytes = 2000;
  cold.reverse_packets = 20;
  cold.reverse_tcp_flags = 0x12;
  cold.reverse_time_flow_start_ns = flow.time_flow_start_ns + 1'000'000;
  cold.reverse_time_flow_end_ns = flow.time_flow_end_ns - 1'000'000;
  flow.in_if_name = b.text("lan");
  for (const FieldId id : {FieldId::reverse_bytes, FieldId::reverse_packets, FieldId::reverse_tcp_flags,
                           FieldId::reverse_time_flow_start_ns, FieldId::reverse_time_flow_end_ns, FieldId::in_if_name})
    flow.mark(id);
  return b.take_one();
}

BatchRef extras() {
  Batches b;
  Flow& flow = b.add();
  set_counters(flow, 100, 1);
  b.set_extras({{0, 96, "web \"quoted\""},
                {0, 33, std::string("\x00\x07", 2)},
                {0, 322, std::string("\xdc\x94\xe3\x00\x80\x00\x00\x00", 8)},
                {29305, 33, "\x09"},
                {64999, 12, "\x01\xff"}});
  return b.take_one();
}

std::vector<BatchRef> numbered(std::size_t batches, std::size_t flows_each, std::uint64_t first) {
  Batches b;
  std::vector<BatchRef> all;
  for (std::size_t i = 0; i < batches; ++i) {
    for (std::size_t j = 0; j < flows_each; ++j) {
      Flow& flow = b.add(0);
      set_counters(flow, 64, first++);
      flow.src_port = static_cast<std::uint16_t>(j);
      flow.mark(FieldId::src_port);
    }
    all.push_back(b.take_one());
  }
  return all;
}

}  // namespace weir::sample
