#include "codecs/encoder.h"

#include <stdexcept>
#include <utility>
#include <variant>

#include "codecs/encode_sets.h"
#include "codecs/encode_v5.h"

namespace weir {
namespace {

using AnyEncoder = std::variant<NetflowV5Encoder, SetEncoder<Netflow9>, SetEncoder<Ipfix>>;

AnyEncoder make_encoder(const EncoderOptions& options, ExportEncoder::Send send) {
  if (options.max_message < kMinExportMessage || options.max_message > kMaxExportMessage) {
    throw std::invalid_argument("an export message must have room for 512 to 65507 bytes");
  }
  switch (options.protocol) {
    case ExportProtocol::kNetflowV5: return AnyEncoder(std::in_place_type<NetflowV5Encoder>, options, std::move(send));
    case ExportProtocol::kNetflowV9:
      return AnyEncoder(std::in_place_type<SetEncoder<Netflow9>>, options, std::move(send));
    case ExportProtocol::kIpfix: return AnyEncoder(std::in_place_type<SetEncoder<Ipfix>>, options, std::move(send));
  }
  throw std::invalid_argument("unknown export protocol");
}

}  // namespace

struct ExportEncoder::Impl {
  AnyEncoder encoder;
};

ExportEncoder::ExportEncoder(const EncoderOptions& options, Send send)
    : impl_(new Impl{make_encoder(options, std::move(send))}) {}

ExportEncoder::~ExportEncoder() = default;

bool ExportEncoder::add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns) {
  return std::visit([&](auto& encoder) { return encoder.add(batch, flow, now_ns); }, impl_->encoder);
}

void ExportEncoder::flush(std::uint64_t now_ns) {
  std::visit([&](auto& encoder) { encoder.flush(now_ns); }, impl_->encoder);
}

void ExportEncoder::resend_templates(std::uint64_t now_ns) {
  std::visit([&](auto& encoder) { encoder.resend_templates(now_ns); }, impl_->encoder);
}

const EncoderStats& ExportEncoder::stats() const {
  return std::visit([](const auto& encoder) -> const EncoderStats& { return encoder.stats(); }, impl_->encoder);
}

}  // namespace weir
