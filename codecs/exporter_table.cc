#include "codecs/exporter_table.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace weir {
namespace {

constexpr std::size_t kNodeOverhead = 128;  // of the maps and lists that a template stands in, about

std::size_t mix(std::size_t h, std::uint64_t v) {
  const std::uint64_t x = (h ^ v) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(x ^ (x >> 29));
}

std::size_t memory_of(const TemplateSpec& spec, const TemplatePlan& plan) {
  return sizeof(Template) + kNodeOverhead + spec.fields.capacity() * sizeof(TemplateField) + weir::memory_of(plan) -
         sizeof(TemplatePlan);
}

SequenceUnit declared_unit(FlowProtocol protocol) {
  switch (protocol) {
    case FlowProtocol::kNetflowV9: return SequenceUnit::kDatagrams;
    case FlowProtocol::kIpfix: return SequenceUnit::kRecords;
    default: return SequenceUnit::kFlows;
  }
}

template <typename T>
void to_front(std::list<T*>& list, typename std::list<T*>::iterator place) {
  if (place != list.begin()) list.splice(list.begin(), list, place);
}

}  // namespace

void add_counters(ExporterStats& sum, const ExporterStats& other) {
  sum.messages += other.messages;
  sum.bytes += other.bytes;
  sum.flows += other.flows;
  sum.options_records += other.options_records;
  sum.borrowed_flows += other.borrowed_flows;
  sum.biflows += other.biflows;
  sum.extras_dropped += other.extras_dropped;
  sum.records_missing += other.records_missing;
  sum.trailing_bytes += other.trailing_bytes;
  sum.sets += other.sets;
  sum.sequence.lost += other.sequence.lost;
  sum.sequence.reordered += other.sequence.reordered;
  sum.sequence.resets += other.sequence.resets;
  sum.templates += other.templates;
  sum.sessions += other.sessions;
}

std::size_t ExporterTable::SessionHash::operator()(const Session& s) const noexcept {
  const std::size_t h = mix(std::hash<IpAddress>{}(s.remote), std::hash<IpAddress>{}(s.local));
  return mix(h, std::uint64_t{s.remote_port} << 24 | std::uint64_t{s.local_port} << 8 |
                    static_cast<std::uint64_t>(s.transport));
}

std::size_t ExporterTable::DomainKeyHash::operator()(const DomainKey& k) const noexcept {
  return mix(SessionHash{}(k.session), std::uint64_t{k.id} << 8 | static_cast<std::uint64_t>(k.protocol));
}

std::size_t ExporterTable::ExporterKeyHash::operator()(const ExporterKey& k) const noexcept {
  return mix(std::hash<IpAddress>{}(k.address), std::uint64_t{k.id} << 8 | static_cast<std::uint64_t>(k.protocol));
}

Domain* ExporterTable::touch(const Session& session, std::uint32_t id, FlowProtocol protocol, std::uint64_t now_ns) {
  Domain* domain = last_;
  if (domain == nullptr || domain->id != id || domain->protocol != protocol || domain->session->key != session) {
    const DomainKey key{session, id, protocol};
    const auto found = by_key_.find(key);
    domain = found != by_key_.end() ? found->second.get() : create(key, now_ns);
    if (domain == nullptr) return nullptr;
    to_front(domains_, domain->in_all);
    to_front(domain->session->domains, domain->in_session);
    last_ = domain;
  }
  domain->session->last_seen_ns = std::max(domain->session->last_seen_ns, now_ns);
  domain->exporter->stats.last_seen_ns = std::max(domain->exporter->stats.last_seen_ns, now_ns);
  return domain;
}

Domain* ExporterTable::create(const DomainKey& key, std::uint64_t now_ns) {
  if (limits_.sessions == 0) return nullptr;
  // One session must not push out all others by inventing domains.
  const std::size_t per_session = std::max<std::size_t>(limits_.sessions / 16, 1);
  const auto known = sessions_.find(key.session);
  if (known != sessions_.end() && known->second->domains.size() >= per_session) remove(*known->second->domains.back());
  if (by_key_.size() >= limits_.sessions) remove(*domains_.back());

  auto made = std::make_unique<Domain>();
  made->id = key.id;
  made->protocol = key.protocol;
  made->sequence = SequenceTracker(declared_unit(key.protocol));
  made->session = &session_of(key.session, now_ns);
  made->exporter = &exporter_of(key, now_ns);
  made->exporter->domains.push_back(made.get());
  made->in_all = domains_.insert(domains_.begin(), made.get());
  made->in_session = made->session->domains.insert(made->session->domains.begin(), made.get());
  return by_key_.emplace(key, std::move(made)).first->second.get();
}

SessionState& ExporterTable::session_of(const Session& key, std::uint64_t now_ns) {
  auto& session = sessions_[key];
  if (!session) {
    session = std::make_unique<SessionState>();
    session->key = key;
    session->first_seen_ns = now_ns;
    session->trusted = std::ranges::any_of(trusted_, [&](const Prefix& p) { return p.contains(key.remote); });
  }
  return *session;
}

