#include "codecs/decoder.h"

#include "base/clock.h"
#include "codecs/decoder_state.h"
#include "codecs/exporter_table.h"
#include "codecs/netflow_fixed.h"
#include "codecs/set_decoder.h"

namespace weir {
namespace {

constexpr std::size_t kHeaderV9 = 20;
constexpr std::size_t kHeaderIpfix = 16;

}  // namespace

std::string_view reason_name(MessageDrop reason) {
  switch (reason) {
    case MessageDrop::kTooShort: return "too_short";
    case MessageDrop::kUnknownVersion: return "unknown_version";
    case MessageDrop::kBadHeader: return "bad_header";
    case MessageDrop::kSessionLimit: return "session_limit";
    case MessageDrop::kCount: break;
  }
  return "";
}

std::string_view reason_name(SetDrop reason) {
  switch (reason) {
    case SetDrop::kMalformed: return "malformed";
    case SetDrop::kNoTemplate: return "no_template";
    case SetDrop::kHoldLimit: return "hold_limit";
    case SetDrop::kBadTemplate: return "bad_template";
    case SetDrop::kTemplateLimit: return "template_limit";
    case SetDrop::kReserved: return "reserved";
    case SetDrop::kCount: break;
  }
  return "";
}

struct Decoder::Impl {
  Impl(const Limits& l, std::vector<Prefix> trusted)
      : limits(l), table(limits, std::move(trusted)), sets(limits, table) {}

  void decode(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out);
  void drop(MessageDrop reason) { messages.drop(reason); }
  // The domain that a message belongs to, with its statistics begun; null (and counted) when there is no room.
  Domain* open(const Session& session, std::uint32_t id, FlowProtocol protocol, std::size_t bytes,
               std::uint64_t received_ns);
  void fixed(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out);
  void netflow_v9(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out);
  void ipfix(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out);

