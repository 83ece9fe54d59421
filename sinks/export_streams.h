// The encoders of one destination. Each exporter whose flows are sent on has its own, so that collectors behind keep
// telling exporters apart: its observation domain stays, unless another exporter has the same; then it gets one made
// from its address, above the numbers that people give.
//
// Their records say who exported them first (v9 and IPFIX; flows that weir metered itself do without).
//
// Memory is bounded: the exporter that was silent longest is forgotten for a new one.
//
// Thread rules: one thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "codecs/encoder.h"
#include "flow/batch.h"
#include "sinks/netflow_options.h"

namespace weir {

class ExportStreams {
 public:
  using Clock = std::chrono::steady_clock;
  using Send = ExportEncoder::Send;

  // `options` must outlive this.
  ExportStreams(const NetflowOptions& options, Send send, std::size_t max_exporters = 1024);
  ~ExportStreams();

  // Encodes every flow of `batch`; returns how many the protocol cannot carry.
  std::uint64_t add(const FlowBatch& batch);
  // Sends messages whose first flow has waited for options.flush at `now`; says when the next is due.
  Clock::time_point flush_due(Clock::time_point now);
  void flush_all();
  // For a destination that knows nothing of the past: templates and sequence numbers begin anew. What is pending is
  // sent first.
  void start_again();

  std::size_t size() const { return streams_.size(); }

 private:
  struct Key {
    IpAddress exporter;
    std::uint32_t domain = 0;
    FlowProtocol protocol = FlowProtocol::kWeir;

    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Stream;
  using Streams = std::list<Stream>;  // used last first

  Key key_of(const Origin& origin) const;
  Stream& stream_for(const FlowBatch& batch, const Flow& flow);
  std::uint32_t choose_domain(const Key& key) const;
  EncoderOptions encoder_options(const Stream& stream) const;
  void forget_oldest();

  const NetflowOptions& options_;
  const Send send_;
  const std::size_t max_exporters_;
  Streams streams_;
  std::unordered_map<Key, Streams::iterator, KeyHash> by_key_;
  std::unordered_set<std::uint32_t> domains_;
};

}  // namespace weir
