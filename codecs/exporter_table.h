// What a decoder remembers: transport sessions, the observation domains in each, their templates and tables, and the
// exporters (address and domain) that statistics are kept for.
//
// Everything is bounded by Decoder::Limits; what was used least recently goes first. Pointers that this table hands
// out are good until the next call that adds something.
//
// Thread rules: owned by one decoder.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/interface_names.h"
#include "codecs/sampling.h"
#include "codecs/sequence.h"
#include "codecs/template_plan.h"

namespace weir {

struct Domain;
struct SessionState;

// What a set needs to know of the message that it came in.
struct MessageContext {
  Origin origin{};
  MessageClock clock;
};

struct Template {
  TemplateSpec spec;
  TemplatePlan plan;
  std::uint64_t received_ns = 0;
  std::size_t bytes = 0;
  Domain* domain = nullptr;
  std::list<Template*>::iterator in_all;
  std::list<Template*>::iterator in_session;
};

// A data set that waits for its template.
struct HeldSet {
  MessageContext context;
  std::vector<std::uint8_t> content;  // what follows the set's header

  std::size_t memory() const { return sizeof(HeldSet) + content.size(); }
};

// An exporter as statistics know it: whatever session it comes over.
struct KnownExporter {
  ExporterStats stats;
  std::vector<Domain*> domains;
  // The session that last announced sampling or names without ever having announced a template for flows: some routers
  // send options data from a port of its own, for the flows of all their ports.
  Domain* announcer = nullptr;
};

// One observation domain (v9: source ID, v5: engine) of one session.
struct Domain {
  SessionState* session = nullptr;
  KnownExporter* exporter = nullptr;
  std::uint32_t id = 0;
  FlowProtocol protocol = FlowProtocol::kNetflowV5;
  std::unordered_map<std::uint16_t, std::unique_ptr<Template>> templates;
  bool has_data_templates = false;  // or had
  SamplingTable sampling;
  InterfaceNames names;
  std::uint64_t boot_ns = 0;  // systemInitTimeMilliseconds from options data
  IpAddress original;         // the exporter's own address from options data, of a session that is trusted with it
  std::string original_name;  // likewise its name
  SequenceTracker sequence{SequenceUnit::kRecords};
  std::map<std::uint16_t, std::vector<HeldSet>> held;  // by template id, oldest first
  bool may_borrow = false;                             // has waited for its own templates long enough
  std::size_t table_bytes = 0;
  std::list<Domain*>::iterator in_all;
  std::list<Domain*>::iterator in_session;

  bool has_tables() const { return !sampling.empty() || !names.empty(); }
  // Where the exporter's name stands: with all sessions of its address, but where these are not all one exporter's.
  std::string& exporter_name();
  const std::string& exporter_name() const { return const_cast<Domain*>(this)->exporter_name(); }
};

struct SessionState {
  Session key;
  std::uint64_t first_seen_ns = 0;
  std::uint64_t last_seen_ns = 0;
  // Its address stands for any number of exporters, which say themselves who they are: sessions of this address have
  // nothing to do with each other.
  bool trusted = false;
  std::size_t template_bytes = 0;
  std::size_t held_bytes = 0;
  std::list<Domain*> domains;      // most recently used first
  std::list<Template*> templates;  // likewise
};

inline std::string& Domain::exporter_name() { return session->trusted ? original_name : exporter->stats.name; }

class ExporterTable {
 public:
  // `trusted`: see Decoder.
  ExporterTable(const Decoder::Limits& limits, std::vector<Prefix> trusted)
      : limits_(limits), trusted_(std::move(trusted)) {}
  ExporterTable(const ExporterTable&) = delete;
  ExporterTable& operator=(const ExporterTable&) = delete;

  // The domain, made when new; null when Limits::sessions leaves no room for even one.
  Domain* touch(const Session& session, std::uint32_t id, FlowProtocol protocol, std::uint64_t now_ns);
  void close_session(const Session& session);

