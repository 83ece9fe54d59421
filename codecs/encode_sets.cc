#include "codecs/encode_sets.h"

#include <algorithm>
#include <utility>

#include "flow/biflow.h"

namespace weir {
namespace {

constexpr std::size_t kSetHeaderLength = 4;
constexpr FlowCold kNoCold{};

constexpr std::size_t padding(std::size_t length, std::size_t alignment) {
  return (alignment - length % alignment) % alignment;
}

bool has_lists(const Flow& flow) {
  return flow.has(FieldId::mpls_label) || flow.has(FieldId::bgp_communities) || flow.has(FieldId::mpls_ip) ||
         flow.has(FieldId::as_path) || flow.has(FieldId::mpls_ttl);
}

}  // namespace

template <typename Protocol>
SetEncoder<Protocol>::SetEncoder(const EncoderOptions& options, ExportEncoder::Send send)
    : options_(options),
      send_(std::move(send)),
      boot_ms_(options.boot_time_ns / kNsPerMs),
      grouping_(options),
      shapes_(Protocol::kProtocol),
      tails_(options),
      message_(options.max_message) {
  options_.exporter_name.resize(std::min(options_.exporter_name.size(), ExportNames::kMaxName));
}

template <typename Protocol>
bool SetEncoder<Protocol>::add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns) {
  stats_.names_in_conflict += names_.learn(batch, flow);
  if (flow.cold == 0) {
    add_record(batch, flow, kNoCold, ExportExtras::kAll, now_ns);
  } else {
    const bool whole = (Protocol::kProtocol == ExportProtocol::kIpfix && options_.biflow);
    if (whole || !has_reverse_traffic(batch, flow)) {
      add_record(batch, flow, batch.cold(flow), ExportExtras::kAll, now_ns);
    } else {
      add_split(batch, flow, now_ns);
    }
  }
  ++message_.flows;
  if (!has_room(message_.set_id, last_record_)) flush(now_ns);  // no need to wait for the next flow
  return true;
}

template <typename Protocol>
void SetEncoder<Protocol>::add_split(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns) {
  const bool forward = has_forward_traffic(flow);
  if (forward) add_record(batch, flow, batch.cold(flow), ExportExtras::kForward, now_ns);
  const ReverseFlow reverse = reverse_of(batch, flow);
  add_record(batch, reverse.flow, reverse.cold, forward ? ExportExtras::kReverse : ExportExtras::kReverseOnly, now_ns);
}

template <typename Protocol>
void SetEncoder<Protocol>::add_record(const FlowBatch& batch, const Flow& flow, const FlowCold& cold,
                                      ExportExtras which, std::uint64_t now_ns) {
  const RecordSource source{flow, cold, batch, ExportTimes(flow, boot_ms_, now_ns),
                            flow.sampling_rate != 0 ? flow.sampling_rate : options_.sampling_rate};
  const PresenceKey key = grouping_.key(source, now_ns);
  if (flow.extras == 0 && !has_lists(flow)) {
    RecordShape& shape = shapes_.find(key, grouping_);
    put_record(shape, shape.fixed_length, source, which, now_ns);
  } else {
    GroupSet groups = grouping_.groups(key);
    const RecordTail& tail = tails_.read(source, which, groups, stats_);
    RecordShape& shape = shapes_.find(groups, tail);
    put_record(shape, shape.fixed_length + tails_.variable_bytes(), source, which, now_ns);
  }
}

template <typename Protocol>
void SetEncoder<Protocol>::put_record(RecordShape& shape, std::size_t length, const RecordSource& source,
                                      ExportExtras which, std::uint64_t now_ns) {
  const bool ready = shape.announced && message_.set_start != 0 && message_.set_id == shape.template_id &&
                     has_room(shape.template_id, length) && !names_.due();
  if (!ready) prepare(shape, length, now_ns);
  write_record(&message_.bytes[message_.end], shape, source, which);
  message_.end += length;
  last_record_ = length;
  ++message_.flow_records;
}

// Leaves the shape's set open with room for the record, and its template sent.
template <typename Protocol>
void SetEncoder<Protocol>::prepare(RecordShape& shape, std::size_t record_length, std::uint64_t now_ns) {
  if (message_.end != 0 && !has_room(shape.template_id, record_length)) flush(now_ns);
  if (message_.end == 0) {
    const bool due = !refreshed_ || messages_since_refresh_ >= options_.template_packets ||
                     now_ns - refreshed_ns_ >= options_.template_interval_ns;
    begin_message();
    if (due) {
      refreshed_ = true;
      refreshed_ns_ = now_ns;
      messages_since_refresh_ = 0;
      refresh_options(now_ns);
    }
    ++messages_since_refresh_;
  }
  if (names_.due()) write_names(now_ns);
  if (const std::uint16_t evicted = shapes_.take_evicted(); evicted != 0) withdraw(evicted, now_ns);
  if (!shape.announced) {
    // Together in one message, where they fit one.
    const std::size_t both = shape.template_length + kSetHeaderLength + record_length;
    if (!has_room(Protocol::kTemplateSet, both)) reserve(Protocol::kTemplateSet, shape.template_length, now_ns);
    write_template(shape);
  }
  reserve(shape.template_id, record_length, now_ns);
  enter_set(shape.template_id);
}

