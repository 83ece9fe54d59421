#include "enrich/enricher.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

std::uint64_t mixed(std::uint64_t h, std::uint64_t value) {
  h = (h ^ value) * 0x9e3779b97f4a7c15ULL;
  return h ^ h >> 32;
}

void clear_mark(Flow& flow, FieldId field) {
  const auto n = static_cast<unsigned>(field);
  flow.present[n >> 6] &= ~(std::uint64_t{1} << (n & 63));
}

}  // namespace

std::size_t Enricher::FindingsHash::operator()(const Knowledge::Findings& findings) const {
  std::uint64_t h = mixed(findings.own_network, findings.special_network);
  for (const std::uint32_t record : findings.records) h = mixed(h, record);
  return static_cast<std::size_t>(h);
}

Enricher::Enricher(std::shared_ptr<Enrichment> enrichment)
    : enrichment_(std::move(enrichment)), asn_source_(enrichment_->asn_source()) {}

void Enricher::forget() {
  slots_.assign(std::size_t{1} << kSlotBits, {});
  known_.assign(1, {});
  contents_.assign(1, {});
  by_findings_.clear();
}

void Enricher::enrich(FlowBatch& batch) {
  if (const std::uint64_t version = enrichment_->version(); version != version_) {
    version_ = version;
    knowledge_ = enrichment_->knowledge();
    forget();
  }
  ++batch_;
  lookups_ = dropped_ = 0;
  std::span<Flow> flows = batch.open_flows();
  EnrichmentCounters& counters = enrichment_->counters();
  counters.flows.fetch_add(flows.size(), std::memory_order_relaxed);
  while (!flows.empty()) {
    const auto some = flows.first(std::min(flows.size(), kStretch));
    flows = flows.subspan(some.size());
    if (known_.size() + 2 * kStretch > kMostPlaces) forget();
    enrich(batch, some);
  }
  counters.lookups.fetch_add(lookups_, std::memory_order_relaxed);
  counters.places_dropped.fetch_add(dropped_, std::memory_order_relaxed);
}

// In steps, each of which asks for the memory of the next.
void Enricher::enrich(FlowBatch& batch, std::span<Flow> flows) {
  std::array<Slot*, 2 * kStretch> slots;
  std::array<std::uint32_t, 2 * kStretch> places;
  Slot** slot = slots.data();
  for (const Flow& flow : flows) {
    *slot++ = &slot_of(flow.src_addr, flow.src_addr_family);
    *slot++ = &slot_of(flow.dst_addr, flow.dst_addr_family);
  }
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const Flow& flow = flows[i];
    places[2 * i] = place_of(flow.src_addr, flow.src_addr_family, *slots[2 * i]);
    places[2 * i + 1] = place_of(flow.dst_addr, flow.dst_addr_family, *slots[2 * i + 1]);
  }
  for (std::size_t i = 0; i < flows.size(); ++i) add_ends(batch, flows[i], places[2 * i], places[2 * i + 1]);
}

Enricher::Slot& Enricher::slot_of(const AddressBytes& address, Family family) {
  std::uint64_t high, low;
  std::memcpy(&high, address.data(), sizeof high);
  std::memcpy(&low, address.data() + sizeof high, sizeof low);
  const std::uint64_t hash = mixed(mixed(static_cast<std::uint64_t>(family), high), low) * 0xd6e8feb86659fd93ULL;
  Slot& slot = slots_[hash >> (64 - kSlotBits)];
  __builtin_prefetch(&slot);
  return slot;
}

std::uint32_t Enricher::place_of(const AddressBytes& address, Family family, Slot& slot) {
  if (slot.family != family || slot.address != address) {
    if (family == Family::kNone) return 0;
    slot = {address, look_up(address, family), family};
  }
  __builtin_prefetch(&known_[slot.place]);
  return slot.place;
}

std::uint32_t Enricher::look_up(const AddressBytes& address, Family family) {
  ++lookups_;
  const Knowledge::Findings findings = knowledge_->find(address, family);
  if (findings == Knowledge::Findings{}) return 0;
  const auto [at, added] = by_findings_.try_emplace(findings, static_cast<std::uint32_t>(known_.size()));
  if (!added) return at->second;
  const PlaceDraft draft = knowledge_->describe(findings);
  if (draft.fields() == 0) return at->second = 0;
  known_.push_back({draft.fields(), draft.place().asn_autonomous_system_number, 0, 0});
  contents_.push_back({draft.place(), draft.texts()});
  return at->second;
}

std::uint16_t Enricher::number_in(FlowBatch& batch, std::uint32_t place) {
  Known& known = known_[place];
  if (known.batch != batch_) {
    known.batch = batch_;
    known.number = batch.add_place(contents_[place].place, contents_[place].texts);
  }
  if (known.number == 0) ++dropped_;
  return known.number;
}

void Enricher::add_ends(FlowBatch& batch, Flow& flow, std::uint32_t src, std::uint32_t dst) {
  const auto add = [&flow](const PlaceDraft::Presence& presence) {
    flow.present[0] |= presence[0];
    flow.present[1] |= presence[1];
  };
  if (src != 0 && (flow.src_place = number_in(batch, src)) != 0) add(PlaceDraft::presence_src(known_[src].fields));
  if (dst != 0 && (flow.dst_place = number_in(batch, dst)) != 0) add(PlaceDraft::presence_dst(known_[dst].fields));
  set_as(flow, FieldId::src_as, flow.src_as, known_[src].as_number);
  set_as(flow, FieldId::dst_as, flow.dst_as, known_[dst].as_number);
}

void Enricher::set_as(Flow& flow, FieldId field, std::uint32_t& as, std::uint32_t known) const {
  if (asn_source_ == AsnSource::kExporter || (asn_source_ == AsnSource::kPreferExporter && as != 0)) return;
  if (known != 0) {
    as = known;
    flow.mark(field);
  } else if (asn_source_ == AsnSource::kGeoip) {
    as = 0;
    clear_mark(flow, field);
  }
}

BatchWriter::Seal seal_of(const std::shared_ptr<Enrichment>& enrichment) {
  if (!enrichment) return {};
  return [enricher = std::make_shared<Enricher>(enrichment)](FlowBatch& batch) { enricher->enrich(batch); };
}

}  // namespace weir