  enum class Added { kNew, kSame, kImpossible, kNoRoom };
  // A template that cannot be removes the one it was meant to replace: data by the new layout must not be read by the
  // old.
  Added add_template(Domain& domain, const TemplateSpec& spec, std::uint64_t now_ns);
  // Null when there is none, or it is too old.
  Template* find_template(Domain& domain, std::uint16_t id, std::uint64_t now_ns);
  // A template of a silent session of the same exporter, when `domain` may use one. `effort` bounds the search.
  Template* find_lender(const Domain& domain, std::uint16_t id, std::uint64_t now_ns, std::size_t& effort);
  void remove_template(Domain& domain, std::uint16_t id);
  void remove_templates(Domain& domain, bool options);

  // False when there is no room for it.
  bool hold(Domain& domain, std::uint16_t template_id, HeldSet&& set);
  // Takes the sets out that wait for this template.
  std::vector<HeldSet> take_held(Domain& domain, std::uint16_t template_id);
  // Drops held sets that came before `before_ns`.
  void expire_held(Domain& domain, std::uint64_t before_ns);
  // Domains that hold sets.
  std::vector<Domain*> holding() const { return {holding_.begin(), holding_.end()}; }

  // Tables of options data grow by `bytes`; false when they may not. The template used last stays.
  bool grow_tables(Domain& domain, std::size_t bytes);

  const std::list<Domain*>& domains() const { return domains_; }
  const std::list<Template*>& templates() const { return templates_; }
  std::size_t template_bytes() const { return template_bytes_; }
  std::size_t held_bytes() const { return held_bytes_; }
  ExporterStats totals() const;
  std::vector<ExporterStats> exporters() const;

  // What `domain` knows from options data has changed.
  void announced(Domain& domain);
  void changed() { ++version_; }
  std::uint64_t version() const { return version_; }

 private:
  struct SessionHash {
    std::size_t operator()(const Session& s) const noexcept;
  };
  struct DomainKey {
    Session session;
    std::uint32_t id;
    FlowProtocol protocol;
    bool operator==(const DomainKey&) const = default;
  };
  struct DomainKeyHash {
    std::size_t operator()(const DomainKey& k) const noexcept;
  };
  struct ExporterKey {
    IpAddress address;
    std::uint32_t id;
    FlowProtocol protocol;
    bool operator==(const ExporterKey&) const = default;
  };
  struct ExporterKeyHash {
    std::size_t operator()(const ExporterKey& k) const noexcept;
  };

  Domain* create(const DomainKey& key, std::uint64_t now_ns);
  KnownExporter& exporter_of(const DomainKey& key, std::uint64_t now_ns);
  SessionState& session_of(const Session& key, std::uint64_t now_ns);
  void remove(Domain& domain);
  void forget(Domain& domain);
  void forget(Template& old);
  void charge(SessionState& session, std::size_t bytes);
  void refund(SessionState& session, std::size_t bytes);
  void release(Domain& domain, const HeldSet& set);
  // Drops the templates used longest ago until `bytes` fit, all but the `keep` used last.
  bool make_room(SessionState& session, std::size_t bytes, std::size_t keep);

  Decoder::Limits limits_;
  std::vector<Prefix> trusted_;
  std::unordered_map<Session, std::unique_ptr<SessionState>, SessionHash> sessions_;
  std::unordered_map<DomainKey, std::unique_ptr<Domain>, DomainKeyHash> by_key_;
  std::unordered_map<ExporterKey, std::unique_ptr<KnownExporter>, ExporterKeyHash> exporters_;
  std::list<Domain*> domains_;      // most recently used first
  std::list<Template*> templates_;  // likewise
  std::unordered_set<Domain*> holding_;
  std::size_t template_bytes_ = 0;
  std::size_t held_bytes_ = 0;
  ExporterStats forgotten_;  // sums of exporters that had to go
  Domain* last_ = nullptr;   // of the message before: most messages come in runs
  std::uint64_t version_ = 1;
};

}  // namespace weir