template <typename Protocol>
bool SetEncoder<Protocol>::has_room(std::uint16_t set_id, std::size_t length) const {
  const bool same_set = message_.set_start != 0 && message_.set_id == set_id;
  const std::size_t set_header = same_set ? 0 : kSetHeaderLength + (Protocol::kAlignment - 1);
  return message_.end + set_header + length + (Protocol::kAlignment - 1) <= message_.bytes.size();
}

template <typename Protocol>
void SetEncoder<Protocol>::reserve(std::uint16_t set_id, std::size_t length, std::uint64_t now_ns) {
  if (has_room(set_id, length)) return;
  flush(now_ns);
  begin_message();
  ++messages_since_refresh_;
}

template <typename Protocol>
void SetEncoder<Protocol>::begin_message() {
  message_.end = Protocol::kHeaderLength;
}

template <typename Protocol>
void SetEncoder<Protocol>::enter_set(std::uint16_t id) {
  if (message_.set_start != 0 && message_.set_id == id) return;
  close_set();
  message_.set_start = message_.end;
  message_.set_id = id;
  message_.end += kSetHeaderLength;
}

template <typename Protocol>
void SetEncoder<Protocol>::close_set() {
  const std::size_t start = message_.set_start;
  if (start == 0) return;
  for (std::size_t n = padding(message_.end - start, Protocol::kAlignment); n > 0; --n) put(0, 1);
  store_be16(&message_.bytes[start], message_.set_id);
  store_be16(&message_.bytes[start + 2], static_cast<std::uint16_t>(message_.end - start));
  message_.set_start = 0;
}

template <typename Protocol>
void SetEncoder<Protocol>::write_template(RecordShape& shape) {
  enter_set(Protocol::kTemplateSet);
  put(shape.template_id, 2);
  put(shape.fields, 2);
  const auto layouts = group_layouts(Protocol::kProtocol);
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    if ((shape.groups >> i & 1) == 0) continue;
    for (const FieldSpec& spec : layouts[i].specs) put_spec(spec);
  }
  for_each_tail_spec(shape.tail, [this](const FieldSpec& spec) { put_spec(spec); });
  ++message_.templates;
  shape.announced = true;
}

// Over UDP a withdrawal must not be sent (RFC 7011 §8.4): there templates age out. NetFlow v9 has none.
template <typename Protocol>
void SetEncoder<Protocol>::withdraw(std::uint16_t template_id, std::uint64_t now_ns) {
  if (Protocol::kProtocol != ExportProtocol::kIpfix || !options_.stream) return;
  reserve(Protocol::kTemplateSet, 4, now_ns);
  close_set();  // withdrawals stand in a set of their own (§8.1)
  enter_set(Protocol::kTemplateSet);
  put(template_id, 2);
  put(0, 2);
  close_set();
}

template <typename Protocol>
void SetEncoder<Protocol>::resend_templates(std::uint64_t now_ns) {
  ExportMessage waiting = std::exchange(message_, ExportMessage(options_.max_message));
  options_announced_ = 0;
  refreshed_ = true;
  refreshed_ns_ = now_ns;
  messages_since_refresh_ = 0;
  begin_message();
  refresh_options(now_ns);
  if (names_.due()) write_names(now_ns);
  for (RecordShape& shape : shapes_.all()) {
    if (shape.template_id == 0) continue;
    reserve(Protocol::kTemplateSet, shape.template_length, now_ns);
    write_template(shape);
  }
  flush(now_ns);
  message_ = std::move(waiting);
}

template <>
void SetEncoder<Netflow9>::write_header(std::uint64_t now_ns) {
  const std::uint64_t now_s = (now_ns + kNsPerSecond - 1) / kNsPerSecond;
  std::uint8_t* p = message_.bytes.data();
  store_be16(p, 9);
  store_be16(p + 2, static_cast<std::uint16_t>(message_.templates + message_.options + message_.flow_records));
  store_be32(p + 4, static_cast<std::uint32_t>(now_s * 1000 - boot_ms_));
  store_be32(p + 8, static_cast<std::uint32_t>(now_s));
  store_be32(p + 12, sequence_);
  store_be32(p + 16, options_.source_id);
  ++sequence_;
}

template <>
void SetEncoder<Ipfix>::write_header(std::uint64_t now_ns) {
  std::uint8_t* p = message_.bytes.data();
  store_be16(p, 10);
  store_be16(p + 2, static_cast<std::uint16_t>(message_.end));
  store_be32(p + 4, static_cast<std::uint32_t>(now_ns / kNsPerSecond));
  store_be32(p + 8, sequence_);
  store_be32(p + 12, options_.source_id);
  sequence_ += message_.options + message_.flow_records;
}

template <typename Protocol>
void SetEncoder<Protocol>::flush(std::uint64_t now_ns) {
  if (message_.end <= Protocol::kHeaderLength) return;
  close_set();
  write_header(now_ns);
  stats_.messages += 1;
  stats_.bytes += message_.end;
  stats_.flows += message_.flows;
  stats_.flow_records += message_.flow_records;
  stats_.options_records += message_.options;
  stats_.templates += message_.templates;
  stats_.shapes = shapes_.made();
  stats_.shapes_evicted = shapes_.evicted();
  message_.templates = message_.options = message_.flow_records = 0;
  send_({message_.bytes.data(), std::exchange(message_.end, 0)}, std::exchange(message_.flows, 0));
}

template class SetEncoder<Netflow9>;
template class SetEncoder<Ipfix>;

}  // namespace weir
