// What the three decoder targets share. An input is a row of messages, each behind three bytes: one that picks the
// session and how much time passes, two for its length. The version is put in, so that every input reaches the decoder
// that it is for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "codecs/decoder.h"

namespace weir::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// Reads everything a batch points to.
inline void read_batch(const FlowBatch& batch) {
  std::uint64_t sum = 0;
  const auto add = [&sum](Bytes bytes) {
    for (const std::uint8_t b : bytes) sum += b;
  };
  for (const Flow& flow : batch.flows()) {
    add(batch.bytes(batch.origin(flow).host));
    if (flow.cold != 0) {
      const FlowCold& cold = batch.cold(flow);
      for (const Slice slice : {cold.bgp_communities, cold.mpls_label, cold.mpls_ip}) {
        add(batch.bytes(slice));
      }
    }
    for (const Slice slice : {flow.in_if_name, flow.out_if_name}) add(batch.bytes(slice));
    batch.for_each_extra(flow, [&](const Extra&, Bytes value) { add(value); });
  }
  asm volatile("" : : "r"(sum));  // so that the reads stay
}

inline Session session(std::uint8_t pick) {
  Session s;
  s.remote = IpAddress::v4(0xc0000201);
  s.remote_port = pick & 3;
  s.transport = (pick & 4) != 0 ? Transport::kTcp : Transport::kUdp;
  return s;
}

inline void check(const Decoder& decoder, const Decoder::Limits& limits) {
  require(decoder.messages().balanced());
  require(decoder.totals().sets.balanced());
  for (const ExporterStats& exporter : decoder.exporters()) require(exporter.sets.balanced());
  require(decoder.template_memory() <= limits.template_bytes);
  require(decoder.held_memory() <= limits.held_bytes);
}

// Small bounds, so that short inputs meet them.
inline Decoder::Limits small_limits() {
  Decoder::Limits limits;
  limits.template_bytes = 24 << 10;
  limits.template_bytes_per_session = 16 << 10;
  limits.sessions = 20;
  limits.held_bytes = 4 << 10;
  limits.held_bytes_per_session = 3 << 10;
  return limits;
}

inline int run(std::uint16_t version, const std::uint8_t* data, std::size_t size) {
  const Decoder::Limits limits = small_limits();
  Decoder decoder(limits);
  BatchWriter out(BatchPool::create(4), [](const BatchRef& batch) { read_batch(*batch); });
  std::uint64_t now_ns = 1'700'000'000'000'000'000;
  ByteReader reader({data, size});
  while (reader.remaining() > 3) {
    const std::uint8_t pick = reader.u8();
    const Bytes bytes = reader.bytes(std::min<std::size_t>(reader.u16(), reader.remaining()));
    // A copy of exact size: a read past its end is a read past the allocation's.
    std::vector<std::uint8_t> message(bytes.begin(), bytes.end());
    if (message.size() >= 2) store_be16(message.data(), version);
    decoder.decode(session(pick), message, now_ns, out);
    now_ns += (pick >> 4) * 1'000'000'000ULL;
    if ((pick & 8) != 0) decoder.tick(now_ns, out);
    if (pick == 0xff) decoder.close_session(session(pick));
  }
  decoder.finish(now_ns, out);
  out.flush();
  check(decoder, limits);
  Decoder restored(limits);
  require(restored.load(as_bytes(decoder.save())).has_value());
  check(restored, limits);
  return 0;
}

}  // namespace weir::fuzz
