#include "bench/dataset_world.h"

#include <cmath>
#include <iterator>

#include "base/bytes.h"
#include "flow/names.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t kInsideAs = 64500;
constexpr std::uint32_t kAccessInterfaces = 8;  // of 10; the others are uplinks
constexpr std::uint32_t kFavourites = 40;

constexpr Service kServices[] = {
    {kProtoTcp, 443, 34, 0.12, 60'000, 95, 1330, 12},    {kProtoUdp, 443, 13, 0.15, 60'000, 90, 1200, 15},
    {kProtoUdp, 53, 12, 0.97, 3, 72, 170, 0.05},         {kProtoTcp, 80, 6, 0.10, 20'000, 120, 1250, 5},
    {kProtoIcmp, 0x0800, 4, 0.55, 60, 84, 84, 20},       {kProtoUdp, 123, 3, 0.98, 4, 76, 76, 0.1},
    {kProtoTcp, 22, 2, 0.10, 8'000, 90, 150, 60},        {kProtoTcp, 993, 2, 0.02, 2'000, 100, 600, 30},
    {kProtoTcp, 25, 1.5, 0.05, 800, 800, 80, 4},         {kProtoUdp, 3478, 1.5, 0.30, 20'000, 200, 200, 60},
    {kProtoTcp, 8080, 1, 0.10, 5'000, 110, 1100, 5},     {kProtoUdp, 5060, 0.5, 0.30, 30, 550, 480, 10},
    {kProtoTcp, 3389, 0.5, 0.10, 20'000, 100, 850, 120}, {kProtoUdp, 51820, 0.5, 0.05, 100'000, 400, 900, 300},
    {kProtoTcp, 5228, 1, 0.10, 200, 80, 120, 200},       {kProtoTcp, 853, 1, 0.05, 300, 90, 250, 20},
    {kProtoTcp, 0, 3, 0.20, 30'000, 300, 1000, 40},      {kProtoUdp, 0, 4, 0.45, 20'000, 250, 700, 30},
};

struct V4Block {
  std::uint32_t base;
  unsigned length;
};

std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return Random(a * 0x9e3779b97f4a7c15 ^ b).next(); }

WeightedChoice power_law(std::size_t count, double exponent) {
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < count; ++i) weights[i] = std::pow(static_cast<double>(i + 1), -exponent);
  return WeightedChoice(weights);
}

WeightedChoice service_weights() {
  std::vector<double> weights;
  for (const Service& service : kServices) weights.push_back(service.weight);
  return WeightedChoice(weights);
}

IpAddress v6_address(std::uint64_t high, std::uint64_t low) {
  AddressBytes bytes;
  store_be64(bytes.data(), high);
  store_be64(bytes.data() + 8, low);
  return IpAddress::v6(bytes.data());
}

Prefix cut(const IpAddress& address, unsigned length) {
  return {{masked(address.bytes, length), address.family}, static_cast<std::uint8_t>(length)};
}

}  // namespace

World::World(std::uint64_t seed)
    : inside_choice(power_law(kInsideHosts, 0.85)),
      outside_choice(power_law(kOutsideHosts, 1.0)),
      service_choice(service_weights()) {
  Random random(seed);
  make_routers();
  make_sites(random);
  make_prefixes(random);
  make_hosts(random);
}

void World::make_routers() {
  for (std::uint32_t r = 0; r < 2; ++r) {
    Router router{IpAddress::v4(0xc0000201 + r), 100 + r, {}};  // 192.0.2.1
    for (std::uint32_t i = 0; i < 10; ++i) {
      const bool access = i < kAccessInterfaces;
      router.interfaces.push_back(
          {i + 1, (access ? "ge-0/0/" : "xe-1/0/") + std::to_string(access ? i : i - kAccessInterfaces)});
    }
    routers.push_back(std::move(router));
  }
}

