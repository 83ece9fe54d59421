// Messages made of sets (NetFlow v9: FlowSets): NetFlow v9 and IPFIX, which differ in headers and a few fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "codecs/encode_layout.h"
#include "codecs/encoder.h"

namespace weir {

// RFC 3954. The header's two clocks name one instant, the export time rounded up to the second that the header can
// carry: times are exact to the millisecond, and no flow ends after its message.
struct Netflow9 {
  using Ipv4Record = Record<Ipv4Fields, CommonFields, Netflow9Fields>;
  using Ipv6Record = Record<Ipv6Fields<3>, CommonFields, Netflow9Fields>;
  static constexpr FieldSpec kSampler{48, 1};  // FLOW_SAMPLER_ID
  static constexpr std::size_t kHeaderLength = 20;
  static constexpr std::uint16_t kTemplateSet = 0;
  static constexpr std::uint16_t kOptionsTemplateSet = 1;
  static constexpr bool kCountsOptionsInBytes = true;  // in options templates (§6.1)
  static constexpr std::size_t kAlignment = 4;
};

// RFC 7011.
struct Ipfix {
  using Ipv4Record = Record<Ipv4Fields, CommonFields, IpfixFields>;
  using Ipv6Record = Record<Ipv6Fields<4>, CommonFields, IpfixFields>;
  static constexpr FieldSpec kSampler{302, 8};  // selectorId
  static constexpr std::size_t kHeaderLength = 16;
  static constexpr std::uint16_t kTemplateSet = 2;
  static constexpr std::uint16_t kOptionsTemplateSet = 3;
  static constexpr bool kCountsOptionsInBytes = false;  // but in fields (§3.4.2.2)
  static constexpr std::size_t kAlignment = 1;
};

template <typename Protocol>
class SetEncoder {
 public:
  SetEncoder(const EncoderOptions& options, ExportEncoder::Send send);

  bool add(const Flow& flow, std::uint64_t now_ns);
  void flush(std::uint64_t now_ns);

 private:
  template <typename Layout>
  void add_record(std::uint16_t template_id, const Flow& flow, std::uint64_t now_ns);
  bool fits(std::uint16_t set_id, std::size_t record_length) const;
  void open_message(std::uint64_t now_ns);
  void open_set(std::uint16_t id);
  void close_set();
  void write_header(std::uint64_t now_ns);
  void write_templates();
  template <typename Layout>
  void write_template(std::uint16_t id);
  void write_options();
  void open_options(std::uint16_t template_id, FieldSpec scope, std::initializer_list<FieldSpec> options);
  void put_spec(FieldSpec spec);
  void put(std::uint64_t value, std::size_t width);

  EncoderOptions options_;
  ExportEncoder::Send send_;
  std::uint64_t boot_ms_;
  std::vector<std::uint8_t> message_;
  std::size_t end_ = 0;             // of what is written; 0: no message open
  std::size_t set_start_ = 0;       // of the open set; 0: none
  std::uint16_t set_id_ = 0;        // of the open set
  std::uint16_t records_ = 0;       // in the message, templates included
  std::uint16_t data_records_ = 0;  // of them, options data included
  std::size_t flows_ = 0;           // of them
  std::uint32_t sequence_ = 0;
  bool templates_sent_ = false;
  std::uint64_t templates_sent_ns_ = 0;
  std::uint32_t messages_since_templates_ = 0;
};

template <>
void SetEncoder<Netflow9>::write_options();
template <>
void SetEncoder<Ipfix>::write_options();
template <>
void SetEncoder<Netflow9>::write_header(std::uint64_t now_ns);
template <>
void SetEncoder<Ipfix>::write_header(std::uint64_t now_ns);

extern template class SetEncoder<Netflow9>;
extern template class SetEncoder<Ipfix>;

}  // namespace weir
