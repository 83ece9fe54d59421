#include "sinks/export_streams.h"

#include <algorithm>
#include <limits>
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
constexpr std::size_t kLongestName = 255;

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
  const std::uint64_t rest = std::uint64_t{key.domain} << 8 | static_cast<std::uint64_t>(key.protocol);
  return std::hash<IpAddress>()(key.exporter) ^ (rest + 1) * 0x9e3779b97f4a7c15;
}

ExportStreams::ExportStreams(const NetflowOptions& options, Send send, std::size_t max_exporters)
    : options_(options), send_(std::move(send)), max_exporters_(max_exporters) {}

ExportStreams::~ExportStreams() = default;

// With an id for everything, what exporters say of themselves makes no difference, save that weir's own flows do.
ExportStreams::Key ExportStreams::key_of(const Origin& origin) const {
  if (options_.source_id) {
    return {
        {}, *options_.source_id, origin.protocol == FlowProtocol::kWeir ? FlowProtocol::kWeir : FlowProtocol::kIpfix};
  }
  return {{origin.sampler_address, origin.sampler_address_family}, origin.observation_domain_id, origin.protocol};
}

std::uint64_t ExportStreams::add(const FlowBatch& batch) {
  const std::uint64_t wall_ns = wall_time_ns();
  const Clock::time_point now = Clock::now();
  // Without its rate a flow would tell too little.
  const std::uint32_t most_sampling =
      options_.protocol == ExportProtocol::kNetflowV5 ? kMostSamplingV5 : std::numeric_limits<std::uint32_t>::max();
  std::uint64_t refused = 0;
  Stream* stream = nullptr;
  std::uint32_t origin = 0;
  std::uint64_t export_ns = 0;
  for (const Flow& flow : batch.flows()) {
    if (stream == nullptr || flow.origin != origin) {
      origin = flow.origin;
      stream = &stream_for(batch, flow);
      stream->received(batch.origin(flow).time_received_ns, wall_ns);
      export_ns = stream->as_of_ns != 0 ? stream->as_of_ns : wall_ns;
    }
    if (stream->pending++ == 0) stream->since = now;
    if (flow.sampling_rate <= most_sampling && stream->encoder->add(batch, flow, export_ns)) continue;
    --stream->pending;
    ++refused;
  }
  return refused;
}

ExportStreams::Stream& ExportStreams::stream_for(const FlowBatch& batch, const Flow& flow) {
  const Origin& origin = batch.origin(flow);
  const Key key = key_of(origin);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    streams_.splice(streams_.begin(), streams_, found->second);
    return streams_.front();
  }
  if (streams_.size() == max_exporters_) forget_oldest();
  Stream& stream = streams_.emplace_front();
  stream.key = key;
  stream.domain = choose_domain(key);
  stream.received(origin.time_received_ns, wall_time_ns());
  domains_.insert(stream.domain);
  by_key_.emplace(key, streams_.begin());
  EncoderOptions options = encoder_options(stream);
  if (!options_.source_id) options.exporter_name = batch.text(origin.host).substr(0, kLongestName);
  stream.encoder.emplace(options, [this, &stream](Bytes message, std::size_t flows) {
    stream.pending -= flows;
    if (flows != 0) stream.since = Clock::now();
    send_(message, flows);
  });
  return stream;
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
  const std::uint64_t now_ns = stream.export_time();
  if (options_.protocol != ExportProtocol::kIpfix) {
    encoder.boot_time_ns = now_ns - std::min(now_ns, kUptimeNs);
  } else if (stream.key.protocol == FlowProtocol::kWeir) {
    encoder.boot_time_ns = now_ns;  // when others started nobody told, and IPFIX does without
  }
  encoder.biflow = options_.biflow;
  encoder.nanoseconds = options_.nanoseconds;
  encoder.exporter_address =
      options_.protocol != ExportProtocol::kNetflowV5 && stream.key.protocol != FlowProtocol::kWeir;
  encoder.stream = options_.is_stream();
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