void World::make_sites(Random& random) {
  for (std::uint32_t s = 0; s < kSites; ++s) {
    const auto interface = static_cast<std::uint8_t>(1 + random.below(kAccessInterfaces));
    sites.push_back({.v4 = cut(IpAddress::v4(0x0a140000 + (s << 8)), 24),
                     .v6 = cut(v6_address(0x20010db800000000 + s, 0), 64),
                     .v4_next_hop = IpAddress::v4(0x0afe0000 + (s << 2) + 2),
                     .v6_next_hop = v6_address(0xfe80000000000000, 0x1000 + s),
                     .as = kInsideAs,
                     .router = static_cast<std::uint8_t>(random.below(2)),
                     .interface = interface,
                     .in_interface = interface});
  }
}

// As in a routing table: half are /24, the rest shorter; some hundred networks have many prefixes, most have one.
void World::make_prefixes(Random& random) {
  const WeightedChoice popular_as = power_law(6'000, 0.8);
  for (std::uint32_t p = 0; p < kPrefixes; ++p) {
    const std::uint32_t as = popular_as.pick(random);
    const unsigned length = random.chance(0.5) ? 24 : random.between(16, 23);
    // 1.0.0.0 to 9.255.255.255 and 11.0.0.0 to 223.255.255.255.
    std::uint32_t first = random.between(1, 222);
    first += first >= 10 ? 1 : 0;
    const std::uint32_t v4 = first << 24 | random.below(1 << 24);
    const std::uint64_t v6 = 0x2000000000000000 | (random.next() & 0x03ff0fff00ff0000);
    const auto uplink = static_cast<std::uint8_t>(kAccessInterfaces + 1 + as % 2);
    const bool asymmetric = random.chance(0.2);
    prefixes.push_back({.v4 = cut(IpAddress::v4(v4), length),
                        .v6 = cut(v6_address(v6, 0), random.chance(0.5) ? 32 : 48),
                        .v4_next_hop = IpAddress::v4(0xc6336400 + as % 6 + 1),  // 198.51.100.1
                        .v6_next_hop = v6_address(0xfe80000000000000, as % 6 + 1),
                        .as = as < 4'000 ? 1'000 + 7 * as : 196'608 + 11 * as,
                        .router = 0,
                        .interface = uplink,
                        .in_interface = static_cast<std::uint8_t>(asymmetric ? 19 - uplink : uplink)});
  }
}

void World::make_hosts(Random& random) {
  const auto host_in = [&](const Network& network, std::uint32_t number, std::uint32_t index) {
    Host host{network.v6.address.bytes, load_be32(network.v4.address.bytes.data()), number};
    const unsigned length = network.v4.length;
    host.v4 |= 1 + random.below((1U << (32 - length)) - 2);
    // Servers count their addresses, others make them up.
    store_be64(host.v6.data() + 8, index % 3 == 0 ? random.next() : 1 + random.below(0x10000));
    return host;
  };
  const WeightedChoice popular_prefix = power_law(kPrefixes, 0.9);
  for (std::uint32_t i = 0; i < kInsideHosts; ++i) {
    const std::uint32_t site = random.below(kSites);
    inside.push_back(host_in(sites[site], site, 0));
  }
  for (std::uint32_t i = 0; i < kOutsideHosts; ++i) {
    const std::uint32_t prefix = popular_prefix.pick(random);
    outside.push_back(host_in(prefixes[prefix], prefix, i));
  }
}

const Service& World::usual_service(std::uint32_t host) const {
  Random fixed(mix(host, 0x5e41ce));
  return kServices[service_choice.pick(fixed)];
}

const Service& World::any_service(Random& random) const { return kServices[service_choice.pick(random)]; }

std::uint32_t World::pick_partner(std::uint32_t inside_host, Random& random) const {
  if (random.chance(0.2)) return outside_choice.pick(random);
  // Small numbers more often than large ones.
  const double u = random.unit();
  const auto favourite = static_cast<std::uint32_t>(u * u * u * kFavourites);
  Random fixed(mix(inside_host, favourite));
  return outside_choice.pick(fixed);
}

}  // namespace weir::bench
