#include "query/interner.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace weir {
namespace {

std::uint64_t hash_bytes(std::string_view bytes) {
  std::uint64_t hash = bytes.size();
  while (!bytes.empty()) {
    std::uint64_t words[2] = {0, hash};
    const std::size_t n = std::min<std::size_t>(bytes.size(), 8);
    std::memcpy(words, bytes.data(), n);
    hash = hash_words<2>(words);
    bytes.remove_prefix(n);
  }
  return hash;
}

}  // namespace

Interner::~Interner() {
  for (const Shard& shard : shards_) budget_.give_back(shard.charged);
}

std::optional<std::uint32_t> Interner::intern(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const std::uint64_t hash = hash_bytes(bytes);
  const auto tag = static_cast<std::uint32_t>(hash);
  const auto shard_number = static_cast<std::uint32_t>(hash >> 60);
  Shard& shard = shards_[shard_number];
  const std::lock_guard lock(shard.mutex);
  if (4 * (shard.entries.size() + 1) > 3 * shard.slots.size() && !grow(shard)) return std::nullopt;
  std::size_t i = tag & (shard.slots.size() - 1);
  for (; shard.slots[i] != 0; i = (i + 1) & (shard.slots.size() - 1)) {
    const Entry& entry = shard.entries[shard.slots[i] - 1];
    if (entry.hash == tag && std::string_view(entry.data, entry.length) == bytes) {
      return (shard.slots[i] - 1) * kShards + shard_number + 1;
    }
  }
  const std::uint64_t id = shard.entries.size() * kShards + shard_number + 1;
  if (id >= UINT32_MAX) {
    budget_.refuse();
    return std::nullopt;
  }
  const char* data = keep(shard, bytes);
  if (data == nullptr) return std::nullopt;
  shard.entries.push_back({data, static_cast<std::uint32_t>(bytes.size()), tag});
  shard.slots[i] = static_cast<std::uint32_t>(shard.entries.size());
  return static_cast<std::uint32_t>(id);
}

std::string_view Interner::bytes(std::uint32_t id) const {
  if (id == 0) return {};
  const Entry& entry = shards_[(id - 1) % kShards].entries[(id - 1) / kShards];
  return {entry.data, entry.length};
}

std::string Interner::copy(std::uint32_t id) {
  if (id == 0) return {};
  const std::lock_guard lock(shards_[(id - 1) % kShards].mutex);
  return std::string(bytes(id));
}

bool Interner::charge(Shard& shard, std::size_t bytes) {
  if (!budget_.take(bytes)) return false;
  shard.charged += bytes;
  return true;
}

bool Interner::grow(Shard& shard) {
  const std::size_t slots = std::max<std::size_t>(16, 2 * shard.slots.size());
  if (!charge(shard, (slots - shard.slots.size()) * (sizeof(std::uint32_t) + sizeof(Entry)))) return false;
  shard.entries.reserve(slots);
  shard.slots.assign(slots, 0);
  for (std::uint32_t n = 0; n < shard.entries.size(); ++n) {
    std::size_t i = shard.entries[n].hash & (slots - 1);
    while (shard.slots[i] != 0) i = (i + 1) & (slots - 1);
    shard.slots[i] = n + 1;
  }
  return true;
}

const char* Interner::keep(Shard& shard, std::string_view bytes) {
  if (shard.left < bytes.size()) {
    const std::size_t size = std::max(bytes.size(), kChunk);
    if (!charge(shard, size)) return nullptr;
    shard.chunks.push_back(std::make_unique_for_overwrite<char[]>(size));
    shard.next = shard.chunks.back().get();
    shard.left = size;
  }
  char* data = shard.next;
  std::memcpy(data, bytes.data(), bytes.size());
  shard.next += bytes.size();
  shard.left -= bytes.size();
  return data;
}

}  // namespace weir
