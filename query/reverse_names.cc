#include "query/reverse_names.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t kMostThreads = 16;

std::optional<std::string> resolve_by_system(const IpAddress& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  std::memcpy(&v4.sin_addr, address.bytes.data(), sizeof v4.sin_addr);
  std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
  const bool is_v4 = address.family == Family::kV4;
  const auto* socket_address = is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  std::array<char, NI_MAXHOST> name{};
  const int error =
      ::getnameinfo(socket_address, is_v4 ? sizeof v4 : sizeof v6, name.data(), name.size(), nullptr, 0, NI_NAMEREQD);
  return error == 0 ? std::optional<std::string>(name.data()) : std::nullopt;
}

// Shared with threads that may outlive the wait: a resolver cannot be interrupted.
struct Work {
  std::mutex mutex;
  std::condition_variable done;
  std::vector<IpAddress> waiting;  // taken from the end
  std::size_t unfinished = 0;
  std::map<IpAddress, std::string> names;
  std::function<std::optional<std::string>(const IpAddress&)> resolve;
};

void run(const std::shared_ptr<Work>& work) {
  std::unique_lock lock(work->mutex);
  while (!work->waiting.empty()) {
    const IpAddress address = work->waiting.back();
    work->waiting.pop_back();
    lock.unlock();
    auto name = work->resolve(address);
    lock.lock();
    if (name && !name->empty()) work->names.emplace(address, std::move(*name));
    if (--work->unfinished == 0) work->done.notify_all();
  }
}

std::set<IpAddress> addresses_of(const QueryResult& result, std::size_t max_rows) {
  std::set<IpAddress> addresses;
  for (std::size_t row = 0; row < std::min(max_rows, result.rows.size()); ++row) {
    for (const QueryValue& value : result.rows[row].values) {
      const auto* address = std::get_if<IpAddress>(&value);
      if (address != nullptr && address->family != Family::kNone) addresses.insert(*address);
    }
  }
  return addresses;
}

}  // namespace

AddressNames look_up_names(const QueryResult& result, const ReverseLookup& lookup) {
  const auto addresses = addresses_of(result, lookup.max_rows);
  const auto work = std::make_shared<Work>();
  work->waiting.assign(addresses.rbegin(), addresses.rend());
  work->unfinished = addresses.size();
  work->resolve = lookup.resolve ? lookup.resolve : resolve_by_system;
  for (std::size_t i = 0; i < std::min(kMostThreads, addresses.size()); ++i) std::thread(run, work).detach();

  std::unique_lock lock(work->mutex);
  work->done.wait_for(lock, lookup.timeout, [&] { return work->unfinished == 0; });
  work->waiting.clear();
  return [names = work->names](const IpAddress& address) -> std::optional<std::string> {
    const auto found = names.find(address);
    return found == names.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace weir