  const Limits limits;
  ExporterTable table;
  SetDecoder sets;
  Account<MessageDrop> messages;
};

namespace {

MessageContext context_of(const Session& session, const Domain& domain, std::uint32_t sequence,
                          std::uint64_t received_ns, const MessageClock& clock) {
  MessageContext context;
  context.origin.time_received_ns = received_ns;
  context.origin.sampler_address = session.remote.bytes;
  context.origin.sampler_address_family = session.remote.family;
  context.origin.sequence_num = sequence;
  context.origin.observation_domain_id = domain.id;
  context.origin.protocol = domain.protocol;
  context.clock = clock;
  return context;
}

}  // namespace

Domain* Decoder::Impl::open(const Session& session, std::uint32_t id, FlowProtocol protocol, std::size_t bytes,
                            std::uint64_t received_ns) {
  Domain* const domain = table.touch(session, id, protocol, received_ns);
  if (domain == nullptr) {
    drop(MessageDrop::kSessionLimit);
    return nullptr;
  }
  ++messages.out;
  ++domain->exporter->stats.messages;
  domain->exporter->stats.bytes += bytes;
  return domain;
}

void Decoder::Impl::decode(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out) {
  ++messages.in;
  if (message.size() < 2) return drop(MessageDrop::kTooShort);
  switch (load_be16(message.data())) {
    case 1:
    case 5:
    case 7: return fixed(session, message, received_ns, out);
    case 9: return netflow_v9(session, message, received_ns, out);
    case 10: return ipfix(session, message, received_ns, out);
    default: return drop(MessageDrop::kUnknownVersion);
  }
}

void Decoder::Impl::fixed(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out) {
  const auto header = read_fixed_header(message);
  if (!header) return drop(MessageDrop::kTooShort);
  Domain* const domain = open(session, header->engine, header->protocol, message.size(), received_ns);
  if (domain == nullptr) return;
  set_origin(*domain, context_of(session, *domain, header->sequence, received_ns, header->clock), out);
  const std::uint32_t records = decode_fixed_records(*header, message, out);
  ExporterStats& stats = domain->exporter->stats;
  stats.last_export_ns = header->clock.export_ns;
  stats.flows += records;
  stats.sampling_rate = header->sampling_rate;
  stats.records_missing += header->count - records;
  ++stats.sets.in;
  if (records == header->count) {
    ++stats.sets.out;
  } else {
    stats.sets.drop(SetDrop::kMalformed);
  }
  // What a wrong count means for the sequence is anybody's guess: between what came and what was announced.
  if (header->has_sequence) domain->sequence.on_message(header->sequence, records, header->count, stats.sequence);
}

void Decoder::Impl::netflow_v9(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out) {
  if (message.size() < kHeaderV9) return drop(MessageDrop::kTooShort);
  ByteReader reader(message.subspan(2));
  const std::uint32_t announced = reader.u16();
  MessageClock clock;
  clock.uptime_ms = reader.u32();
  clock.has_uptime = true;
  clock.export_ns = std::uint64_t{reader.u32()} * kNsPerSecond;
  const std::uint32_t sequence = reader.u32();
  const std::uint32_t source_id = reader.u32();
  Domain* const domain = open(session, source_id, FlowProtocol::kNetflowV9, message.size(), received_ns);
  if (domain == nullptr) return;
  const MessageContext context = context_of(session, *domain, sequence, received_ns, clock);
  const RecordCount count = sets.decode_sets(*domain, message.subspan(kHeaderV9), context, out);
  ExporterStats& stats = domain->exporter->stats;
  stats.last_export_ns = clock.export_ns;
  // The header counts records of all kinds; many exporters count sets instead, so only a surplus says something, and
  // only when nothing was left undecoded.
  const std::uint32_t there = count.most + count.templates;
  if (announced > there) stats.records_missing += announced - there;
  domain->sequence.on_message(sequence, 1, 1, stats.sequence);
}

void Decoder::Impl::ipfix(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out) {
  if (message.size() < kHeaderIpfix) return drop(MessageDrop::kTooShort);
  ByteReader reader(message.subspan(2));
  const std::size_t length = reader.u16();
  if (length < kHeaderIpfix) return drop(MessageDrop::kBadHeader);
  MessageClock clock;
  clock.export_ns = std::uint64_t{reader.u32()} * kNsPerSecond;
  const std::uint32_t sequence = reader.u32();
  const std::uint32_t domain_id = reader.u32();
  Domain* const domain = open(session, domain_id, FlowProtocol::kIpfix, message.size(), received_ns);
  if (domain == nullptr) return;
  ExporterStats& stats = domain->exporter->stats;
  stats.last_export_ns = clock.export_ns;
  if (length < message.size()) stats.trailing_bytes += message.size() - length;
  const Bytes content = message.subspan(kHeaderIpfix, std::min(length, message.size()) - kHeaderIpfix);
  const MessageContext context = context_of(session, *domain, sequence, received_ns, clock);
  const std::uint64_t malformed = stats.sets.dropped_for(SetDrop::kMalformed);
  RecordCount count = sets.decode_sets(*domain, content, context, out);
  if (length > message.size()) {
    // What is missing counts as one malformed set, unless the cut went through a set that was counted already.
    if (stats.sets.dropped_for(SetDrop::kMalformed) == malformed) {
      ++stats.sets.in;
      stats.sets.drop(SetDrop::kMalformed);
    }
    count.most += static_cast<std::uint32_t>(length - message.size());
  }
  domain->sequence.on_message(sequence, count.least, count.most, stats.sequence);
}

Decoder::Decoder() : Decoder(Limits{}) {}
Decoder::Decoder(Limits limits, std::vector<Prefix> trusted)
    : impl_(std::make_unique<Impl>(limits, std::move(trusted))) {}
Decoder::~Decoder() = default;

void Decoder::decode(const Session& session, Bytes message, std::uint64_t received_ns, BatchWriter& out) {
  impl_->decode(session, message, received_ns, out);
}

void Decoder::tick(std::uint64_t now_ns, BatchWriter& out) {
  impl_->sets.tick(now_ns, out);
  for (Domain* domain : impl_->table.domains()) domain->sequence.settle(domain->exporter->stats.sequence);
}

void Decoder::close_session(const Session& session) { impl_->table.close_session(session); }

void Decoder::finish(std::uint64_t now_ns, BatchWriter& out) {
  impl_->sets.finish(now_ns, out);
  for (Domain* domain : impl_->table.domains()) domain->sequence.settle_all(domain->exporter->stats.sequence);
}

const Account<MessageDrop>& Decoder::messages() const { return impl_->messages; }
ExporterStats Decoder::totals() const { return impl_->table.totals(); }
std::vector<ExporterStats> Decoder::exporters() const { return impl_->table.exporters(); }

std::vector<TemplateView> Decoder::templates() const {
  std::vector<TemplateView> views;
  for (const Template* known : impl_->table.templates()) {
    views.push_back({known->domain->session->key, known->domain->id, known->domain->protocol, known->spec.id,
                     known->spec.scope_fields, known->received_ns, known->spec.fields});
  }
  return views;
}

std::size_t Decoder::template_memory() const { return impl_->table.template_bytes(); }
std::size_t Decoder::held_memory() const { return impl_->table.held_bytes(); }

std::string Decoder::save() const { return save_state(impl_->table); }

Result<void> Decoder::load(Bytes saved, const std::function<bool(const IpAddress&)>& wanted) {
  return load_state(saved, wanted, impl_->table);
}

std::uint64_t Decoder::state_version() const { return impl_->table.version(); }

}  // namespace weir