KnownExporter& ExporterTable::exporter_of(const DomainKey& key, std::uint64_t now_ns) {
  auto& exporter = exporters_[{key.session.remote, key.id, key.protocol}];
  if (!exporter) {
    exporter = std::make_unique<KnownExporter>();
    exporter->stats.address = key.session.remote;
    exporter->stats.observation_domain_id = key.id;
    exporter->stats.protocol = key.protocol;
    exporter->stats.first_seen_ns = now_ns;
  }
  return *exporter;
}

void ExporterTable::forget(Template& old) {
  SessionState& session = *old.domain->session;
  refund(session, old.bytes);
  templates_.erase(old.in_all);
  session.templates.erase(old.in_session);
  ++version_;
}

// Ends what the rest of the table knows of the domain; its memory is the caller's.
void ExporterTable::forget(Domain& domain) {
  for (auto& [id, old] : domain.templates) forget(*old);
  expire_held(domain, ~std::uint64_t{0});
  refund(*domain.session, domain.table_bytes);
  KnownExporter& exporter = *domain.exporter;
  domain.sequence.settle_all(exporter.stats.sequence);
  std::erase(exporter.domains, &domain);
  if (exporter.announcer == &domain) exporter.announcer = nullptr;
  if (exporter.domains.empty()) {
    add_counters(forgotten_, exporter.stats);
    exporters_.erase({domain.session->key.remote, domain.id, domain.protocol});
  }
  domains_.erase(domain.in_all);
  domain.session->domains.erase(domain.in_session);
  if (last_ == &domain) last_ = nullptr;
  ++version_;
}

void ExporterTable::remove(Domain& domain) {
  SessionState* const session = domain.session;
  const DomainKey key{session->key, domain.id, domain.protocol};
  forget(domain);
  by_key_.erase(key);
  if (session->domains.empty()) sessions_.erase(key.session);
}

void ExporterTable::close_session(const Session& session) {
  while (true) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return;
    remove(*found->second->domains.front());
  }
}

void ExporterTable::charge(SessionState& session, std::size_t bytes) {
  session.template_bytes += bytes;
  template_bytes_ += bytes;
}

void ExporterTable::refund(SessionState& session, std::size_t bytes) {
  session.template_bytes -= bytes;
  template_bytes_ -= bytes;
}

bool ExporterTable::make_room(SessionState& session, std::size_t bytes, std::size_t keep) {
  if (bytes > limits_.template_bytes_per_session || bytes > limits_.template_bytes) return false;
  const auto drop_last = [&](std::list<Template*>& list) {
    remove_template(*list.back()->domain, list.back()->spec.id);
  };
  while (session.template_bytes + bytes > limits_.template_bytes_per_session && session.templates.size() > keep)
    drop_last(session.templates);
  while (template_bytes_ + bytes > limits_.template_bytes && templates_.size() > keep) drop_last(templates_);
  return session.template_bytes + bytes <= limits_.template_bytes_per_session &&
         template_bytes_ + bytes <= limits_.template_bytes;
}

ExporterTable::Added ExporterTable::add_template(Domain& domain, const TemplateSpec& spec, std::uint64_t now_ns) {
  const auto known = domain.templates.find(spec.id);
  if (known != domain.templates.end() && same_fields(known->second->spec, spec)) {
    known->second->received_ns = now_ns;
    return Added::kSame;
  }
  remove_template(domain, spec.id);
  auto plan = compile_template(spec);
  if (!plan) return Added::kImpossible;
  auto made = std::make_unique<Template>();
  made->spec = spec;
  made->plan = std::move(*plan);
  made->received_ns = now_ns;
  made->bytes = memory_of(made->spec, made->plan);
  made->domain = &domain;
  if (!make_room(*domain.session, made->bytes, 0)) return Added::kNoRoom;
  charge(*domain.session, made->bytes);
  made->in_all = templates_.insert(templates_.begin(), made.get());
  made->in_session = domain.session->templates.insert(domain.session->templates.begin(), made.get());
  domain.templates[spec.id] = std::move(made);
  if (!spec.options) {
    domain.has_data_templates = true;
    if (domain.exporter->announcer == &domain) domain.exporter->announcer = nullptr;
  }
  ++version_;
  return Added::kNew;
}

Template* ExporterTable::find_template(Domain& domain, std::uint16_t id, std::uint64_t now_ns) {
  const auto found = domain.templates.find(id);
  if (found == domain.templates.end()) return nullptr;
  Template& known = *found->second;
  const bool ages = domain.session->key.transport == Transport::kUdp;
  if (ages && now_ns > known.received_ns && now_ns - known.received_ns > limits_.template_lifetime_ns) {
    remove_template(domain, id);
    return nullptr;
  }
  to_front(templates_, known.in_all);
  to_front(domain.session->templates, known.in_session);
  return &known;
}

