#include "codecs/set_decoder.h"

#include <algorithm>

#include "codecs/options_data.h"
#include "codecs/template_set.h"

namespace weir {
namespace {

constexpr std::size_t kSetHeader = 4;
constexpr std::uint16_t kFirstDataSet = 256;
constexpr std::size_t kEffortPerMessage = 64;  // lenders looked at
constexpr std::size_t kEffortPerTick = 100'000;
constexpr std::size_t kEffortAtEnd = 10'000'000;

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// What the record says itself about who exported it; zeros stand for the family that is not said.
IpAddress exporter_in(const TemplatePlan& plan, const SegmentPlace* places) {
  if (plan.exporter4) {
    const Bytes four = field_bytes(places, *plan.exporter4);
    if (!is_zero(four)) return IpAddress::v4(four.data());
  }
  if (plan.exporter6) {
    const Bytes sixteen = field_bytes(places, *plan.exporter6);
    if (!is_zero(sixteen)) return IpAddress::v6(sixteen.data()).unmapped();
  }
  return {};
}

// Withdrawals are for transports that keep order; over UDP anybody could send one (RFC 7011 §8.4).
bool obeys_withdrawals(Transport transport) { return transport == Transport::kTcp || transport == Transport::kTls; }

}  // namespace

void set_origin(const Domain& domain, const MessageContext& context, BatchWriter& out) {
  out.set_origin(context.origin, domain.exporter_name());
}

RecordCount SetDecoder::decode_sets(Domain& domain, Bytes sets, const MessageContext& context, BatchWriter& out) {
  RecordCount count;
  arrived_.clear();
  effort_ = kEffortPerMessage;
  begin(domain, context, out);
  Account<SetDrop>& account = domain.exporter->stats.sets;
  const std::uint64_t now_ns = context.origin.time_received_ns;
  const bool ipfix = domain.protocol == FlowProtocol::kIpfix;
  const std::uint16_t template_id = ipfix ? 2 : 0;
  while (sets.size() >= kSetHeader) {
    const std::uint16_t id = load_be16(&sets[0]);
    const std::size_t length = load_be16(&sets[2]);
    if (id == 0 && length == 0 && is_zero(sets)) break;  // the datagram is filled up
    ++account.in;
    if (length < kSetHeader || length > sets.size()) {
      account.drop(SetDrop::kMalformed);
      count.most += static_cast<std::uint32_t>(sets.size());
      break;
    }
    const Bytes content = sets.subspan(kSetHeader, length - kSetHeader);
    if (id >= kFirstDataSet) {
      data_set(domain, id, content, context, out, count);
    } else if (id == template_id || id == template_id + 1) {
      template_set(domain, content, id != template_id, now_ns, count);
    } else {
      account.drop(SetDrop::kReserved);
    }
    sets = sets.subspan(length);
  }
  for (const std::uint16_t id : arrived_) decode_held(domain, id, now_ns, out);
  return count;
}

void SetDecoder::template_set(Domain& domain, Bytes set, bool options, std::uint64_t now_ns, RecordCount& count) {
  TemplateSetReader reader(set, domain.protocol, options);
  TemplateSpec spec;
  SetDrop problem = SetDrop::kCount;
  while (reader.next(spec)) {
    ++count.templates;
    const SetDrop failed = add_template(domain, spec, now_ns);
    if (failed != SetDrop::kCount) problem = failed;
  }
  if (reader.bad()) problem = SetDrop::kBadTemplate;
  // What it was meant to replace must not read the data that follow.
  if (reader.unreadable()) table_.remove_template(domain, spec.id);
  Account<SetDrop>& account = domain.exporter->stats.sets;
  if (problem == SetDrop::kCount) {
    ++account.out;
  } else {
    account.drop(problem);
  }
}

// SetDrop::kCount: nothing wrong.
SetDrop SetDecoder::add_template(Domain& domain, const TemplateSpec& spec, std::uint64_t now_ns) {
  if (spec.fields.empty()) {
    if (!obeys_withdrawals(domain.session->key.transport)) return SetDrop::kCount;
    if (spec.id < kFirstDataSet) {
      table_.remove_templates(domain, spec.id == 3);
    } else {
      table_.remove_template(domain, spec.id);
    }
    return SetDrop::kCount;
  }
  switch (table_.add_template(domain, spec, now_ns)) {
    case ExporterTable::Added::kImpossible: return SetDrop::kBadTemplate;
    case ExporterTable::Added::kNoRoom: return SetDrop::kTemplateLimit;
    default: break;
  }
  if (domain.held.contains(spec.id)) arrived_.push_back(spec.id);
  return SetDrop::kCount;
}

Template* SetDecoder::usable_template(Domain& domain, std::uint16_t id, std::uint64_t now_ns) {
  if (Template* own = table_.find_template(domain, id, now_ns)) return own;
  return domain.may_borrow ? table_.find_lender(domain, id, now_ns, effort_) : nullptr;
}

void SetDecoder::data_set(Domain& domain, std::uint16_t id, Bytes set, const MessageContext& context, BatchWriter& out,
                          RecordCount& count) {
  const Template* const used = usable_template(domain, id, context.origin.time_received_ns);
  if (used == nullptr) {
    hold(domain, id, set, context);
    count.most += static_cast<std::uint32_t>(set.size());
    return;
  }
  std::uint32_t records = 0;
  const bool good = decode_records(*used, domain, set, context, out, records);
  account(domain, good);
  count.least += records;
  count.most += records;
  if (!good) count.most += static_cast<std::uint32_t>(set.size());
}

void SetDecoder::account(Domain& domain, bool good) {
  Account<SetDrop>& sets = domain.exporter->stats.sets;
  if (good) {
    ++sets.out;
  } else {
    sets.drop(SetDrop::kMalformed);
  }
}

void SetDecoder::hold(Domain& domain, std::uint16_t id, Bytes set, const MessageContext& context) {
  HeldSet held{context, {set.begin(), set.end()}};
  if (!table_.hold(domain, id, std::move(held))) domain.exporter->stats.sets.drop(SetDrop::kHoldLimit);
}

// Its own session's. A borrowed template brings the lender's, and those of a session that only announces are for all.
const Domain& SetDecoder::tables_for(const Template& used, const Domain& domain) {
  if (domain.has_tables()) return domain;
  if (used.domain->has_tables()) return *used.domain;
  return domain.exporter->announcer != nullptr ? *domain.exporter->announcer : domain;
}

bool SetDecoder::decode_records(const Template& used, Domain& domain, Bytes set, const MessageContext& context,
                                BatchWriter& out, std::uint32_t& records) {
  const Domain& told = tables_for(used, domain);
  MessageContext here = context;
  here.clock.boot_ns = used.domain->boot_ns != 0 ? used.domain->boot_ns : told.boot_ns;
  const std::size_t least = used.plan.min_record;
  if (!used.plan.variable) {
    places_.resize(1);
    for (; set.size() >= least; set = set.subspan(least)) {
      places_[0].base = set.data();
      decode_record(used, domain, told, places_.data(), here, out);
      ++records;
    }
    return true;  // what is left is padding
  }
  while (set.size() >= least) {
    const auto length = locate_record(used.plan.segments, set, places_);
    if (!length) return set.size() < kSetHeader && is_zero(set);  // padding where a record could be as short
    decode_record(used, domain, told, places_.data(), here, out);
    ++records;
    set = set.subspan(*length);
  }
  return true;
}

void SetDecoder::decode_record(const Template& used, Domain& domain, const Domain& told, const SegmentPlace* places,
                               const MessageContext& context, BatchWriter& out) {
  ExporterStats& stats = domain.exporter->stats;
  if (used.spec.options) {
    ++stats.options_records;
    take_options(used, places, table_, domain);
    return;
  }
  if (used.domain != &domain) ++stats.borrowed_flows;
  if (domain.session->trusted) name_exporter(used, domain, places, context, out);
  builder_.build(used, told, places, context.clock, out, stats);
}

void SetDecoder::begin(const Domain& domain, const MessageContext& context, BatchWriter& out) {
  set_origin(domain, context, out);
  exporter_ = domain.session->key.remote;
}

void SetDecoder::name_exporter(const Template& used, const Domain& domain, const SegmentPlace* places,
                               const MessageContext& context, BatchWriter& out) {
  IpAddress exporter = exporter_in(used.plan, places);
  if (exporter.family == Family::kNone) exporter = domain.original;
  if (exporter.family == Family::kNone) exporter = domain.session->key.remote;
  if (exporter == exporter_) return;
  exporter_ = exporter;
  MessageContext named = context;
  named.origin.sampler_address = exporter.bytes;
  named.origin.sampler_address_family = exporter.family;
  set_origin(domain, named, out);
}

void SetDecoder::decode_held(Domain& domain, std::uint16_t id, std::uint64_t now_ns, BatchWriter& out) {
  const Template* const used = usable_template(domain, id, now_ns);
  if (used == nullptr) return;
  for (const HeldSet& held : table_.take_held(domain, id)) {
    std::uint32_t records = 0;
    begin(domain, held.context, out);
    account(domain, decode_records(*used, domain, held.content, held.context, out, records));
  }
}

void SetDecoder::borrow_for(Domain& domain, std::uint64_t now_ns, BatchWriter& out) {
  domain.may_borrow = true;
  std::vector<std::uint16_t> ids;
  ids.reserve(domain.held.size());
  for (const auto& [id, waiting] : domain.held) ids.push_back(id);
  for (const std::uint16_t id : ids) decode_held(domain, id, now_ns, out);
}

void SetDecoder::tick(std::uint64_t now_ns, BatchWriter& out) {
  effort_ = kEffortPerTick;
  const auto before = [now_ns](std::uint64_t age) { return now_ns > age ? now_ns - age : 0; };
  const auto waited = [&](const auto& waiting) {
    return waiting.second.front().context.origin.time_received_ns <= before(limits_.borrow_after_ns);
  };
  for (Domain* domain : table_.holding()) {
    if (domain->may_borrow || std::any_of(domain->held.begin(), domain->held.end(), waited))
      borrow_for(*domain, now_ns, out);
    table_.expire_held(*domain, before(limits_.hold_ns));
  }
}

void SetDecoder::finish(std::uint64_t now_ns, BatchWriter& out) {
  effort_ = kEffortAtEnd;
  for (Domain* domain : table_.holding()) borrow_for(*domain, now_ns, out);
}

}  // namespace weir
