#include "app/top/name_cache.h"

#include <netdb.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "flow/address.h"
#include "flow/endpoint.h"

namespace weir {
namespace {

constexpr std::size_t kMostWaiting = 256, kMostKnown = 4096;

std::string look_up(const std::string& text) {
  const auto address = IpAddress::parse(text);
  if (!address) return {};
  const SocketAddress socket = SocketAddress::from(*address, 0);
  std::array<char, NI_MAXHOST> name{};
  const int error = ::getnameinfo(socket.get(), socket.length, name.data(), name.size(), nullptr, 0, NI_NAMEREQD);
  return error == 0 ? name.data() : "";
}

}  // namespace

struct NameCache::Work {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> waiting;
  std::map<std::string, std::string> names;  // empty: none, or not known yet
  bool busy = false;
  bool over = false;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return over || !waiting.empty(); });
      if (over) return;
      const std::string address = waiting.front();
      waiting.pop_front();
      busy = true;
      lock.unlock();
      std::string name = look_up(address);
      lock.lock();
      busy = false;
      names[address] = std::move(name);
    }
  }
};

NameCache::NameCache() : work_(std::make_shared<Work>()) {
  std::thread([work = work_] { work->run(); }).detach();
}

NameCache::~NameCache() {
  const std::scoped_lock lock(work_->mutex);
  work_->over = true;
  work_->changed.notify_all();
}

std::optional<std::string> NameCache::name(const std::string& address) {
  const std::scoped_lock lock(work_->mutex);
  if (const auto known = work_->names.find(address); known != work_->names.end()) {
    return known->second.empty() ? std::nullopt : std::optional(known->second);
  }
  if (work_->waiting.size() >= kMostWaiting) return std::nullopt;
  if (work_->names.size() >= kMostKnown) work_->names.clear();
  work_->names.emplace(address, "");
  work_->waiting.push_back(address);
  work_->changed.notify_all();
  return std::nullopt;
}

bool NameCache::idle() const {
  const std::scoped_lock lock(work_->mutex);
  return work_->waiting.empty() && !work_->busy;
}

}  // namespace weir
