#include "codecs/options_data.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kEntryOverhead = 64;  // of a map's node, about

// NetFlow v9 numbers its scopes apart from its fields (RFC 3954 §6.1).
enum class V9Scope : std::uint16_t { kSystem = 1, kInterface = 2, kLineCard = 3, kCache = 4, kTemplate = 5 };

// What a record says, before it is known to what it applies.
struct OptionsRecord {
  SamplingValues sampling;
  std::optional<std::uint64_t> interface;
  std::optional<std::uint64_t> template_id;
  std::string interface_name;
  std::string interface_description;
  std::string exporter_name;
  std::uint64_t boot_ms = 0;
  IpAddress exporter;

  void take_v9_scope(std::uint16_t type, Bytes value) {
    if (type == static_cast<std::uint16_t>(V9Scope::kInterface)) interface = to_unsigned(value);
    if (type == static_cast<std::uint16_t>(V9Scope::kTemplate)) template_id = to_unsigned(value);
  }

  void take(const TemplateField& element, Bytes value, bool scope) {
    if (element.enterprise != 0) return;
    sampling.take(element, value);
    switch (element.id) {
      case 10:  // ingressInterface, egressInterface
      case 14:
        if (!interface) interface = to_unsigned(value);
        break;
      case 82: interface_name = clean_text(value); break;
      case 83: interface_description = clean_text(value); break;
      case 130:
      case 131: take_exporter(value); break;
      case 145:
        if (scope) template_id = to_unsigned(value);
        break;
      case 160: boot_ms = to_unsigned(value).value_or(0); break;
      case 300: exporter_name = clean_text(value); break;  // observationDomainName
      default: break;
    }
  }

  // Zeros stand where an exporter has no address of the family.
  void take_exporter(Bytes value) {
    if (std::ranges::all_of(value, [](std::uint8_t b) { return b == 0; })) return;
    if (value.size() == 4) exporter = IpAddress::v4(value.data());
    if (value.size() == 16 && exporter.family == Family::kNone) exporter = IpAddress::v6(value.data()).unmapped();
  }

  SamplingTable::Key applies_to() const {
    if (sampling.sampler) return {SamplingScope::kSampler, *sampling.sampler};
    if (interface) return {SamplingScope::kInterface, *interface};
    if (template_id) return {SamplingScope::kTemplate, *template_id};
    return {SamplingScope::kExporter, 0};
  }
};

OptionsRecord read_record(const Template& used, const SegmentPlace* places) {
  OptionsRecord record;
  const bool v9 = used.domain->protocol == FlowProtocol::kNetflowV9;
  for (const OptionPlace& field : used.plan.options) {
    const Bytes value = field_bytes(places, field.place);
    if (field.scope && v9) {
      record.take_v9_scope(field.element.id, value);
    } else {
      record.take(field.element, value, field.scope);
    }
  }
  return record;
}

}  // namespace

void set_sampling(ExporterTable& table, Domain& domain, SamplingScope scope, std::uint64_t id, std::uint32_t rate) {
  const bool known = domain.sampling.find(scope, id) != 0;
  if (!known && !table.grow_tables(domain, kEntryOverhead)) return;
  if (domain.sampling.set(scope, id, rate)) table.announced(domain);
}

void set_name(ExporterTable& table, Domain& domain, std::uint32_t interface, std::string name) {
  const bool known = !domain.names.find(interface).empty();
  if (!known && !table.grow_tables(domain, kEntryOverhead + InterfaceNames::kMaxName)) return;
  if (domain.names.set(interface, std::move(name))) table.announced(domain);
}

void take_options(const Template& used, const SegmentPlace* places, ExporterTable& table, Domain& domain) {
  OptionsRecord record = read_record(used, places);
  if (const std::uint32_t rate = record.sampling.rate(); rate != 0) {
    const auto [scope, id] = record.applies_to();
    set_sampling(table, domain, scope, id, rate);
  }
  std::string& interface = record.interface_name.empty() ? record.interface_description : record.interface_name;
  if (record.interface && *record.interface <= 0xffffffff && !interface.empty())
    set_name(table, domain, static_cast<std::uint32_t>(*record.interface), std::move(interface));
  const std::uint64_t boot_ns = flow_time_ns(TimeForm::kMilliseconds, record.boot_ms, {});
  if (boot_ns != 0 && std::exchange(domain.boot_ns, boot_ns) != boot_ns) table.announced(domain);
  std::string& name = domain.exporter_name();
  if (!record.exporter_name.empty() && name != record.exporter_name) {
    name = std::move(record.exporter_name);
    table.changed();
  }
  if (domain.session->trusted && record.exporter.family != Family::kNone &&
      std::exchange(domain.original, record.exporter) != record.exporter)
    table.changed();
}

}  // namespace weir
