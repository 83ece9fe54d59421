#include "sinks/export_streams.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"

namespace weir {
namespace {

// Made domains begin here; v5 has 16 bits.
constexpr std::uint32_t kMadeDomains = 0x8000'0000;
constexpr std::uint32_t kMadeDomainsV5 = 0x8000;
constexpr std::uint32_t kMostSamplingV5 = 0x3fff;

// sysUpTime counts from so long before the first message, so that flows which began before it have a time.
constexpr std::uint64_t kUptimeNs = 7 * 24 * 3600 * kNsPerSecond;
// Flows that were received longer ago come from a file; they are sent as of that time, since v5 and v9 can only tell
// times near that of the message.
constexpr std::uint64_t kReplayNs = 24 * 3600 * kNsPerSecond;
// Messages that will be due so soon go along.
constexpr std::chrono::milliseconds kTogether{20};

}  // namespace

struct ExportStreams::Stream {
  Key key;
  std::uint32_t domain = 0;
  std::optional<ExportEncoder> encoder;
  std::uint64_t pending = 0;   // flows in the message that is not full
  Clock::time_point since;     // when the first of them came
  std::uint64_t as_of_ns = 0;  // when the flows were received, if long ago; else 0

  void received(std::uint64_t received_ns, std::uint64_t wall_ns) {
    as_of_ns = received_ns != 0 && received_ns + kReplayNs < wall_ns ? received_ns : 0;
  }
  std::uint64_t export_time() const { return as_of_ns != 0 ? as_of_ns : wall_time_ns(); }
  void flush() { encoder->flush(export_time()); }
};

std::size_t ExportStreams::KeyHash::operator()(const Key& key) const {
  const std::uint64_t rest = std::uint64_t{key.domain} << 32 | key.sampling_rate;
  return std::hash<IpAddress>()(key.exporter) ^ (rest + static_cast<std::uint64_t>(key.protocol)) * 0x9e3779b97f4a7c15;
}

ExportStreams::ExportStreams(const NetflowOptions& options, Send send, std::size_t max_exporters)
    : options_(options), send_(std::move(send)), max_exporters_(max_exporters) {}

ExportStreams::~ExportStreams() = default;

// With an id for everything, what exporters say of themselves makes no difference.
ExportStreams::Key ExportStreams::key_of(const Origin& origin, std::uint32_t sampling_rate) const {
  if (options_.source_id) return {{}, *options_.source_id, sampling_rate, FlowProtocol::kWeir};
  return {{origin.sampler_address, origin.sampler_address_family},
          origin.observation_domain_id,
          sampling_rate,
          origin.protocol};
}

std::uint64_t ExportStreams::add(const FlowBatch& batch) {
  const std::uint64_t wall_ns = wall_time_ns();
  const Clock::time_point now = Clock::now();
  std::uint64_t refused = 0;
  Stream* stream = nullptr;
  const Flow* before = nullptr;
  std::uint64_t export_ns = 0;
  for (const Flow& flow : batch.flows()) {
    if (before == nullptr || flow.origin != before->origin || flow.sampling_rate != before->sampling_rate) {
      const Origin& origin = batch.origin(flow);
      stream = stream_for(key_of(origin, flow.sampling_rate), origin.time_received_ns, wall_ns);
      if (stream != nullptr) export_ns = stream->as_of_ns != 0 ? stream->as_of_ns : wall_ns;
    }
    before = &flow;
    if (stream == nullptr) {
      ++refused;
      continue;
    }
    if (stream->pending++ == 0) stream->since = now;
    if (stream->encoder->add(batch, flow, export_ns)) continue;
    --stream->pending;
    ++refused;
  }
  return refused;
}

// Null when the protocol cannot announce such a sampling rate: without it the flows would tell too little.
ExportStreams::Stream* ExportStreams::stream_for(const Key& key, std::uint64_t received_ns, std::uint64_t wall_ns) {
  if (options_.protocol == ExportProtocol::kNetflowV5 && key.sampling_rate > kMostSamplingV5) return nullptr;
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    streams_.splice(streams_.begin(), streams_, found->second);
    streams_.front().received(received_ns, wall_ns);
    return &streams_.front();
  }
  if (take_over(key)) return &streams_.front();
  if (streams_.size() == max_exporters_) forget_oldest();
  Stream& stream = streams_.emplace_front();
  stream.key = key;
  stream.domain = choose_domain(key);
  stream.received(received_ns, wall_ns);
  domains_.insert(stream.domain);
  by_key_.emplace(key, streams_.begin());
  open_encoder(stream);
  return &stream;
}

// An exporter whose sampling rate was not known goes on with the one that it has told by now.
bool ExportStreams::take_over(const Key& key) {
  Key unknown = key;
  unknown.sampling_rate = 0;
  const auto found = by_key_.find(unknown);
  if (found == by_key_.end()) return false;
  streams_.splice(streams_.begin(), streams_, found->second);
  by_key_.erase(found);
  by_key_.emplace(key, streams_.begin());
  Stream& stream = streams_.front();
  stream.flush();
  stream.key = key;
  open_encoder(stream);
  return true;
}

void ExportStreams::open_encoder(Stream& stream) {
  stream.encoder.emplace(encoder_options(stream), [this, &stream](Bytes message, std::size_t flows) {
    stream.pending -= flows;
    stream.since = Clock::now();
    send_(message, flows);
  });
}

std::uint32_t ExportStreams::choose_domain(const Key& key) const {
  const bool v5 = options_.protocol == ExportProtocol::kNetflowV5;
  const std::uint32_t made = v5 ? kMadeDomainsV5 : kMadeDomains;
  std::uint32_t domain = v5 ? key.domain & 0xffff : key.domain;
  if (!domains_.contains(domain)) return domain;
  domain = static_cast<std::uint32_t>(KeyHash()(key));
  do {
    domain = (domain + 1) % made + made;
  } while (domains_.contains(domain));
  return domain;
}

EncoderOptions ExportStreams::encoder_options(const Stream& stream) const {
  EncoderOptions encoder;
  encoder.protocol = options_.protocol;
  encoder.source_id = stream.domain;
  encoder.max_message = options_.max_message;
  encoder.template_interval_ns = static_cast<std::uint64_t>(options_.template_interval.count()) * kNsPerMs;
  encoder.template_packets = options_.template_packets;
  // When the exporter started nobody told; IPFIX, whose times are absolute, does without.
  const std::uint64_t now_ns = stream.export_time();
  if (options_.protocol != ExportProtocol::kIpfix) encoder.boot_time_ns = now_ns - std::min(now_ns, kUptimeNs);
  encoder.sampling_rate = stream.key.sampling_rate == 1 ? 0 : stream.key.sampling_rate;
  return encoder;
}

void ExportStreams::forget_oldest() {
  Stream& oldest = streams_.back();
  oldest.flush();
  by_key_.erase(oldest.key);
  domains_.erase(oldest.domain);
  streams_.pop_back();
}

ExportStreams::Clock::time_point ExportStreams::flush_due(Clock::time_point now) {
  Clock::time_point next = Clock::time_point::max();
  for (Stream& stream : streams_) {
    if (stream.pending == 0) continue;
    const Clock::time_point due = stream.since + options_.flush;
    if (due <= now + kTogether) {
      stream.flush();
    } else {
      next = std::min(next, due);
    }
  }
  return next;
}

void ExportStreams::flush_all() {
  for (Stream& stream : streams_) {
    if (stream.pending != 0) stream.flush();
  }
}

void ExportStreams::start_again() {
  flush_all();
  streams_.clear();
  by_key_.clear();
  domains_.clear();
}

}  // namespace weir
