// From flows to export messages: NetFlow v5, v9 (RFC 3954) and IPFIX (RFC 7011), the other way round of decoder.h.
//
// An ExportEncoder keeps one exporter's state: source id, sequence number, when templates were last sent. It fills
// messages of at most `max_message` bytes and hands each to a callback.
//
//   NetFlow v5  IPv4 only, 30 records a message; the sequence counts flows. AS numbers above 65535 are AS_TRANS 23456
//               (RFC 6793), interface indexes above 65535 are 65535. A flow whose counters need more than 32 bits
//               becomes several records that add up to it.
//   NetFlow v9  templates 256 (IPv4), 257 (IPv6) and options template 258 (sampling); the sequence counts messages.
//   IPFIX       the same ids and options template 259 (when the exporter started); the sequence counts data records,
//               options included.
//
// Times go out in milliseconds in all three (v5, v9: relative to sysUpTime, elements 21 and 22; IPFIX: 152 and 153,
// which every collector reads). Templates open the message that is due to carry them, so a collector that starts with
// any such message understands it.
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

inline constexpr std::size_t kMinExportMessage = 512;    // templates and a record of any kind
inline constexpr std::size_t kMaxExportMessage = 65507;  // UDP's limit over IPv4

struct EncoderOptions {
  ExportProtocol protocol = ExportProtocol::kIpfix;
  std::uint32_t source_id = 0;     // v9 source ID, IPFIX observation domain, v5 engine type and id (low 16 bits)
  std::size_t max_message = 1400;  // fits an Ethernet MTU with IPv6 and tunnels
  std::uint64_t template_interval_ns = 60'000'000'000;  // templates are sent first and again after this long,
  std::uint32_t template_packets = 1000;                // or this many messages
  std::uint64_t boot_time_ns = 0;   // wall time that sysUpTime counts from: when the exporter started
  std::uint32_t sampling_rate = 0;  // announced in the header (v5, up to 16383) or by options data (v9, IPFIX); 0: none
};

class ExportEncoder {
 public:
  // A full message and how many of the flows given to add() it completes. The message is valid during the call.
  using Send = std::function<void(Bytes message, std::size_t flows)>;

  // Throws std::invalid_argument for options outside the limits above.
  ExportEncoder(const EncoderOptions& options, Send send);
  ~ExportEncoder();

  // Encodes one flow, and sends the message when it is full. `now_ns` is the export time. False when
  // the protocol cannot carry the flow (no IP address, or of two families; for v5: IPv6, or counters beyond 30
  // records): nothing was encoded. A time that the flow lacks is written as the export time.
  bool add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  // Sends what is waiting; never an empty message. What is waiting at destruction is not sent.
  void flush(std::uint64_t now_ns);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
