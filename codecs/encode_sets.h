// Messages made of sets (NetFlow v9: FlowSets): NetFlow v9 and IPFIX, which differ in headers, options and a few
// fields.
//
// Thread rules: owned by one encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "codecs/encode_groups.h"
#include "codecs/encode_names.h"
#include "codecs/encode_shapes.h"
#include "codecs/encode_tail.h"
#include "codecs/encoder.h"

namespace weir {

// RFC 3954. The header's two clocks name one instant, the export time rounded up to the second that the header can
// carry: times are exact to the millisecond, and no flow ends after its message.
struct Netflow9 {
  static constexpr ExportProtocol kProtocol = ExportProtocol::kNetflowV9;
  static constexpr std::size_t kHeaderLength = 20;
  static constexpr std::uint16_t kTemplateSet = 0;
  static constexpr std::uint16_t kOptionsTemplateSet = 1;
  static constexpr bool kCountsOptionsInBytes = true;  // in options templates (§6.1)
  static constexpr std::size_t kAlignment = 4;
};

// RFC 7011.
struct Ipfix {
  static constexpr ExportProtocol kProtocol = ExportProtocol::kIpfix;
  static constexpr std::size_t kHeaderLength = 16;
  static constexpr std::uint16_t kTemplateSet = 2;
  static constexpr std::uint16_t kOptionsTemplateSet = 3;
  static constexpr bool kCountsOptionsInBytes = false;  // but in fields (§3.4.2.2)
  static constexpr std::size_t kAlignment = 1;
};

// A message in the making.
struct ExportMessage {
  explicit ExportMessage(std::size_t room) : bytes(room) {}

  std::vector<std::uint8_t> bytes;
  std::size_t end = 0;             // of what is written; 0: not begun
  std::size_t set_start = 0;       // of the open set; 0: none
  std::uint16_t set_id = 0;        // of the open set
  std::uint16_t templates = 0;     // data and options templates
  std::uint16_t options = 0;       // options records
  std::uint16_t flow_records = 0;  // what the message has of them
  std::size_t flows = 0;           // that it completes
};

template <typename Protocol>
class SetEncoder {
 public:
  SetEncoder(const EncoderOptions& options, ExportEncoder::Send send);

  bool add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  void flush(std::uint64_t now_ns);
  void resend_templates(std::uint64_t now_ns);
  const EncoderStats& stats() const { return stats_; }

 private:
  enum OptionsTemplate : std::uint16_t { kExporterOptions = 256, kSamplingOptions, kNameOptions, kLongNameOptions };

  void add_split(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  void add_record(const FlowBatch& batch, const Flow& flow, const FlowCold& cold, ExportExtras which,
                  std::uint64_t now_ns);
  void put_record(RecordShape& shape, std::size_t length, const RecordSource& source, ExportExtras which,
                  std::uint64_t now_ns);
  void prepare(RecordShape& shape, std::size_t record_length, std::uint64_t now_ns);

  // Whether `length` bytes fit in a set of this id, the open one or a new one, with the padding that it may need.
  bool has_room(std::uint16_t set_id, std::size_t length) const;
  // Makes it so. REQUIRES that an empty message has the room.
  void reserve(std::uint16_t set_id, std::size_t length, std::uint64_t now_ns);
  void begin_message();
  void enter_set(std::uint16_t id);
  void close_set();
  void write_header(std::uint64_t now_ns);

  void write_template(RecordShape& shape);
  void withdraw(std::uint16_t template_id, std::uint64_t now_ns);

  // encode_options.cc
  void refresh_options(std::uint64_t now_ns);
  void write_exporter_options(std::uint64_t now_ns);
  void write_sampling_options(std::uint64_t now_ns);
  void write_names(std::uint64_t now_ns);
  // Opens the set of an options template for one record of at most `length` bytes, the template before it where it is
  // due. Templates have one scope.
  void begin_options(OptionsTemplate id, FieldSpec scope, std::span<const FieldSpec> options, std::size_t length,
                     std::uint64_t now_ns);
  void put_spec(FieldSpec spec);
  void put(std::uint64_t value, std::size_t width);
  void put_text(std::string_view text, std::size_t width);
  void put_variable(std::string_view text);
  void put_totals();

  EncoderOptions options_;
  ExportEncoder::Send send_;
  std::uint64_t boot_ms_;
  Grouping grouping_;
  ShapeTable shapes_;
  TailReader tails_;
  ExportNames names_;
  ExportMessage message_;
  EncoderStats stats_;
  std::size_t last_record_ = 0;  // its length
  std::uint32_t sequence_ = 0;
  std::uint8_t options_announced_ = 0;  // a bit for each OptionsTemplate
  bool refreshed_ = false;
  std::uint64_t refreshed_ns_ = 0;
  std::uint32_t messages_since_refresh_ = 0;
};

template <>
void SetEncoder<Netflow9>::write_header(std::uint64_t now_ns);
template <>
void SetEncoder<Ipfix>::write_header(std::uint64_t now_ns);
template <>
void SetEncoder<Netflow9>::write_exporter_options(std::uint64_t now_ns);
template <>
void SetEncoder<Ipfix>::write_exporter_options(std::uint64_t now_ns);
template <>
void SetEncoder<Netflow9>::write_sampling_options(std::uint64_t now_ns);
template <>
void SetEncoder<Ipfix>::write_sampling_options(std::uint64_t now_ns);
template <>
void SetEncoder<Netflow9>::write_names(std::uint64_t now_ns);
template <>
void SetEncoder<Ipfix>::write_names(std::uint64_t now_ns);

extern template class SetEncoder<Netflow9>;
extern template class SetEncoder<Ipfix>;

}  // namespace weir
