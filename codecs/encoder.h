// From flows to export messages: NetFlow v5, v9 (RFC 3954) and IPFIX (RFC 7011), the other way round of decoder.h.
//
// An ExportEncoder keeps one exporter's state: source id, sequence number, templates, names of interfaces. It fills
// messages of at most `max_message` bytes and hands each to a callback.
//
//   NetFlow v5  IPv4 only, 30 records a message; the sequence counts flows. AS numbers above 65535 are AS_TRANS 23456
//               (RFC 6793), interface indexes above 65535 are 65535. A flow whose counters need more than 32 bits
//               becomes several records that add up to it. The sampling rate stands in the header, so that flows of
//               another rate begin another message.
//   NetFlow v9  a template per shape of flow (docs/export-formats.md lists them); the sequence counts messages.
//   IPFIX       likewise; the sequence counts data records, options data included.
//
// A shape is the set of field groups that a flow has. Whatever the decoder can decode goes out again, extras included;
// the few things that a protocol cannot carry are counted (EncoderStats). Up to 64 shapes are known at once; beyond
// them the least recently used one gives way and is announced anew, under a new id, when it comes back.
//
// A template goes out in the message of the first record that needs it (before it, where both do not fit), and again
// with the first such record after each refresh, so that a collector that starts at any time understands everything
// after the next refresh. Options data go out with each refresh: sampling, when the exporter started and its name, its
// statistics, and the names of interfaces, learnt from the flows that pass; a new name goes out at once.
//
// A biflow (reverse counters present) is split into two records, unless IPFIX is told to keep it whole. One whose
// forward direction had no packets gives the reverse record only.
//
// Times go out in milliseconds (v5, v9: relative to sysUpTime, elements 21 and 22; IPFIX: 152 and 153, which every
// collector reads). In v9 a flow more than 12 days from its export time has 152 and 153 instead, which sysUpTime could
// not tell; v5 cannot tell such times.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "flow/batch.h"

namespace weir {

enum class ExportProtocol : std::uint8_t { kNetflowV5, kNetflowV9, kIpfix };

inline constexpr std::size_t kMinExportMessage = 512;    // any template, and a record of all fields
inline constexpr std::size_t kMaxExportMessage = 65507;  // UDP's limit over IPv4

struct EncoderOptions {
  ExportProtocol protocol = ExportProtocol::kIpfix;
  std::uint32_t source_id = 0;     // v9 source ID, IPFIX observation domain, v5 engine type and id (low 16 bits)
  std::size_t max_message = 1400;  // fits an Ethernet MTU with IPv6 and tunnels
  std::uint64_t template_interval_ns = 60'000'000'000;  // templates and options are sent first and again after this
  std::uint32_t template_packets = 1000;                // long, or this many messages
  std::uint64_t boot_time_ns = 0;  // wall time that sysUpTime counts from: when the exporter started
  // For flows that state no rate of their own: announced in the header (v5, up to 16383) or by options data (v9,
  // IPFIX); 0: none. A flow of another rate than this says its own (v9, IPFIX: element 34).
  std::uint32_t sampling_rate = 0;
  bool biflow = false;            // IPFIX: reverse elements (RFC 5103) instead of a second record
  bool nanoseconds = false;       // IPFIX: times in elements 156 and 157, to the nanosecond
  bool exporter_address = false;  // v9, IPFIX: each record says who exported the flow first (elements 130, 131)
  // Messages go to a connection: templates are sent once, and the ids of shapes that gave way are withdrawn (RFC 7011
  // §8.1). Call resend_templates() for every connection but the first.
  bool stream = false;
  std::string exporter_name = {};  // v9, IPFIX: told by options data (element 300), up to 255 bytes; empty: none
};

// What an encoder did. All but the last group count what was handed to Send.
struct EncoderStats {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t flows = 0;         // as the Send callback counts them
  std::uint64_t flow_records = 0;  // a split flow has two, a v5 flow of large counters several
  std::uint64_t options_records = 0;
  std::uint64_t templates = 0;  // data and options templates, repetitions included

  std::uint64_t shapes = 0;          // made
  std::uint64_t shapes_evicted = 0;  // gave way to others
  // What flows had and the protocol cannot carry. The flows went out without it.
  std::uint64_t extras_enterprise = 0;  // elements with an enterprise number, in v9
  std::uint64_t extras_rendered = 0;    // structured data, of which only the text is known
  std::uint64_t extras_too_large = 0;   // did not fit a message, or are empty in v9
  std::uint64_t list_items_left = 0;    // labels, communities, addresses beyond what a message holds
  std::uint64_t lists_left = 0;         // AS paths and MPLS TTLs, which no element carries
  // Names of interfaces: another exporter's index has another name, or 4096 are known already.
  std::uint64_t names_in_conflict = 0;
  std::uint64_t rates_left = 0;  // v5: flows of a rate above 16383, sent without it
};

class ExportEncoder {
 public:
  // A full message and how many of the flows given to add() it completes: a flow counts once, in the message of its
  // last record, however many records it became; a message may complete none. The message is valid during the call.
  using Send = std::function<void(Bytes message, std::size_t flows)>;

  // Throws std::invalid_argument for options outside the limits above.
  ExportEncoder(const EncoderOptions& options, Send send);
  ~ExportEncoder();

  // Encodes one flow of `batch`, and sends messages that are full. `now_ns` is the export time. False when v5 cannot
  // carry the flow (IPv6 or no addresses, or counters beyond 30 records): nothing was encoded. v9 and IPFIX carry
  // every flow. A time that the flow lacks is written as the export time.
  bool add(const FlowBatch& batch, const Flow& flow, std::uint64_t now_ns);
  // Sends what is waiting; never an empty message. What is waiting at destruction is not sent.
  void flush(std::uint64_t now_ns);
  // For a new connection: sends, at once, the templates and options data that it lacks. What is waiting, and messages
  // that were handed out and not delivered, may follow on it. Does nothing for v5.
  void resend_templates(std::uint64_t now_ns);

  const EncoderStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
