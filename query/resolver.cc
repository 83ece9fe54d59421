// Host names by the system's resolver.
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "query/condition.h"
#include "query/words.h"

namespace weir {
namespace {

IpAddress address_of(const sockaddr& socket_address) {
  if (socket_address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket_address);
    return IpAddress::v4(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(socket_address);
  return IpAddress::v6(v6.sin6_addr.s6_addr);
}

Result<std::vector<IpAddress>> resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // else every address comes once per kind of socket
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (error != 0) return fail("cannot find the host " + in_quotes(name) + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    const IpAddress address = address_of(*entry->ai_addr).unmapped();
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty()) return fail("the host " + in_quotes(name) + " has no address");
  return addresses;
}

}  // namespace

ResolveName system_resolver() { return resolve; }

}  // namespace weir
