// Options data of SetEncoder: what an exporter tells of itself (RFC 3954 §6.1, RFC 7011 §4, RFC 5477 §8.2).
#include <vector>

#include "codecs/encode_sets.h"
#include "codecs/template_plan.h"

namespace weir {
namespace {

// NetFlow v9 has scopes of its own (RFC 3954 §6.1).
constexpr FieldSpec kV9SystemScope{1, 4};
constexpr FieldSpec kV9InterfaceScope{2, 4};

constexpr FieldSpec kObservationDomainId{149, 4};
constexpr FieldSpec kIngressInterface{10, 4};

constexpr FieldSpec kExportedOctets{40, 8};       // exportedOctetTotalCount, TOTAL_BYTES_EXP
constexpr FieldSpec kExportedMessages{41, 8};     // exportedMessageTotalCount, TOTAL_PKTS_EXP
constexpr FieldSpec kExportedFlowRecords{42, 8};  // exportedFlowRecordTotalCount, TOTAL_FLOWS_EXP
constexpr FieldSpec kSystemInitTimeMilliseconds{160, 8};

constexpr std::uint16_t kInterfaceName = 82;
constexpr std::uint16_t kObservationDomainName = 300;

// Lengths of v9's IF_NAME: most names fit the shorter.
constexpr std::uint16_t kShortName = 32;
constexpr std::uint16_t kLongName = ExportNames::kMaxName;

std::size_t variable_length(std::string_view text) { return text.size() + (text.size() < 255 ? 1 : 3); }

}  // namespace

template <typename Protocol>
void SetEncoder<Protocol>::refresh_options(std::uint64_t now_ns) {
  if (!options_.stream) {
    options_announced_ = 0;
    shapes_.forget_announced();
  }
  write_exporter_options(now_ns);
  if (options_.sampling_rate != 0) write_sampling_options(now_ns);
  names_.tell_all_again();
}

template <typename Protocol>
void SetEncoder<Protocol>::begin_options(OptionsTemplate id, FieldSpec scope, std::span<const FieldSpec> options,
                                         std::size_t length, std::uint64_t now_ns) {
  const auto announced = static_cast<std::uint8_t>(1U << (id - kExporterOptions));
  if ((options_announced_ & announced) == 0) {
    const std::size_t template_length = 6 + 4 * (1 + options.size()) + Protocol::kAlignment;
    if (!has_room(Protocol::kOptionsTemplateSet, template_length + 4 + length))
      reserve(Protocol::kOptionsTemplateSet, template_length, now_ns);
    close_set();  // v9 pads an options template, so that another cannot follow it
    enter_set(Protocol::kOptionsTemplateSet);
    put(id, 2);
    put(Protocol::kCountsOptionsInBytes ? 4 : 1 + options.size(), 2);
    put(Protocol::kCountsOptionsInBytes ? 4 * options.size() : 1, 2);
    put_spec(scope);
    for (const FieldSpec& spec : options) put_spec(spec);
    ++message_.templates;
    options_announced_ |= announced;
  }
  reserve(id, length, now_ns);
  enter_set(id);
  ++message_.options;
}

template <>
void SetEncoder<Netflow9>::write_exporter_options(std::uint64_t now_ns) {
  const std::string& name = options_.exporter_name;
  std::vector<FieldSpec> options{kExportedOctets, kExportedMessages, kExportedFlowRecords};
  if (!name.empty()) options.push_back({kObservationDomainName, static_cast<std::uint16_t>(name.size())});
  begin_options(kExporterOptions, kV9SystemScope, options, 4 + 24 + name.size(), now_ns);
  put(options_.source_id, 4);
  put_totals();
  put_text(name, name.size());
}

template <>
void SetEncoder<Ipfix>::write_exporter_options(std::uint64_t now_ns) {
  const std::string& name = options_.exporter_name;
  std::vector<FieldSpec> options{kExportedOctets, kExportedMessages, kExportedFlowRecords};
  if (boot_ms_ != 0) options.push_back(kSystemInitTimeMilliseconds);
  if (!name.empty()) options.push_back({kObservationDomainName, kVariableLength});
  begin_options(kExporterOptions, kObservationDomainId, options, 4 + 24 + 8 + variable_length(name), now_ns);
  put(options_.source_id, 4);
  put_totals();
  if (boot_ms_ != 0) put(boot_ms_, 8);
  if (!name.empty()) put_variable(name);
}

template <typename Protocol>
void SetEncoder<Protocol>::put_totals() {
  put(stats_.bytes, 8);
  put(stats_.messages, 8);
  put(stats_.flow_records, 8);
}

template <>
void SetEncoder<Netflow9>::write_sampling_options(std::uint64_t now_ns) {
  static constexpr FieldSpec kOptions[] = {{48, 1}, {49, 1}, {50, 4}};  // FLOW_SAMPLER_ID, _MODE, _RANDOM_INTERVAL
  begin_options(kSamplingOptions, kV9SystemScope, kOptions, 4 + 1 + 1 + 4, now_ns);
  put(options_.source_id, 4);
  put(kSamplerId, 1);
  put(2, 1);  // random, the one mode that has this interval
  put(options_.sampling_rate, 4);
}

// Sampling as RFC 5477 §8.2 describes a selector.
template <>
void SetEncoder<Ipfix>::write_sampling_options(std::uint64_t now_ns) {
  static constexpr FieldSpec kSelectorId{302, 8};
  // selectorAlgorithm, samplingPacketInterval, samplingPacketSpace
  static constexpr FieldSpec kOptions[] = {{304, 2}, {305, 4}, {306, 4}};
  begin_options(kSamplingOptions, kSelectorId, kOptions, 8 + 2 + 4 + 4, now_ns);
  put(kSamplerId, 8);
  put(1, 2);  // systematic count-based: of every `rate` packets one is taken, rate - 1 are passed over
  put(1, 4);
  put(options_.sampling_rate - 1, 4);
}

template <>
void SetEncoder<Netflow9>::write_names(std::uint64_t now_ns) {
  names_.tell([&](std::uint32_t index, std::string_view name) {
    const bool is_short = name.size() <= kShortName;
    const FieldSpec spec{kInterfaceName, is_short ? kShortName : kLongName};
    begin_options(is_short ? kNameOptions : kLongNameOptions, kV9InterfaceScope, {&spec, 1},
                  std::size_t{4} + spec.length, now_ns);
    put(index, 4);
    put_text(name, spec.length);
  });
}

template <>
void SetEncoder<Ipfix>::write_names(std::uint64_t now_ns) {
  names_.tell([&](std::uint32_t index, std::string_view name) {
    static constexpr FieldSpec kName{kInterfaceName, kVariableLength};
    begin_options(kNameOptions, kIngressInterface, {&kName, 1}, 4 + variable_length(name), now_ns);
    put(index, 4);
    put_variable(name);
  });
}

template <typename Protocol>
void SetEncoder<Protocol>::put_spec(FieldSpec spec) {
  put(spec.enterprise == 0 ? spec.id : spec.id | 0x8000U, 2);
  put(spec.length, 2);
  if (spec.enterprise != 0) put(spec.enterprise, 4);
}

// Big-endian, at the end of the message.
template <typename Protocol>
void SetEncoder<Protocol>::put(std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value >>= 8) message_.bytes[message_.end + i] = static_cast<std::uint8_t>(value);
  message_.end += width;
}

