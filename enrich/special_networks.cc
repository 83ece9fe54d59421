#include "enrich/network_table.h"

namespace weir {
namespace {

struct Special {
  std::string_view prefix;
  std::string_view name;
};

// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
constexpr Special kSpecial[] = {
    {"0.0.0.0/8", "this-network"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "shared"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "ietf-protocol"},
    {"192.0.2.0/24", "documentation"},
    {"192.88.99.0/24", "6to4-relay"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "benchmarking"},
    {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved"},
    {"255.255.255.255/32", "broadcast"},
    {"::/128", "unspecified"},
    {"::1/128", "loopback"},
    {"::ffff:0:0/96", "ipv4-mapped"},
    {"64:ff9b::/96", "nat64"},
    {"64:ff9b:1::/48", "nat64"},
    {"100::/64", "discard"},
    {"2001::/23", "ietf-protocol"},
    {"2001::/32", "teredo"},
    {"2001:2::/48", "benchmarking"},
    {"2001:10::/28", "orchid"},
    {"2001:20::/28", "orchid"},
    {"2001:db8::/32", "documentation"},
    {"2002::/16", "6to4"},
    {"3fff::/20", "documentation"},
    {"fc00::/7", "private"},
    {"fe80::/10", "link-local"},
    {"ff00::/8", "multicast"},
};

NetworkTable make_table() {
  std::vector<Network> networks;
  for (const Special& special : kSpecial) {
    networks.push_back({.prefix = *Prefix::parse(special.prefix),
                        .name = std::string(special.name),
                        .site = {},
                        .role = {},
                        .tenant = {}});
  }
  return NetworkTable(std::move(networks));
}

}  // namespace

const NetworkTable& special_networks() {
  static const NetworkTable table = make_table();
  return table;
}

}  // namespace weir