Template* ExporterTable::find_lender(const Domain& domain, std::uint16_t id, std::uint64_t now_ns,
                                     std::size_t& effort) {
  if (domain.session->trusted) return nullptr;
  Template* best = nullptr;
  for (Domain* other : domain.exporter->domains) {
    if (effort == 0) break;
    --effort;
    if (other->session == domain.session || other->session->last_seen_ns >= domain.session->first_seen_ns) continue;
    if (best != nullptr && other->session->last_seen_ns <= best->domain->session->last_seen_ns) continue;
    if (Template* found = find_template(*other, id, now_ns)) best = found;
  }
  return best;
}

void ExporterTable::remove_template(Domain& domain, std::uint16_t id) {
  const auto found = domain.templates.find(id);
  if (found == domain.templates.end()) return;
  forget(*found->second);
  domain.templates.erase(found);
}

void ExporterTable::remove_templates(Domain& domain, bool options) {
  std::vector<std::uint16_t> ids;
  for (const auto& [id, known] : domain.templates) {
    if (known->spec.options == options) ids.push_back(id);
  }
  for (const std::uint16_t id : ids) remove_template(domain, id);
}

bool ExporterTable::hold(Domain& domain, std::uint16_t template_id, HeldSet&& set) {
  const std::size_t bytes = set.memory();
  if (held_bytes_ + bytes > limits_.held_bytes || domain.session->held_bytes + bytes > limits_.held_bytes_per_session)
    return false;
  held_bytes_ += bytes;
  domain.session->held_bytes += bytes;
  ++domain.exporter->stats.sets.held;
  domain.held[template_id].push_back(std::move(set));
  holding_.insert(&domain);
  return true;
}

void ExporterTable::release(Domain& domain, const HeldSet& set) {
  held_bytes_ -= set.memory();
  domain.session->held_bytes -= set.memory();
  --domain.exporter->stats.sets.held;
}

std::vector<HeldSet> ExporterTable::take_held(Domain& domain, std::uint16_t template_id) {
  auto waiting = domain.held.extract(template_id);
  if (waiting.empty()) return {};
  for (const HeldSet& set : waiting.mapped()) release(domain, set);
  if (domain.held.empty()) holding_.erase(&domain);
  return std::move(waiting.mapped());
}

void ExporterTable::expire_held(Domain& domain, std::uint64_t before_ns) {
  const auto expire = [&](const HeldSet& set) {
    if (set.context.origin.time_received_ns >= before_ns) return false;
    release(domain, set);
    domain.exporter->stats.sets.drop(SetDrop::kNoTemplate);
    return true;
  };
  for (auto waiting = domain.held.begin(); waiting != domain.held.end();) {
    std::erase_if(waiting->second, expire);
    waiting = waiting->second.empty() ? domain.held.erase(waiting) : std::next(waiting);
  }
  if (domain.held.empty()) holding_.erase(&domain);
}

bool ExporterTable::grow_tables(Domain& domain, std::size_t bytes) {
  // Tables take no more than a quarter of the room, so that they never push out the templates that flows need.
  if (domain.table_bytes + bytes > limits_.template_bytes_per_session / 4 || !make_room(*domain.session, bytes, 1))
    return false;
  charge(*domain.session, bytes);
  domain.table_bytes += bytes;
  return true;
}

void ExporterTable::announced(Domain& domain) {
  if (!domain.has_data_templates && !domain.session->trusted) domain.exporter->announcer = &domain;
  ++version_;
}

ExporterStats ExporterTable::totals() const {
  ExporterStats sum = forgotten_;
  for (const auto& [key, exporter] : exporters_) {
    add_counters(sum, exporter->stats);
    for (const Domain* domain : exporter->domains) sum.templates += domain->templates.size();
  }
  sum.sessions = sessions_.size();
  return sum;
}

std::vector<ExporterStats> ExporterTable::exporters() const {
  std::vector<ExporterStats> all;
  all.reserve(exporters_.size());
  for (const auto& [key, exporter] : exporters_) {
    ExporterStats stats = exporter->stats;
    stats.sessions = exporter->domains.size();
    for (const Domain* domain : exporter->domains) {
      stats.templates += domain->templates.size();
      stats.sampling_rate = std::max(stats.sampling_rate, domain->sampling.common());
    }
    if (!exporter->domains.empty()) stats.sequence_unit = unit_name(exporter->domains.back()->sequence.unit());
    all.push_back(std::move(stats));
  }
  std::sort(all.begin(), all.end(), [](const ExporterStats& a, const ExporterStats& b) {
    return std::tie(a.address, a.observation_domain_id, a.protocol) <
           std::tie(b.address, b.observation_domain_id, b.protocol);
  });
  return all;
}

}  // namespace weir
