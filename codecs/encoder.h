// From flows to export messages: NetFlow v5, v9 (RFC 3954) and IPFIX (RFC 7011), the other way round of decoder.h.
//
// An ExportEncoder keeps one exporter's state: source id, sequence number, when templates were last sent. It fills
// messages of at most `max_message` bytes and hands each to a callback.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "flow/batch.h"

namespace weir {

enum class ExportProtocol : std::uint8_t { kNetflowV5, kNetflowV9, kIpfix };

struct EncoderOptions {
  ExportProtocol protocol = ExportProtocol::kIpfix;
  std::uint32_t source_id = 0;     // v9 source ID, IPFIX observation domain, v5 engine type and id (low 16 bits)
  std::size_t max_message = 1400;  // fits an Ethernet MTU with IPv6 and tunnels
  std::uint64_t template_interval_ns = 60'000'000'000;  // templates are sent first and again after this long,
  std::uint32_t template_packets = 1000;                // or this many messages
  std::uint64_t boot_time_ns = 0;                       // wall time that sysUpTime counts from
  std::uint32_t sampling_rate = 0;  // announced in the header (v5) or by options data (v9, IPFIX); 0: none
};

class ExportEncoder {
 public:
  // The message is valid during the call.
  using Send = std::function<void(Bytes message)>;

  ExportEncoder(const EncoderOptions& options, Send send);
  ~ExportEncoder();

  // Encodes one flow; sends a message when it is full. `now_ns` is the export time. False when the protocol cannot
  // carry the flow (IPv6 in v5): nothing was encoded.
  bool add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  // Sends what is waiting.
  void flush(std::uint64_t now_ns);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
