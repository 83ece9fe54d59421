// Who there is to talk in the data set (dataset.h), and about what.
//
// Thread rules: immutable after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/dataset.h"
#include "exporter/generator/random.h"
#include "exporter/generator/zipf.h"
#include "flow/address.h"

namespace weir::bench {

inline constexpr std::uint32_t kSites = 200;
inline constexpr std::uint32_t kInsideHosts = 40'000;
inline constexpr std::uint32_t kPrefixes = 20'000;
inline constexpr std::uint32_t kOutsideHosts = 1'000'000;

// A site, or a prefix of the outside world.
struct Network {
  Prefix v4, v6;
  IpAddress v4_next_hop, v6_next_hop;
  std::uint32_t as;
  std::uint8_t router;        // of a site
  std::uint8_t interface;     // where packets to it leave
  std::uint8_t in_interface;  // where packets from it come in
};

struct Host {
  AddressBytes v6;
  std::uint32_t v4;
  std::uint32_t network;
};

struct Service {
  std::uint8_t proto;
  std::uint16_t port;  // 0: any
  double weight;
  double single;                                // share of conversations that are one packet each way
  std::uint32_t max_packets;                    // of the larger direction
  std::uint16_t request_bytes, response_bytes;  // of a usual packet
  double seconds;                               // of a usual conversation of more than one packet
};

class World {
 public:
  explicit World(std::uint64_t seed);

  std::vector<Router> routers;
  std::vector<Network> sites, prefixes;
  std::vector<Host> inside, outside;
  WeightedChoice inside_choice, outside_choice, service_choice;

  // The service that an outside host mostly offers.
  const Service& usual_service(std::uint32_t host) const;
  const Service& any_service(Random& random) const;
  // An outside host for this inside one: a favourite, or any.
  std::uint32_t pick_partner(std::uint32_t inside_host, Random& random) const;

 private:
  void make_routers();
  void make_sites(Random& random);
  void make_prefixes(Random& random);
  void make_hosts(Random& random);
};

}  // namespace weir::bench
