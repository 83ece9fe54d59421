#include "exporter/metering/duplicates.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clock.h"
#include "base/hash.h"

namespace weir {
namespace {

constexpr std::size_t kWays = 4;
constexpr std::size_t kPlaces = 1 << 18;  // 4 MiB, enough for a second at a quarter of a million packets
constexpr std::size_t kDigested = 128;    // bytes from the IP header on

// A digest of at most kDigested bytes; what is beyond `size` counts as zero, and so does the length.
std::uint64_t digest_of(const PacketInfo& packet) {
  std::array<std::uint8_t, kDigested> bytes{};
  std::memcpy(bytes.data(), packet.ip, std::min<std::size_t>(kDigested, packet.ip_captured));
  if (packet.family == Family::kV4) {
    bytes[8] = bytes[10] = bytes[11] = 0;
  } else {
    bytes[7] = 0;
  }
  std::array<std::uint64_t, kDigested / 8> words;
  std::memcpy(words.data(), bytes.data(), kDigested);
  words[0] ^= static_cast<std::uint64_t>(packet.ip_length) << 32;
  return hash_words<kDigested / 8>(words.data());
}

}  // namespace

DuplicateFilter::DuplicateFilter() : seen_(kPlaces) {}

bool DuplicateFilter::is_duplicate(const PacketInfo& packet, std::uint64_t time_ns) {
  const std::uint64_t digest = digest_of(packet);
  Seen* const set = &seen_[digest % (kPlaces / kWays) * kWays];
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::uint64_t apart = time_ns > set[i].time_ns ? time_ns - set[i].time_ns : set[i].time_ns - time_ns;
    if (set[i].digest == digest && apart <= kNsPerSecond) return true;
  }
  *std::min_element(set, set + kWays, [](const Seen& l, const Seen& r) { return l.time_ns < r.time_ns; }) = {digest,
                                                                                                             time_ns};
  return false;
}

}  // namespace weir
