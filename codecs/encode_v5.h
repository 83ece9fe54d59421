// NetFlow v5 messages: a header of 24 bytes and up to 30 records of 48.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/encoder.h"

namespace weir {

class NetflowV5Encoder {
 public:
  NetflowV5Encoder(const EncoderOptions& options, ExportEncoder::Send send);

  bool add(const Flow& flow, std::uint64_t now_ns);
  void flush(std::uint64_t now_ns);

 private:
  void add_record(const Flow& flow, std::uint64_t bytes, std::uint64_t packets, std::uint64_t now_ns);

  ExportEncoder::Send send_;
  std::size_t max_records_;
  std::uint16_t engine_;
  std::uint16_t sampling_;
  std::uint64_t boot_ms_;
  std::uint32_t sequence_ = 0;  // flows sent
  std::size_t records_ = 0;     // in the message
  std::size_t flows_ = 0;       // complete in the message
  std::vector<std::uint8_t> message_;
};

}  // namespace weir