// Filled up with NULs to `width`.
template <typename Protocol>
void SetEncoder<Protocol>::put_text(std::string_view text, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) put(i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0, 1);
}

// With its length before it (RFC 7011 §7).
template <typename Protocol>
void SetEncoder<Protocol>::put_variable(std::string_view text) {
  if (text.size() < 255) {
    put(text.size(), 1);
  } else {
    put(255, 1);
    put(text.size(), 2);
  }
  put_text(text, text.size());
}

template void SetEncoder<Netflow9>::refresh_options(std::uint64_t);
template void SetEncoder<Ipfix>::refresh_options(std::uint64_t);
template void SetEncoder<Netflow9>::begin_options(OptionsTemplate, FieldSpec, std::span<const FieldSpec>, std::size_t,
                                                  std::uint64_t);
template void SetEncoder<Ipfix>::begin_options(OptionsTemplate, FieldSpec, std::span<const FieldSpec>, std::size_t,
                                               std::uint64_t);
template void SetEncoder<Netflow9>::put_totals();
template void SetEncoder<Ipfix>::put_totals();
template void SetEncoder<Netflow9>::put(std::uint64_t, std::size_t);
template void SetEncoder<Ipfix>::put(std::uint64_t, std::size_t);
template void SetEncoder<Netflow9>::put_spec(FieldSpec);
template void SetEncoder<Ipfix>::put_spec(FieldSpec);
template void SetEncoder<Netflow9>::put_text(std::string_view, std::size_t);
template void SetEncoder<Ipfix>::put_text(std::string_view, std::size_t);
template void SetEncoder<Netflow9>::put_variable(std::string_view);
template void SetEncoder<Ipfix>::put_variable(std::string_view);

}  // namespace weir
