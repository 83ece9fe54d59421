// The flows that the store is measured with: what two routers of a network of some thousand hosts see in ten days.
//
//   hosts       40,000 inside, in 200 sites (a /24 and a /64 each); a million outside, in 20,000 prefixes whose masks,
//   AS
//               numbers and ways out are theirs. Inside hosts are picked by a flat Zipf law, outside ones by Zipf's
//               own, and most of what a host talks to are its few dozen favourites.
//   flows       both directions of a conversation, as two one-way flows of the router that saw them; a conversation
//               longer than the active timeout of 60 s is cut. Scans have no answer. A seventh is IPv6.
//   time        milliseconds; ten days, busiest at three in the afternoon, quieter at the weekend.
//   datagrams   25 to 30 flows, sent when a flow has been idle for up to 15 s, with ascending sequence numbers.
//
// The same seed gives the same flows, everywhere.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/batch.h"

namespace weir::bench {

struct DatasetOptions {
  std::uint64_t flows = 100'000'000;
  std::uint64_t seed = 1;
  std::uint64_t begin_s = 1'767'571'200;  // Monday, 2026-01-05 00:00 UTC
  unsigned days = 10;
};

struct Interface {
  std::uint32_t index;
  std::string name;
};

struct Router {
  IpAddress address;
  std::uint32_t domain;
  std::vector<Interface> interfaces;  // in the order of their indexes, from 1 on

  std::string_view name(std::uint32_t index) const { return interfaces[index - 1].name; }
};

// What came in one datagram. The flows' origin and cold offsets are not set.
struct Datagram {
  const Router* router = nullptr;
  std::uint64_t received_ns = 0;
  std::uint32_t sequence = 0;  // flows of this router before
  std::span<const Flow> flows;
};

class Dataset {
 public:
  explicit Dataset(const DatasetOptions& options);
  ~Dataset();

  const std::vector<Router>& routers() const;
  // In the order of receipt; good until the next call. No flows: that was all.
  Datagram next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The datagram's flows, as the decoder would hand them on.
void append(const Datagram& datagram, BatchWriter& writer);

}  // namespace weir::bench
