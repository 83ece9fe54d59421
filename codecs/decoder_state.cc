#include "codecs/decoder_state.h"

#include <zlib.h>

#include "codecs/options_data.h"

namespace weir {
namespace {

constexpr std::string_view kMagic = "weirDEC2";
constexpr std::size_t kHeader = kMagic.size() + 8 + 4;

std::uint32_t checksum(Bytes bytes) { return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size())); }

class Writer {
 public:
  void u8(std::uint8_t v) { out_ += static_cast<char>(v); }
  void u16(std::uint16_t v) { put(v, 2); }
  void u32(std::uint32_t v) { put(v, 4); }
  void u64(std::uint64_t v) { put(v, 8); }
  void text(std::string_view v) {
    u16(static_cast<std::uint16_t>(v.size()));
    out_ += v;
  }
  void address(const IpAddress& a) {
    u8(static_cast<std::uint8_t>(a.family));
    out_ += as_text(a.bytes);
  }
  std::string take() { return std::move(out_); }

 private:
  void put(std::uint64_t v, int width) {
    for (int i = width - 1; i >= 0; --i) u8(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  std::string out_;
};

struct SavedTemplate {
  TemplateSpec spec;
  std::uint64_t received_ns = 0;
};

struct SavedDomain {
  Session session;
  std::uint32_t id = 0;
  FlowProtocol protocol = FlowProtocol::kNetflowV5;
  std::uint64_t first_seen_ns = 0;
  std::uint64_t last_seen_ns = 0;
  std::uint64_t boot_ns = 0;
  SequenceTracker::Saved sequence{};
  std::string name;
  IpAddress original;
  std::vector<std::pair<SamplingTable::Key, std::uint32_t>> sampling;
  std::vector<std::pair<std::uint32_t, std::string>> names;
  std::vector<SavedTemplate> templates;
};

void write_domain(const Domain& domain, Writer& out) {
  const SessionState& session = *domain.session;
  out.address(session.key.remote);
  out.address(session.key.local);
  out.u16(session.key.remote_port);
  out.u16(session.key.local_port);
  out.u8(static_cast<std::uint8_t>(session.key.transport));
  out.u32(domain.id);
  out.u8(static_cast<std::uint8_t>(domain.protocol));
  out.u64(session.first_seen_ns);
  out.u64(session.last_seen_ns);
  out.u64(domain.boot_ns);
  const SequenceTracker::Saved sequence = domain.sequence.save();
  out.u8(sequence.started);
  out.u8(static_cast<std::uint8_t>(sequence.unit));
  out.u32(sequence.expected);
  out.text(domain.exporter_name());
  out.address(domain.original);
  out.u32(static_cast<std::uint32_t>(domain.sampling.rates().size()));
  for (const auto& [key, rate] : domain.sampling.rates()) {
    out.u8(static_cast<std::uint8_t>(key.first));
    out.u64(key.second);
    out.u32(rate);
  }
  out.u32(static_cast<std::uint32_t>(domain.names.names().size()));
  for (const auto& [index, name] : domain.names.names()) {
    out.u32(index);
    out.text(name);
  }
  out.u32(static_cast<std::uint32_t>(domain.templates.size()));
  for (const auto& [id, known] : domain.templates) {
    out.u16(id);
    out.u8(known->spec.options);
    out.u16(known->spec.scope_fields);
    out.u64(known->received_ns);
    out.u32(static_cast<std::uint32_t>(known->spec.fields.size()));
    for (const TemplateField& field : known->spec.fields) {
      out.u32(field.enterprise);
      out.u16(field.id);
      out.u16(field.length);
    }
  }
}

class Reader {
 public:
  explicit Reader(Bytes bytes) : reader_(bytes) {}

  bool at_end() const { return reader_.remaining() == 0; }
  bool good() const { return good_ && !reader_.failed(); }

  SavedDomain domain() {
    SavedDomain d;
    d.session.remote = address();
    d.session.local = address();
    d.session.remote_port = reader_.u16();
    d.session.local_port = reader_.u16();
    d.session.transport = enumerator(Transport::kFile);
    d.id = reader_.u32();
    d.protocol = enumerator(FlowProtocol::kIpfix);
    d.first_seen_ns = reader_.u64();
    d.last_seen_ns = reader_.u64();
    d.boot_ns = reader_.u64();
    d.sequence.started = enumerator(std::uint8_t{1}) != 0;
    d.sequence.unit = enumerator(SequenceUnit::kRecords);
    d.sequence.expected = reader_.u32();
    d.name = text();
    d.original = address();
    for (std::uint32_t n = count(13); n > 0; --n) {
      const auto scope = enumerator(SamplingScope::kTemplate);
      const std::uint64_t id = reader_.u64();
      d.sampling.push_back({{scope, id}, reader_.u32()});
    }
    for (std::uint32_t n = count(6); n > 0; --n) {
      const std::uint32_t index = reader_.u32();
      d.names.emplace_back(index, text());
    }
    for (std::uint32_t n = count(17); n > 0; --n) d.templates.push_back(saved_template());
    return d;
  }

 private:
  // A number of items of at least `size` bytes each: more than could stand in the rest are none.
  std::uint32_t count(std::size_t size) {
    const std::uint32_t n = reader_.u32();
    if (n <= reader_.remaining() / size) return n;
    good_ = false;
    return 0;
  }

  template <typename Enum>
  Enum enumerator(Enum last) {
    const std::uint8_t v = reader_.u8();
    if (v > static_cast<std::uint8_t>(last)) good_ = false;
    return good_ ? static_cast<Enum>(v) : last;
  }

  IpAddress address() {
    IpAddress a;
    const std::uint8_t family = reader_.u8();
    if (family != 0 && family != 4 && family != 6) good_ = false;
    a.family = static_cast<Family>(family);
    const Bytes bytes = reader_.bytes(a.bytes.size());
    std::copy(bytes.begin(), bytes.end(), a.bytes.begin());
    return a;
  }

  std::string text() {
    const std::uint16_t length = reader_.u16();
    return std::string(as_text(reader_.bytes(length)));
  }

  SavedTemplate saved_template() {
    SavedTemplate t;
    t.spec.id = reader_.u16();
    t.spec.options = enumerator(std::uint8_t{1}) != 0;
    t.spec.scope_fields = reader_.u16();
    t.received_ns = reader_.u64();
    for (std::uint32_t n = count(8); n > 0; --n) {
      const std::uint32_t enterprise = reader_.u32();
      const std::uint16_t id = reader_.u16();
      t.spec.fields.push_back({enterprise, id, reader_.u16()});
    }
    if (t.spec.fields.empty() || t.spec.scope_fields > t.spec.fields.size()) good_ = false;
    return t;
  }

  ByteReader reader_;
  bool good_ = true;
};

void apply(SavedDomain& saved, ExporterTable& table) {
  Domain* const domain = table.touch(saved.session, saved.id, saved.protocol, saved.first_seen_ns);
  if (domain == nullptr) return;
  domain->session->last_seen_ns = std::max(domain->session->last_seen_ns, saved.last_seen_ns);
  domain->boot_ns = saved.boot_ns;
  if (domain->exporter->stats.messages == 0) domain->sequence.load(saved.sequence);
  domain->exporter_name() = clean_text(as_bytes(saved.name));
  if (domain->session->trusted) domain->original = saved.original;
  for (const SavedTemplate& t : saved.templates) {
    if (!domain->templates.contains(t.spec.id)) table.add_template(*domain, t.spec, t.received_ns);
  }
  // After the templates, which tell whether the session only announces.
  for (const auto& [key, rate] : saved.sampling) set_sampling(table, *domain, key.first, key.second, rate);
  for (const auto& [index, name] : saved.names) set_name(table, *domain, index, clean_text(as_bytes(name)));
}

}  // namespace

std::string save_state(const ExporterTable& table) {
  Writer content;
  // Least recently used first, so that loading restores the order.
  for (auto domain = table.domains().rbegin(); domain != table.domains().rend(); ++domain) {
    const Transport transport = (*domain)->session->key.transport;
    if (transport == Transport::kUdp || transport == Transport::kFile) write_domain(**domain, content);
  }
  const std::string body = content.take();
  Writer head;
  head.u64(body.size());
  head.u32(checksum(as_bytes(body)));
  return std::string(kMagic) + head.take() + body;
}

Result<void> load_state(Bytes saved, const std::function<bool(const IpAddress&)>& wanted, ExporterTable& table) {
  if (saved.size() < kHeader || as_text(saved.first(kMagic.size())) != kMagic)
    return fail("decoder state: not written by this version of weir");
  const Bytes body = saved.subspan(kHeader);
  if (load_be64(&saved[kMagic.size()]) != body.size() || load_be32(&saved[kMagic.size() + 8]) != checksum(body))
    return fail("decoder state: damaged (its checksum does not match)");
  std::vector<SavedDomain> domains;
  Reader reader(body);
  while (reader.good() && !reader.at_end()) domains.push_back(reader.domain());
  if (!reader.good()) return fail("decoder state: damaged (it contradicts itself)");
  for (SavedDomain& domain : domains) {
    if (!wanted || wanted(domain.session.remote)) apply(domain, table);
  }
  return {};
}

}  // namespace weir
