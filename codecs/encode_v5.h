// NetFlow v5 messages: a header of 24 bytes and up to 30 records of 48.
//
// Thread rules: owned by one encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/encoder.h"

namespace weir {

class NetflowV5Encoder {
 public:
  NetflowV5Encoder(const EncoderOptions& options, ExportEncoder::Send send);

  bool add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  void flush(std::uint64_t now_ns);
  void resend_templates(std::uint64_t /*now_ns*/) {}  // it has none
  const EncoderStats& stats() const { return stats_; }

 private:
  void add_pieces(const Flow& flow, std::uint64_t pieces, std::uint64_t now_ns);
  void add_record(const Flow& flow, std::uint64_t bytes, std::uint64_t packets, std::uint64_t now_ns);
  std::uint16_t sampling_field(const Flow& flow);

  ExportEncoder::Send send_;
  std::size_t max_records_;
  std::uint16_t engine_;
  std::uint32_t sampling_rate_;  // of flows that state none
  std::uint64_t boot_ms_;
  std::uint32_t sequence_ = 0;          // flows sent
  std::uint16_t message_sampling_ = 0;  // of the message in the making
  std::size_t records_ = 0;             // in it
  std::size_t flows_ = 0;               // complete in it
  std::vector<std::uint8_t> message_;
  EncoderStats stats_;
};

}  // namespace weir
