#include "exporter/own_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <optional>

namespace weir {
namespace {

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(socket_address);
    return IpAddress::v4(reinterpret_cast<const std::uint8_t*>(&v4->sin_addr));
  }
  if (socket_address->sa_family == AF_INET6) {
    return IpAddress::v6(reinterpret_cast<const sockaddr_in6*>(socket_address)->sin6_addr.s6_addr);
  }
  return std::nullopt;
}

Prefix net_of(const IpAddress& address, const sockaddr* netmask) {
  const unsigned full = address.family == Family::kV4 ? 32 : 128;
  unsigned length = full;
  if (const auto mask = address_of(netmask)) {
    length = 0;
    for (const std::uint8_t byte : mask->bytes) length += static_cast<unsigned>(std::popcount(byte));
  }
  return {{masked(address.bytes, length), address.family}, static_cast<std::uint8_t>(length)};
}

bool in(const IpAddress& address, const char* prefix) { return Prefix::parse(prefix)->contains(address); }

// The smaller, the better to be known by.
int rank(const IpAddress& address, bool preferred) {
  int rank = preferred ? 0 : 1;
  if (address.family == Family::kV6) rank += 2;
  if (in(address, "10.0.0.0/8") || in(address, "172.16.0.0/12") || in(address, "192.168.0.0/16") ||
      in(address, "fc00::/7")) {
    rank += 4;
  }
  if (in(address, "169.254.0.0/16") || in(address, "fe80::/10")) rank += 8;
  if (in(address, "127.0.0.0/8") || in(address, "::1")) rank += 16;
  return rank;
}

}  // namespace

OwnAddresses own_addresses(const std::vector<std::string>& preferred) {
  OwnAddresses own;
  own.best = *IpAddress::parse("127.0.0.1");
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return own;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  int best = rank(own.best, false);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    const auto address = address_of(one->ifa_addr);
    if (!address) continue;
    own.nets.push_back(net_of(*address, one->ifa_netmask));
    const int here = rank(*address, std::ranges::find(preferred, one->ifa_name) != preferred.end());
    if (here < best) {
      best = here;
      own.best = *address;
    }
  }
  return own;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace weir
