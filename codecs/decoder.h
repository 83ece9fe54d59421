// From export messages to flows: NetFlow v1, v5, v7, v9 (RFC 3954) and IPFIX (RFC 7011, 5103, 6313, 7012).
//
// A Decoder takes one message at a time with the session it came over, and writes flows to a BatchWriter. It knows no
// socket, no file and no clock: time is what the caller says. It keeps, per session and observation domain, templates
// (compiled to plans), sampling and interface-name tables, sequence state, and sets that wait for their template.
//
// Thread rules: one Decoder, one thread at a time. All messages of one exporter address must go to the same Decoder.
// Hostile input: cost is proportional to the message's size; memory stays within Limits; a malformed set costs itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ledger.h"
#include "flow/address.h"
#include "flow/batch.h"

namespace weir {

enum class Transport : std::uint8_t { kUdp, kTcp, kTls, kFile };

// A transport session (RFC 7011 §2): the scope of templates.
struct Session {
  IpAddress remote;  // the exporter; IPv4-mapped addresses are unmapped
  IpAddress local;
  std::uint16_t remote_port = 0;
  std::uint16_t local_port = 0;
  Transport transport = Transport::kUdp;

  bool operator==(const Session&) const = default;
};

// Why a message (one datagram, or one IPFIX message of a stream) gave nothing.
enum class MessageDrop : std::uint8_t { kTooShort, kUnknownVersion, kBadHeader, kSessionLimit, kCount };
std::string_view reason_name(MessageDrop reason);

// Why a set of a message gave nothing, or not all it should. v1/v5/v7 records count as one set a message.
enum class SetDrop : std::uint8_t {
  kMalformed,      // length or content contradicts itself; good records before the place stand
  kNoTemplate,     // its template did not come in time
  kHoldLimit,      // no room to hold it until its template comes
  kBadTemplate,    // a template set with a template that cannot be
  kTemplateLimit,  // template memory was full
  kReserved,       // set ids 0, 1 (IPFIX), 4 to 255
  kCount
};
std::string_view reason_name(SetDrop reason);

// Sequence numbers, in the protocol's own unit: v5 flows (or datagrams where the sender counts so), v9 datagrams, IPFIX
// data records.
struct SequenceStats {
  std::uint64_t lost = 0;       // in gaps that no late message filled
  std::uint64_t reordered = 0;  // messages that came late but came
  std::uint64_t resets = 0;     // exporter restarts
};

// What is known of one exporter (address and observation domain).
struct ExporterStats {
  IpAddress address;
  std::uint32_t observation_domain_id = 0;
  FlowProtocol protocol = FlowProtocol::kNetflowV5;
  std::string name;                 // where options data told it
  std::uint64_t first_seen_ns = 0;  // wall time of receipt
  std::uint64_t last_seen_ns = 0;
  std::uint64_t last_export_ns = 0;  // the time that the header of its last message tells: the exporter's clock
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t flows = 0;  // flow records decoded
  std::uint64_t options_records = 0;
  std::uint64_t borrowed_flows = 0;   // decoded by the template of a silent session of the same address and domain
  std::uint64_t biflows = 0;          // flow records that carry a reverse direction
  std::uint64_t extras_dropped = 0;   // records too large to keep every element of
  std::uint64_t records_missing = 0;  // records a header announced beyond those that were there (v5 count, v9 count)
  std::uint64_t trailing_bytes = 0;   // in datagrams, beyond the length that their IPFIX header states
  Account<SetDrop> sets;
  SequenceStats sequence;
  std::string_view sequence_unit;  // "flows", "datagrams", "records"
  std::size_t templates = 0;
  std::size_t sessions = 0;
  std::uint32_t sampling_rate = 0;  // last announced for the whole exporter, 0 for none
};

// Adds the counters of `other` to those of `sum`; who and when stay.
void add_counters(ExporterStats& sum, const ExporterStats& other);

struct TemplateField {
  std::uint32_t enterprise;
  std::uint16_t id;
  std::uint16_t length;  // 65535: variable
};

// One template in force, for the templates page and tests.
struct TemplateView {
  Session session;
  std::uint32_t observation_domain_id;
  FlowProtocol protocol;
  std::uint16_t template_id;
  std::uint16_t scope_fields;  // 0: a data template
  std::uint64_t received_ns;
  std::vector<TemplateField> fields;
};

class Decoder {
 public:
  struct Limits {
    std::size_t template_bytes = 64 << 20;  // compiled templates, of all sessions
    std::size_t template_bytes_per_session = 2 << 20;
    std::size_t sessions = 65536;
    std::size_t held_bytes = 16 << 20;  // sets that wait for a template
    std::size_t held_bytes_per_session = 256 << 10;
    std::uint64_t hold_ns = 300'000'000'000;                  // how long a set waits
    std::uint64_t borrow_after_ns = 5'000'000'000;            // before it may borrow a silent session's template
    std::uint64_t template_lifetime_ns = 86'400'000'000'000;  // over UDP (RFC 7011 §8.4); re-sent templates start anew
  };

  Decoder();
  // Senders in `trusted` (load balancers, NAT, relays) stand for any number of exporters: elements 130 and 131 of a
  // record, else those of its session's options data, are believed to be its exporter's address. Their sessions lend
  // each other neither templates nor tables. ExporterStats are theirs, by the address that messages come from.
  explicit Decoder(Limits limits, std::vector<Prefix> trusted = {});
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Decodes one message received at `received_ns` (wall time). Flows go to `out`, those of earlier held sets too.
  void decode(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out);

  // Ages held sets, borrows and templates; call about once a second with the wall time, and with what decode() used as
  // its clock when reading files.
  void tick(std::uint64_t now_ns, BatchWriter& out);

  // A TCP or TLS session ended: its templates go (RFC 7011 §8.4, §10.4). What it still held is dropped as kNoTemplate.
  void close_session(const Session& session);

  // At the end of input: tries to borrow for held sets that may, regardless of time. What still waits stays held.
  void finish(std::uint64_t now_ns, BatchWriter& out);

  const Account<MessageDrop>& messages() const;
  // Sums over all exporters, those forgotten for lack of room included.
  ExporterStats totals() const;
  std::vector<ExporterStats> exporters() const;
  std::vector<TemplateView> templates() const;
  std::size_t template_memory() const;
  std::size_t held_memory() const;

  // Templates, sampling and name tables, and sequence state as bytes, to survive a restart; held sets are not part.
  std::string save() const;
  // Adds what save() wrote, of exporters for which `wanted` is true. Damaged bytes give an error and change nothing.
  Result<void> load(Bytes saved, const std::function<bool(const IpAddress&)>& wanted = {});
  // Changes whenever save() would differ in more than sequence numbers and times, so that a caller need not save each
  // time.
  std::uint64_t state_version() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
