#include "query/address_numbers.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace weir {
namespace {

// Addresses that are hashed and whose memory is called for before the first of them is looked up.
constexpr std::size_t kBatch = 64;
constexpr std::size_t kFirstSlots = 1024;

}  // namespace

AddressNumbers::Words::Words(const IpAddress& address) {
  std::memcpy(words, address.bytes.data(), address.bytes.size());
  words[2] = static_cast<std::uint64_t>(address.family);
}

IpAddress AddressNumbers::Words::address() const {
  IpAddress address;
  std::memcpy(address.bytes.data(), words, address.bytes.size());
  address.family = static_cast<Family>(words[2]);
  return address;
}

bool AddressNumbers::number(std::span<const IpAddress> addresses, std::uint32_t* numbers) {
  const std::lock_guard lock(mutex_);
  for (std::size_t done = 0; done < addresses.size(); done += kBatch) {
    const auto batch = addresses.subspan(done, std::min(kBatch, addresses.size() - done));
    while (2 * (others_.size() + batch.size()) > slots_.size()) {
      if (!grow()) return false;
    }
    std::uint64_t hashes[kBatch];
    for (std::size_t i = 0; i < batch.size(); ++i) {
      hashes[i] = hash_words<3>(Words(batch[i]).words);
      __builtin_prefetch(&slot(hashes[i]));
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (const std::uint32_t n = slot(hashes[i]); n != 0) __builtin_prefetch(&others_[n - 1]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Words wanted(batch[i]);
      std::uint64_t at = hashes[i];
      while (slot(at) != 0 && others_[slot(at) - 1] != wanted) ++at;
      if (slot(at) == 0) {
        others_.push_back(wanted);
        slot(at) = static_cast<std::uint32_t>(others_.size());
      }
      *numbers++ = kNoAddress + slot(at);
    }
  }
  return true;
}

bool AddressNumbers::grow() {
  const std::size_t count = std::max(kFirstSlots, 2 * slots_.size());
  if (count / 2 >= kUnknown - kNoAddress) {
    budget_.refuse();
    return false;
  }
  const std::size_t size = count * sizeof(std::uint32_t) + count / 2 * sizeof(Words);
  if (!budget_.take(size)) return false;
  budget_.give_back(charged_);
  charged_ = size;
  others_.reserve(count / 2);
  slots_.assign(count, 0);
  for (std::uint32_t n = 0; n < others_.size(); ++n) {
    std::uint64_t at = hash_words<3>(others_[n].words);
    while (slot(at) != 0) ++at;
    slot(at) = n + 1;
  }
  return true;
}

}  // namespace weir
