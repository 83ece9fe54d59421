#include "codecs/encode_sets.h"

#include <utility>

namespace weir {
namespace {

constexpr std::uint16_t kIpv4Template = 256;
constexpr std::uint16_t kIpv6Template = 257;
constexpr std::uint16_t kSamplingTemplate = 258;
constexpr std::uint16_t kExporterTemplate = 259;

constexpr std::size_t kSetHeaderLength = 4;
constexpr std::uint64_t kSamplerId = 1;  // the only one

constexpr std::size_t padding(std::size_t length, std::size_t alignment) {
  return (alignment - length % alignment) % alignment;
}

}  // namespace

template <typename Protocol>
SetEncoder<Protocol>::SetEncoder(const EncoderOptions& options, ExportEncoder::Send send)
    : options_(options),
      send_(std::move(send)),
      boot_ms_(options.boot_time_ns / kNsPerMs),
      message_(options.max_message) {}

template <typename Protocol>
bool SetEncoder<Protocol>::add(const Flow& flow, std::uint64_t now_ns) {
  switch (address_family(flow)) {
    case Family::kV4: add_record<typename Protocol::Ipv4Record>(kIpv4Template, flow, now_ns); return true;
    case Family::kV6: add_record<typename Protocol::Ipv6Record>(kIpv6Template, flow, now_ns); return true;
    case Family::kNone: break;
  }
  return false;
}

template <typename Protocol>
template <typename Layout>
void SetEncoder<Protocol>::add_record(std::uint16_t template_id, const Flow& flow, std::uint64_t now_ns) {
  const std::size_t sampler_length = options_.sampling_rate != 0 ? Protocol::kSampler.length : 0;
  const std::size_t length = Layout::kLength + sampler_length;
  if (end_ != 0 && !fits(template_id, length)) flush(now_ns);
  if (end_ == 0) open_message(now_ns);
  if (set_start_ == 0 || set_id_ != template_id) open_set(template_id);
  Layout::write(message_.data() + end_, flow, ExportTimes(flow, boot_ms_, now_ns));
  end_ += Layout::kLength;
  if (sampler_length != 0) put(kSamplerId, sampler_length);
  ++records_;
  ++data_records_;
  ++flows_;
  if (!fits(template_id, length)) flush(now_ns);
}

// Whether a record still fits, in the open set or in a new one, with the padding that its set may need.
template <typename Protocol>
bool SetEncoder<Protocol>::fits(std::uint16_t set_id, std::size_t record_length) const {
  const bool same_set = set_start_ != 0 && set_id_ == set_id;
  const std::size_t set_header = same_set ? 0 : kSetHeaderLength + (Protocol::kAlignment - 1);
  return end_ + set_header + record_length + (Protocol::kAlignment - 1) <= message_.size();
}

template <typename Protocol>
void SetEncoder<Protocol>::open_message(std::uint64_t now_ns) {
  end_ = Protocol::kHeaderLength;
  const bool due = !templates_sent_ || messages_since_templates_ >= options_.template_packets ||
                   now_ns - templates_sent_ns_ >= options_.template_interval_ns;
  if (due) {
    write_templates();
    templates_sent_ = true;
    templates_sent_ns_ = now_ns;
    messages_since_templates_ = 0;
  }
  ++messages_since_templates_;
}

template <typename Protocol>
void SetEncoder<Protocol>::open_set(std::uint16_t id) {
  close_set();
  set_start_ = end_;
  set_id_ = id;
  end_ += kSetHeaderLength;
}

template <typename Protocol>
void SetEncoder<Protocol>::close_set() {
  if (set_start_ == 0) return;
  for (std::size_t n = padding(end_ - set_start_, Protocol::kAlignment); n > 0; --n) put(0, 1);
  store_be16(&message_[set_start_], set_id_);
  store_be16(&message_[set_start_ + 2], static_cast<std::uint16_t>(end_ - set_start_));
  set_start_ = 0;
}

template <typename Protocol>
void SetEncoder<Protocol>::write_templates() {
  open_set(Protocol::kTemplateSet);
  write_template<typename Protocol::Ipv4Record>(kIpv4Template);
  write_template<typename Protocol::Ipv6Record>(kIpv6Template);
  write_options();
  close_set();
}

template <typename Protocol>
template <typename Layout>
void SetEncoder<Protocol>::write_template(std::uint16_t id) {
  const bool sampled = options_.sampling_rate != 0;
  put(id, 2);
  put(Layout::kFields + (sampled ? 1 : 0), 2);
  for (const FieldSpec spec : Layout::kSpecs) put_spec(spec);
  if (sampled) put_spec(Protocol::kSampler);
  ++records_;
}

template <>
void SetEncoder<Netflow9>::write_options() {
  if (options_.sampling_rate == 0) return;
  constexpr FieldSpec kSystemScope{1, 4};
  constexpr FieldSpec kSamplerMode{49, 1};
  constexpr FieldSpec kRandomInterval{50, 4};
  open_options(kSamplingTemplate, kSystemScope, {Netflow9::kSampler, kSamplerMode, kRandomInterval});
  put(options_.source_id, 4);
  put(kSamplerId, 1);
  put(2, 1);  // random, the one mode that has this interval
  put(options_.sampling_rate, 4);
}

// Sampling as RFC 5477 §8.2 describes a selector.
template <>
void SetEncoder<Ipfix>::write_options() {
  if (boot_ms_ != 0) {
    constexpr FieldSpec kObservationDomainId{149, 4};
    constexpr FieldSpec kSystemInitTimeMilliseconds{160, 8};
    open_options(kExporterTemplate, kObservationDomainId, {kSystemInitTimeMilliseconds});
    put(options_.source_id, 4);
    put(boot_ms_, 8);
  }
  if (options_.sampling_rate != 0) {
    constexpr FieldSpec kSelectorAlgorithm{304, 2};
    constexpr FieldSpec kSamplingPacketInterval{305, 4};
    constexpr FieldSpec kSamplingPacketSpace{306, 4};
    open_options(kSamplingTemplate, Ipfix::kSampler,
                 {kSelectorAlgorithm, kSamplingPacketInterval, kSamplingPacketSpace});
    put(kSamplerId, 8);
    put(1, 2);  // systematic count-based: of every `rate` packets one is taken, rate - 1 are passed over
    put(1, 4);
    put(options_.sampling_rate - 1, 4);
  }
}

// Writes an options template of one scope, and opens its data set for the one record that follows.
template <typename Protocol>
void SetEncoder<Protocol>::open_options(std::uint16_t template_id, FieldSpec scope,
                                        std::initializer_list<FieldSpec> options) {
  open_set(Protocol::kOptionsTemplateSet);
  put(template_id, 2);
  if constexpr (Protocol::kCountsOptionsInBytes) {
    put(sizeof(FieldSpec), 2);
    put(options.size() * sizeof(FieldSpec), 2);
  } else {
    put(1 + options.size(), 2);
    put(1, 2);
  }
  put_spec(scope);
  for (const FieldSpec spec : options) put_spec(spec);
  open_set(template_id);
  records_ = static_cast<std::uint16_t>(records_ + 2);
  ++data_records_;
}

template <>
void SetEncoder<Netflow9>::write_header(std::uint64_t now_ns) {
  const std::uint64_t now_s = (now_ns + kNsPerSecond - 1) / kNsPerSecond;
  std::uint8_t* p = message_.data();
  store_be16(p, 9);
  store_be16(p + 2, records_);
  store_be32(p + 4, static_cast<std::uint32_t>(now_s * 1000 - boot_ms_));
  store_be32(p + 8, static_cast<std::uint32_t>(now_s));
  store_be32(p + 12, sequence_);
  store_be32(p + 16, options_.source_id);
  ++sequence_;
}

template <>
void SetEncoder<Ipfix>::write_header(std::uint64_t now_ns) {
  std::uint8_t* p = message_.data();
  store_be16(p, 10);
  store_be16(p + 2, static_cast<std::uint16_t>(end_));
  store_be32(p + 4, static_cast<std::uint32_t>(now_ns / kNsPerSecond));
  store_be32(p + 8, sequence_);
  store_be32(p + 12, options_.source_id);
  sequence_ += data_records_;
}

template <typename Protocol>
void SetEncoder<Protocol>::flush(std::uint64_t now_ns) {
  if (end_ == 0) return;
  close_set();
  write_header(now_ns);
  records_ = 0;
  data_records_ = 0;
  send_({message_.data(), std::exchange(end_, 0)}, std::exchange(flows_, 0));
}

template <typename Protocol>
void SetEncoder<Protocol>::put_spec(FieldSpec spec) {
  put(spec.id, 2);
  put(spec.length, 2);
}

// Big-endian, at the end of the message.
template <typename Protocol>
void SetEncoder<Protocol>::put(std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value >>= 8) message_[end_ + i] = static_cast<std::uint8_t>(value);
  end_ += width;
}

template class SetEncoder<Netflow9>;
template class SetEncoder<Ipfix>;

}  // namespace weir
