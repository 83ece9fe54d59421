#include "store/extras_coding.h"

#include "store/wire.h"

namespace weir {
namespace {

void append_varint(PodVector<std::uint8_t>& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<std::uint8_t>(v | 0x80));
  out.push_back(static_cast<std::uint8_t>(v));
}

Extra read_extra(WireReader& in) {
  Extra extra;
  extra.enterprise = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  extra.element = static_cast<std::uint16_t>(in.varint(UINT16_MAX));
  extra.flags = static_cast<std::uint16_t>(in.varint(UINT16_MAX));
  extra.length = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  return extra;
}

}  // namespace

void append_extras(const FlowBatch& batch, const Flow& flow, PodVector<std::uint8_t>& out) {
  if (flow.extras == 0) return;
  append_varint(out, batch.at<ExtrasHeader>(flow.extras).count);
  batch.for_each_extra(flow, [&](const Extra& extra, Bytes) {
    append_varint(out, extra.enterprise);
    append_varint(out, extra.element);
    append_varint(out, extra.flags);
    append_varint(out, extra.length);
  });
  batch.for_each_extra(flow, [&](const Extra&, Bytes value) { out.append(value.data(), value.size()); });
}

std::optional<std::size_t> extras_size(Bytes encoded) {
  if (encoded.empty()) return 0;
  WireReader in(encoded);
  const std::uint64_t count = in.varint(encoded.size());
  std::size_t values = 0;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) values += read_extra(in).length;
  if (in.failed() || values != in.remaining()) return std::nullopt;
  return sizeof(ExtrasHeader) + count * sizeof(Extra) + values;
}

void decode_extras(Bytes encoded, std::uint8_t* out) {
  WireReader in(encoded);
  const ExtrasHeader header{static_cast<std::uint32_t>(in.varint())};
  std::memcpy(out, &header, sizeof header);
  out += sizeof header;
  for (std::uint32_t i = 0; i < header.count; ++i, out += sizeof(Extra)) {
    const Extra extra = read_extra(in);
    std::memcpy(out, &extra, sizeof extra);
  }
  const Bytes values = in.bytes(in.remaining());
  if (!values.empty()) std::memcpy(out, values.data(), values.size());
}

}  // namespace weir
