#include "exporter/generator/flow_generator.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "exporter/generator/random.h"
#include "exporter/generator/zipf.h"
#include "flow/names.h"

namespace weir {
namespace {

constexpr std::uint32_t kInsideAs = 64500;
constexpr std::uint32_t kSites = 16;
constexpr std::size_t kInsideHosts = 4096;
constexpr std::size_t kOutsideHosts = 32768;

constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;

enum EndReason : std::uint8_t { kIdle = 1, kActive = 2, kEndDetected = 3 };  // IE 136

// Networks that much traffic goes to, largest first.
struct NetworkFacts {
  std::uint32_t as;
  std::string_view v4, v6;
};
constexpr NetworkFacts kNetworks[] = {
    {15169, "142.250.0.0/15", "2a00:1450::/32"}, {20940, "23.32.0.0/11", "2a02:26f0::/32"},
    {13335, "104.16.0.0/13", "2606:4700::/32"},  {16509, "52.84.0.0/15", "2600:9000::/28"},
    {32934, "157.240.0.0/16", "2a03:2880::/32"}, {8075, "40.96.0.0/13", "2603:1000::/24"},
    {54113, "151.101.0.0/16", "2a04:4e40::/32"}, {396982, "34.64.0.0/10", "2600:1900::/28"},
    {2906, "45.57.0.0/17", "2a00:86c0::/32"},    {714, "17.248.0.0/13", "2620:149::/32"},
    {24940, "88.198.0.0/16", "2a01:4f8::/32"},   {16276, "51.68.0.0/16", "2001:41d0::/32"},
    {14061, "159.65.0.0/16", "2604:a880::/32"},  {3320, "79.192.0.0/10", "2003::/19"},
    {7922, "73.0.0.0/8", "2601::/20"},           {4134, "113.64.0.0/11", "240e::/20"},
};

struct Service {
  std::uint8_t proto;
  std::uint16_t port;
  double weight;
  std::uint32_t max_packets;
  std::uint16_t request_bytes, response_bytes;  // of a usual packet
  std::uint8_t tos;
};
constexpr Service kServices[] = {
    {kProtoTcp, 443, 40, 50'000, 120, 1400, 0},  {kProtoUdp, 443, 15, 50'000, 90, 1250, 0},
    {kProtoUdp, 53, 14, 2, 70, 180, 0},          {kProtoTcp, 80, 8, 20'000, 140, 1380, 0},
    {kProtoIcmp, 0, 4, 30, 84, 84, 0},           {kProtoUdp, 123, 3, 2, 76, 76, 0},
    {kProtoTcp, 22, 3, 5'000, 100, 180, 0x48},   {kProtoTcp, 993, 2, 2'000, 110, 700, 0},
    {kProtoTcp, 25, 2, 500, 900, 80, 0},         {kProtoUdp, 3478, 2, 20'000, 220, 220, 0xb8},
    {kProtoTcp, 8080, 2, 5'000, 130, 1200, 0},   {kProtoUdp, 5060, 1, 20, 600, 500, 0x68},
    {kProtoTcp, 3389, 1, 20'000, 110, 900, 0},   {kProtoUdp, 51820, 1, 100'000, 500, 1000, 0},
    {kProtoTcp, 5432, 1, 2'000, 150, 800, 0x28},
};

struct Network {
  std::uint32_t as;
  std::uint32_t interface;
  std::uint16_t vlan;
  Prefix v4, v6;
  IpAddress v4_next_hop, v6_next_hop;  // the router behind which it lies
  MacAddress mac;                      // of that router
};

struct Host {
  AddressBytes v4, v6;
  const Network* network;
};

AddressBytes host_in(const Prefix& prefix, Random& random) {
  AddressBytes host = prefix.address.bytes;
  const std::size_t length = prefix.address.family == Family::kV4 ? 4 : 16;
  std::array<std::uint8_t, 16> noise;
  store_be64(noise.data(), random.next());
  store_be64(noise.data() + 8, random.next());
  for (std::size_t i = 0; i < length; ++i) {
    const unsigned fixed = static_cast<unsigned>(std::clamp<std::ptrdiff_t>(
        static_cast<std::ptrdiff_t>(prefix.length) - static_cast<std::ptrdiff_t>(8 * i), 0, 8));
    host[i] = static_cast<std::uint8_t>(host[i] | (noise[i] & (0xffU >> fixed)));
  }
  return host;
}

Host make_host(const Network& network, Random& random) {
  return {host_in(network.v4, random), host_in(network.v6, random), &network};
}

Prefix v4_site(std::uint32_t site) { return {IpAddress::v4(0x0a140000 | site << 8), 24}; }

Prefix v6_site(std::uint32_t site) {
  AddressBytes bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, static_cast<std::uint8_t>(site)};
  return {IpAddress::v6(bytes.data()), 64};
}

// Locally administered; the last bytes tell routers apart.
MacAddress router_mac(std::uint32_t number) {
  return {0x02, 0x00, 0x5e, 0x10, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

Network make_network(std::uint32_t number, std::uint32_t as, std::uint32_t interface, const Prefix& v4,
                     const Prefix& v6) {
  AddressBytes v6_hop{0xfe, 0x80};
  v6_hop[15] = static_cast<std::uint8_t>(number + 1);
  return {.as = as,
          .interface = interface,
          .vlan = static_cast<std::uint16_t>(100 + number),
          .v4 = v4,
          .v6 = v6,
          .v4_next_hop = IpAddress::v4(0xc0000200 + number + 1),  // 192.0.2.0/24
          .v6_next_hop = IpAddress::v6(v6_hop.data()),
          .mac = router_mac(number)};
}

// All hosts, most popular first.
struct World {
  std::vector<Network> networks;
  std::vector<Host> inside, outside;

  explicit World(Random& random) {
    const std::size_t outside_networks = std::size(kNetworks);
    networks.reserve(kSites + outside_networks);
    inside.reserve(kInsideHosts);
    outside.reserve(kOutsideHosts);
    for (std::uint32_t site = 0; site < kSites; ++site) {
      networks.push_back(make_network(site, kInsideAs, 1 + site % 8, v4_site(site), v6_site(site)));
    }
    for (std::uint32_t i = 0; i < outside_networks; ++i) {
      const NetworkFacts& facts = kNetworks[i];
      networks.push_back(
          make_network(kSites + i, facts.as, 101 + i % 4, *Prefix::parse(facts.v4), *Prefix::parse(facts.v6)));
    }
    for (std::size_t i = 0; i < kInsideHosts; ++i) inside.push_back(make_host(networks[random.below(kSites)], random));
    const WeightedChoice popular_network = zipf(outside_networks);
    for (std::size_t i = 0; i < kOutsideHosts; ++i) {
      outside.push_back(make_host(networks[kSites + popular_network.pick(random)], random));
    }
  }
};

std::vector<double> service_weights() {
  std::vector<double> weights;
  for (const Service& service : kServices) weights.push_back(service.weight);
  return weights;
}

constexpr FieldId kAlwaysPresent[] = {
    FieldId::time_flow_start_ns,
    FieldId::time_flow_end_ns,
    FieldId::bytes,
    FieldId::packets,
    FieldId::src_addr,
    FieldId::dst_addr,
    FieldId::etype,
    FieldId::proto,
    FieldId::in_if,
    FieldId::out_if,
    FieldId::src_mac,
    FieldId::dst_mac,
    FieldId::src_vlan,
    FieldId::dst_vlan,
    FieldId::ip_tos,
    FieldId::src_as,
    FieldId::dst_as,
    FieldId::next_hop,
    FieldId::src_net,
    FieldId::dst_net,
    FieldId::flow_direction,
    FieldId::flow_end_reason,
};

}  // namespace

struct FlowGenerator::Impl {
  TrafficOptions options;
  Random random;
  World world;
  WeightedChoice inside = zipf(kInsideHosts);
  WeightedChoice outside = zipf(kOutsideHosts);
  WeightedChoice services{service_weights()};
  Flow blank{};  // with what every flow has marked as present

  explicit Impl(const TrafficOptions& o) : options(o), random(o.seed), world(random) {
    for (const FieldId id : kAlwaysPresent) blank.mark(id);
  }

  Flow next(std::uint64_t now_ns);
  void set_endpoints(Flow& flow, const Host& src, const Host& dst, bool v6);
  void set_icmp(Flow& flow, bool v6, bool response);
  void set_ports(Flow& flow, std::uint16_t service_port, bool response);
  void set_tcp(Flow& flow, bool response);
  void set_size(Flow& flow, const Service& service, bool v6, bool response);
  void set_times(Flow& flow, std::uint64_t now_ns);
};

FlowGenerator::FlowGenerator(const TrafficOptions& options) : impl_(std::make_unique<Impl>(options)) {}
FlowGenerator::~FlowGenerator() = default;
Flow FlowGenerator::next(std::uint64_t now_ns) { return impl_->next(now_ns); }

Flow FlowGenerator::Impl::next(std::uint64_t now_ns) {
  Flow flow = blank;
  const Host& client = world.inside[inside.pick(random)];
  const Host& server = world.outside[outside.pick(random)];
  const Service& service = kServices[services.pick(random)];
  const bool v6 = random.chance(options.ipv6_share);
  const bool response = random.chance(0.5);
  if (response) {
    set_endpoints(flow, server, client, v6);
  } else {
    set_endpoints(flow, client, server, v6);
  }
  flow.proto = service.proto;
  flow.ip_tos = service.tos;
  set_size(flow, service, v6, response);
  if (service.proto == kProtoIcmp) {
    set_icmp(flow, v6, response);
  } else {
    set_ports(flow, service.port, response);
  }
  flow.flow_end_reason = kIdle;
  if (service.proto == kProtoTcp) set_tcp(flow, response);
  set_times(flow, now_ns);
  return flow;
}

void FlowGenerator::Impl::set_endpoints(Flow& flow, const Host& src, const Host& dst, bool v6) {
  const Network& from = *src.network;
  const Network& to = *dst.network;
  const IpAddress& next_hop = v6 ? to.v6_next_hop : to.v4_next_hop;
  flow.src_addr = v6 ? src.v6 : src.v4;
  flow.dst_addr = v6 ? dst.v6 : dst.v4;
  flow.next_hop = next_hop.bytes;
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = next_hop.family;
  flow.etype = v6 ? kEtypeIpv6 : kEtypeIpv4;
  flow.src_mask = v6 ? from.v6.length : from.v4.length;
  flow.dst_mask = v6 ? to.v6.length : to.v4.length;
  flow.src_as = from.as;
  flow.dst_as = to.as;
  flow.in_if = from.interface;
  flow.out_if = to.interface;
  flow.src_vlan = from.vlan;
  flow.dst_vlan = to.vlan;
  flow.src_mac = from.mac;
  flow.dst_mac = to.mac;
}

// Echo requests and replies; now and then "port unreachable".
void FlowGenerator::Impl::set_icmp(Flow& flow, bool v6, bool response) {
  const bool unreachable = response && random.chance(0.2);
  if (v6) {
    flow.proto = kProtoIcmpv6;
    flow.icmp_type = unreachable ? 1 : response ? 129 : 128;
    flow.icmp_code = unreachable ? 4 : 0;
  } else {
    flow.icmp_type = unreachable ? 3 : response ? 0 : 8;
    flow.icmp_code = unreachable ? 3 : 0;
  }
  flow.mark(FieldId::icmp_type);
  flow.mark(FieldId::icmp_code);
}

void FlowGenerator::Impl::set_ports(Flow& flow, std::uint16_t service_port, bool response) {
  const auto client_port = static_cast<std::uint16_t>(random.between(32768, 60999));
  flow.src_port = response ? service_port : client_port;
  flow.dst_port = response ? client_port : service_port;
  flow.mark(FieldId::src_port);
  flow.mark(FieldId::dst_port);
}

void FlowGenerator::Impl::set_tcp(Flow& flow, bool response) {
  flow.mark(FieldId::tcp_flags);
  if (flow.packets == 1) {  // a scan, or its answer
    flow.tcp_flags = response ? kRst | kAck : kSyn;
    return;
  }
  const std::uint32_t fate = random.below(100);
  const std::uint16_t data = kAck | kPsh;
  if (fate < 75) {
    flow.tcp_flags = kSyn | data | kFin;
    flow.flow_end_reason = kEndDetected;
  } else if (fate < 85) {
    flow.tcp_flags = kSyn | data | kRst;
    flow.flow_end_reason = kEndDetected;
  } else {
    flow.tcp_flags = data;  // a slice of a long connection
    flow.flow_end_reason = kActive;
  }
}

// Packets: bounded Pareto with exponent 1, most flows small and a few huge. Bytes: around the service's usual packet.
void FlowGenerator::Impl::set_size(Flow& flow, const Service& service, bool v6, bool response) {
  const double max = service.max_packets;
  flow.packets = static_cast<std::uint64_t>(1 / (1 - random.unit() * (1 - 1 / (max + 1))));
  const std::uint32_t usual = response ? service.response_bytes : service.request_bytes;
  const std::uint32_t minimum = v6 ? 60 : 40;
  const std::uint32_t average = std::min(1500U, std::max(minimum, random.between(usual * 3 / 4, usual * 5 / 4)));
  flow.bytes = flow.packets * average + (flow.packets > 1 ? random.below(1501 - average) : 0);
}

void FlowGenerator::Impl::set_times(Flow& flow, std::uint64_t now_ns) {
  constexpr std::uint32_t kActiveTimeoutMs = 60'000;
  flow.time_flow_end_ns = now_ns - random.below(static_cast<std::uint32_t>(kNsPerSecond));
  flow.time_flow_start_ns = flow.time_flow_end_ns;
  if (flow.packets > 1) {
    const std::uint64_t gap_us = random.between(50, 200'000);
    const std::uint64_t duration_us = std::min<std::uint64_t>(gap_us * (flow.packets - 1), kActiveTimeoutMs * 1000ULL);
    flow.time_flow_start_ns -= duration_us * kNsPerUs;
  }
}

}  // namespace weir
