#include "tests/codecs/any_flows.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/clock.h"
#include "codecs/decoder.h"
#include "codecs/registry.h"
#include "flow/biflow.h"
#include "flow/field_table.h"
#include "flow/names.h"

namespace weir::any_flows {
namespace {

constexpr std::uint64_t kBoot = kNow - 5'000'000'000'000;

class Source {
 public:
  explicit Source(Bytes data) : reader_(data) {}
  bool done() const { return reader_.remaining() == 0; }
  // Zero when the bytes are used up.
  std::uint64_t number(std::size_t width) {
    const std::size_t take = std::min(width, reader_.remaining());
    const Bytes bytes = reader_.bytes(take);
    return bytes.empty() ? 0 : load_be(bytes.data(), take);
  }
  std::uint64_t below(std::uint64_t n) { return number(n <= 256 ? 1 : 4) % n; }
  bool chance(std::uint64_t of_256) { return number(1) < of_256; }
  std::string octets(std::size_t n) {
    std::string made;
    while (made.size() < n) made += static_cast<char>(number(1));
    return made;
  }

 private:
  ByteReader reader_;
};

struct ExtraKind {
  std::uint32_t enterprise;
  std::uint16_t element;
};
// Elements that no field of the table is filled from and that a decoder takes as they come.
constexpr ExtraKind kExtras[] = {
    {0, 82},   {0, 95},    {0, 96},     {0, 233},    {0, 239},   {0, 130},         {0, 131},
    {0, 371},  {0, 457},   {0, 459},    {0, 33002},  {0, 57590}, {29305, 233},     {29305, 96},
    {9, 9252}, {35632, 3}, {12345, 77}, {35632, 60}, {0, 499},   {0xffffffff, 21}, {4294967295, 234},
};

IpAddress make_address(Source& source, Family family) {
  IpAddress address{{}, family};
  for (std::size_t i = 0; i < (family == Family::kV4 ? 4 : 16); ++i)
    address.bytes[i] = static_cast<std::uint8_t>(source.number(1));
  address.bytes[0] |= 1;  // zero is no address
  return address;
}

Family any_family(Source& source) { return source.chance(128) ? Family::kV4 : Family::kV6; }

std::uint8_t* member(Flow& flow, FlowCold& cold, const FieldInfo& field) {
  auto* const home =
      field.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(&flow) : reinterpret_cast<std::uint8_t*>(&cold);
  return home + field.offset;
}

void set_address(Source& source, Flow& flow, FlowCold& cold, const FieldInfo& field, Family family) {
  const IpAddress address = make_address(source, family);
  std::uint8_t* const at = member(flow, cold, field);
  std::memcpy(at, address.bytes.data(), 16);
  at[field.family_offset - field.offset] = static_cast<std::uint8_t>(family);
  flow.mark(field.id);
}

std::string name_of(std::uint32_t index) {
  return index % 7 == 0 ? std::string(200, 'x') + std::to_string(index) : "eth" + std::to_string(index);
}

class Maker {
 public:
  Maker(Source& source, BatchWriter& out) : source_(source), out_(out) {}

  void make_flow() {
    flow_ = out_.add(24 << 10);
    // Bits that this flow has fields by: whole kinds are absent often, so that plain flows come up.
    const bool cold = source_.chance(128);
    const bool reverse = cold && source_.chance(100);
    const std::uint64_t density = source_.number(1);
    for (const FieldInfo& field : kFields) {
      if (field.home == FieldHome::kOrigin || in_place(field.home)) continue;  // no message carries places
      if (field.home == FieldHome::kFlowCold && !cold) continue;
      if (field.group == FieldGroup::kReverse && !reverse) continue;
      if (!source_.chance(density)) continue;
      set_field(field);
    }
    set_endpoints();
    set_names();
    if (source_.chance(80)) set_extras();
  }

 private:
  FlowCold& cold(const FieldInfo& field) { return field.home == FieldHome::kFlowCold ? out_.cold() : none_; }

  void set_field(const FieldInfo& field) {
    switch (field.type) {
      case FieldType::kTimeNs: return set_number(field, any_time());
      case FieldType::kAddress:
        if (field.id != FieldId::src_addr && field.id != FieldId::dst_addr)
          set_address(source_, *flow_, cold(field), field, any_family(source_));
        return;
      case FieldType::kUnsignedList:
      case FieldType::kAddressList: return set_list(field);
      case FieldType::kText: return;  // names follow the interfaces
      default: return set_number(field, any_number(field));
    }
  }

  std::uint64_t any_number(const FieldInfo& field) {
    std::uint64_t value = source_.number(source_.chance(60) ? field.width : 1);
    if (field.id == FieldId::proto && source_.chance(128)) value = kProtoIcmp;
    if (field.id == FieldId::ipv6_flow_label) value &= 0xfffff;
    if (field.id == FieldId::flow_direction) value &= 1;
    return value;
  }

  std::uint64_t any_time() {
    const std::uint64_t age_ns = source_.number(source_.chance(200) ? 5 : 7);  // up to 18 minutes, or two years
    return kNow - std::min<std::uint64_t>(age_ns, 70'000'000'000'000'000);
  }

  void set_number(const FieldInfo& field, std::uint64_t value) {
    std::memcpy(member(*flow_, cold(field), field), &value, field.width);
    flow_->mark(field.id);
  }

  void set_list(const FieldInfo& field) {
    const std::size_t count = source_.below(12) + 1;
    Slice slice;
    if (field.type == FieldType::kAddressList) {
      std::vector<IpAddress> list(count);
      for (std::size_t i = 0; i < count; ++i)
        list[i] = make_address(source_, i < count / 2 ? Family::kV4 : Family::kV6);
      slice = out_.store({reinterpret_cast<const std::uint8_t*>(list.data()), count * sizeof(IpAddress)});
    } else {
      std::vector<std::uint32_t> list(count);
      const bool labels = field.id == FieldId::mpls_label;
      for (std::uint32_t& value : list) value = static_cast<std::uint32_t>(source_.number(labels ? 2 : 4));
      if (!labels) std::replace(list.begin(), list.end(), 0U, 1U);
      slice = out_.store({reinterpret_cast<const std::uint8_t*>(list.data()), count * 4});
    }
    std::memcpy(member(*flow_, cold(field), field), &slice, sizeof slice);
    flow_->mark(field.id);
  }

  void set_endpoints() {
    const std::uint64_t kind = source_.number(1);
    Family src = kind < 120 ? Family::kV4 : Family::kV6, dst = src;
    if (kind > 240) src = Family::kNone;
    if (kind > 245) dst = Family::kV4;
    if (kind > 250) dst = Family::kNone;
    if (src != Family::kNone) set_address(source_, *flow_, none_, field_info(FieldId::src_addr), src);
    if (dst != Family::kNone) set_address(source_, *flow_, none_, field_info(FieldId::dst_addr), dst);
  }

  // Interfaces from 100 on have a name, always the same one.
  void set_names() {
    const auto name = [this](std::uint32_t& index, FieldId of, FieldId to, Slice Flow::* slice) {
      if (!flow_->has(of) || index < 100) return;
      index = 100 + index % 500;
      const Slice text = out_.store(as_bytes(name_of(index)));
      flow_->*slice = text;
      flow_->mark(to);
    };
    name(flow_->in_if, FieldId::in_if, FieldId::in_if_name, &Flow::in_if_name);
    name(flow_->out_if, FieldId::out_if, FieldId::out_if_name, &Flow::out_if_name);
  }

  void set_extras() {
    const auto count = static_cast<std::uint32_t>(source_.below(6) + 1);
    std::vector<Extra> entries;
    std::string values;
    for (std::uint32_t i = 0; i < count; ++i) {
      const ExtraKind kind = kExtras[source_.below(std::size(kExtras))];
      std::size_t length = source_.below(source_.chance(30) ? 700 : 12);
      const ElementInfo* const info = find_element(kind.enterprise, kind.element);
      if (kind.enterprise == 0 && kind.element == 130) length = 4;
      if (kind.enterprise == 0 && kind.element == 131) length = 16;
      if (info != nullptr && info->type >= ElementType::kUnsigned8 && info->type <= ElementType::kSigned64)
        length = length % 8 + 1;
      const auto flags = static_cast<std::uint16_t>(source_.chance(10) ? kExtraRendered : 0);
      entries.push_back({kind.enterprise, kind.element, flags, static_cast<std::uint32_t>(length)});
      values += source_.octets(length);
    }
    std::uint32_t offset = 0;
    std::uint8_t* at = out_.allocate(sizeof count + count * sizeof(Extra) + values.size(), offset);
    std::memcpy(at, &count, sizeof count);
    std::memcpy(at + sizeof count, entries.data(), count * sizeof(Extra));
    std::memcpy(at + sizeof count + count * sizeof(Extra), values.data(), values.size());
    flow_->extras = offset;
  }

  Source& source_;
  BatchWriter& out_;
  Flow* flow_ = nullptr;
  FlowCold none_{};  // where fields of Flow look for a cold part
};

std::string hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t b : bytes) {
    text += kDigits[b >> 4];
    text += kDigits[b & 15];
  }
  return text;
}

std::string value_text(const FieldInfo& field, const FlowBatch& batch, const Flow& flow, const FlowCold& cold) {
  const auto* const at = member(const_cast<Flow&>(flow), const_cast<FlowCold&>(cold), field);
  Slice slice;
  if (field.width >= sizeof slice) std::memcpy(&slice, at, sizeof slice);
  switch (field.type) {
    case FieldType::kAddress: {
      const std::uint8_t family = at[field.family_offset - field.offset];
      return family == 0 ? "" : std::to_string(family) + ' ' + hex({at, 16});
    }
    case FieldType::kText: return std::string(batch.text(slice));
    case FieldType::kUnsignedList: return hex(batch.bytes(slice));
    case FieldType::kAddressList: {
      std::string text;
      for (const IpAddress& address : batch.list<IpAddress>(slice)) text += address.to_string() + ' ';
      return text;
    }
    default: break;
  }
  const bool zero = std::all_of(at, at + field.width, [](std::uint8_t b) { return b == 0; });
  return zero ? "" : hex({at, field.width});
}

Record fields_of(const FlowBatch& batch, const Flow& flow, const FlowCold& cold) {
  Record record;
  for (const FieldInfo& field : kFields) {
    if (field.home == FieldHome::kOrigin || !flow.has(field.id)) continue;
    std::string text = value_text(field, batch, flow, cold);
    if (!text.empty()) record.emplace(field.name, std::move(text));
  }
  return record;
}

// An element as `protocol` numbers it; false when it cannot.
bool number_in(ExportProtocol protocol, Extra& extra) {
  if (protocol == ExportProtocol::kNetflowV9) {
    if (extra.enterprise == kNtopEnterprise) extra = {0, static_cast<std::uint16_t>(extra.element + 57472), 0, 0};
    if (extra.enterprise == kNetflow9Enterprise) extra = {0, static_cast<std::uint16_t>(extra.element + 0x8000), 0, 0};
    return extra.enterprise == 0;
  }
  if (extra.enterprise == 0 && extra.element >= 0x8000)
    extra = {kNetflow9Enterprise, static_cast<std::uint16_t>(extra.element - 0x8000), 0, 0};
  return true;
}

void add_extra(Record& record, ExportProtocol protocol, Extra extra, Bytes value) {
  const ElementInfo* const info = find_element(extra.enterprise, extra.element);
  if ((extra.flags & kExtraRendered) != 0 || !number_in(protocol, extra)) return;
  if (protocol == ExportProtocol::kNetflowV9) {
    if (value.empty()) return;
    while (info != nullptr && info->type == ElementType::kString && !value.empty() && value.back() == 0)
      value = value.first(value.size() - 1);  // filling
  }
  record.emplace("extra " + std::to_string(extra.enterprise) + ':' + std::to_string(extra.element), hex(value));
}

enum class Side { kBoth, kForward, kReverse, kReverseOnly };

void add_extras(Record& record, ExportProtocol protocol, const FlowBatch& batch, const Flow& flow, Side side) {
  batch.for_each_extra(flow, [&](Extra extra, Bytes value) {
    const bool of_reverse = extra.enterprise == kReverseEnterprise;
    if (side == Side::kForward && of_reverse) return;
    if (side == Side::kReverse && !of_reverse) return;
    if (of_reverse && side != Side::kBoth) extra.enterprise = 0;
    add_extra(record, protocol, extra, value);
  });
}

bool has_extra(const FlowBatch& batch, const Flow& flow, std::initializer_list<std::uint16_t> elements) {
  bool has = false;
  batch.for_each_extra(flow, [&](const Extra& extra, Bytes) {
    has |= extra.enterprise == 0 && std::ranges::find(elements, extra.element) != elements.end();
  });
  return has;
}

void clear(Flow& flow, FieldId id) {
  const auto n = static_cast<unsigned>(id);
  flow.present[n >> 6] &= ~(std::uint64_t{1} << (n & 63));
}

// What the decoder works out by itself, and what the encoder puts in where a flow has nothing.
void settle(Flow& flow, FlowCold& cold, const EncoderOptions& options) {
  const std::uint64_t unit = options.nanoseconds && options.protocol == ExportProtocol::kIpfix ? 1 : kNsPerMs;
  const auto round = [unit](std::uint64_t& time) { time = time / unit * unit; };
  if (!flow.has(FieldId::time_flow_end_ns)) flow.time_flow_end_ns = kNow;
  if (!flow.has(FieldId::time_flow_start_ns)) flow.time_flow_start_ns = flow.time_flow_end_ns;
  for (std::uint64_t* time : {&flow.time_flow_start_ns, &flow.time_flow_end_ns, &cold.reverse_time_flow_start_ns,
                              &cold.reverse_time_flow_end_ns}) {
    round(*time);
  }
  if (!flow.has(FieldId::sampling_rate) || flow.sampling_rate == 0) flow.sampling_rate = options.sampling_rate;
  if (!flow.has(FieldId::etype) || flow.etype == 0) {
    const Family family = flow.src_addr_family != Family::kNone ? flow.src_addr_family : flow.dst_addr_family;
    flow.etype = family == Family::kV4 ? kEtypeIpv4 : family == Family::kV6 ? kEtypeIpv6 : std::uint16_t{0};
  }
  const bool icmp = flow.proto == kProtoIcmp || flow.proto == kProtoIcmpv6;
  if (icmp && !flow.has(FieldId::icmp_type) && !flow.has(FieldId::icmp_code)) {
    flow.icmp_type = static_cast<std::uint8_t>(flow.dst_port >> 8);
    flow.icmp_code = static_cast<std::uint8_t>(flow.dst_port);
    flow.mark(FieldId::icmp_type);
    flow.mark(FieldId::icmp_code);
  }
  for (const FieldId id :
       {FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::sampling_rate, FieldId::etype})
    flow.mark(id);
  clear(flow, FieldId::as_path);
  clear(flow, FieldId::mpls_ttl);
}

constexpr FieldId kV5Fields[] = {
    FieldId::time_flow_start_ns,
    FieldId::time_flow_end_ns,
    FieldId::bytes,
    FieldId::packets,
    FieldId::src_addr,
    FieldId::dst_addr,
    FieldId::etype,
    FieldId::proto,
    FieldId::src_port,
    FieldId::dst_port,
    FieldId::in_if,
    FieldId::out_if,
    FieldId::ip_tos,
    FieldId::tcp_flags,
    FieldId::icmp_type,
    FieldId::icmp_code,
    FieldId::src_as,
    FieldId::dst_as,
    FieldId::next_hop,
    FieldId::src_net,
    FieldId::dst_net,
    FieldId::sampling_rate,
};

// What is left of a settled flow in v5.
void shrink_to_v5(Flow& flow) {
  if (flow.proto == kProtoIcmp && (flow.has(FieldId::icmp_type) || flow.has(FieldId::icmp_code))) {
    flow.dst_port = static_cast<std::uint16_t>(flow.icmp_type << 8 | flow.icmp_code);
    flow.mark(FieldId::dst_port);
  } else if (flow.proto == kProtoIcmpv6) {
    flow.icmp_type = static_cast<std::uint8_t>(flow.dst_port >> 8);
    flow.icmp_code = static_cast<std::uint8_t>(flow.dst_port);
  } else {
    clear(flow, FieldId::icmp_type);
    clear(flow, FieldId::icmp_code);
  }
  flow.etype = kEtypeIpv4;
  flow.tcp_flags &= 0xff;
  if (flow.next_hop_family != Family::kV4) clear(flow, FieldId::next_hop);
  if (flow.src_as > 0xffff) flow.src_as = 23456;
  if (flow.dst_as > 0xffff) flow.dst_as = 23456;
  flow.in_if = std::min<std::uint32_t>(flow.in_if, 0xffff);
  flow.out_if = std::min<std::uint32_t>(flow.out_if, 0xffff);
  if (flow.sampling_rate > 0x3fff) flow.sampling_rate = 0;
  std::uint64_t kept[2] = {0, 0};
  for (const FieldId id : kV5Fields)
    kept[static_cast<unsigned>(id) >> 6] |= std::uint64_t{1} << (static_cast<unsigned>(id) & 63);
  flow.present[0] &= kept[0];
  flow.present[1] &= kept[1];
}

bool v5_can_tell(const FlowBatch& batch, const Flow& flow) {
  const bool v4 = flow.src_addr_family == Family::kV4 && flow.dst_addr_family == Family::kV4;
  const auto fits = [](const Flow& f) { return (f.bytes | f.packets) >> 32 == 0; };
  const auto near = [](std::uint64_t time_ns) { return time_ns + 20 * 86'400 * kNsPerSecond > kNow; };
  const auto tells = [&](Flow f) {
    FlowCold none{};
    settle(f, none, {});
    return fits(f) && near(f.time_flow_start_ns) && near(f.time_flow_end_ns);
  };
  return v4 && tells(flow) && (!has_reverse_traffic(batch, flow) || tells(reverse_of(batch, flow).flow));
}

Record expected_record(const EncoderOptions& options, const FlowBatch& batch, Flow flow, FlowCold cold, Side side) {
  settle(flow, cold, options);
  if (options.protocol == ExportProtocol::kNetflowV5) {
    shrink_to_v5(flow);
    return fields_of(batch, flow, cold);
  }
  const bool whole = options.biflow && options.protocol == ExportProtocol::kIpfix;
  if (!whole) clear_reverse_fields(flow);
  Record record = fields_of(batch, flow, cold);
  add_extras(record, options.protocol, batch, flow, side);
  const bool counters =
      flow.has(FieldId::reverse_bytes) || flow.has(FieldId::reverse_packets) || flow.has(FieldId::reverse_tcp_flags);
  if (counters && !has_extra(batch, flow, {239})) record.emplace("extra 0:239", "01");
  if (options.sampling_rate != 0) {
    const bool v9 = options.protocol == ExportProtocol::kNetflowV9;
    record.emplace(v9 ? "extra 0:48" : "extra 0:302", v9 ? "01" : "0000000000000001");
  }
  if (options.exporter_address && !has_extra(batch, flow, {130, 131})) {
    const Origin& origin = batch.origin(flow);
    const bool v4 = origin.sampler_address_family == Family::kV4;
    record.emplace(v4 ? "extra 0:130" : "extra 0:131", hex({origin.sampler_address.data(), v4 ? 4U : 16U}));
  }
  return record;
}

// One encoder's interface indexes are of one number space.
bool of_several_exporters(const std::vector<BatchRef>& batches) {
  std::set<std::string> exporters;
  for (const BatchRef& batch : batches) {
    for (const Flow& flow : batch->flows()) {
      const Origin& origin = batch->origin(flow);
      exporters.insert(hex(origin.sampler_address) + std::to_string(origin.observation_domain_id));
    }
  }
  return exporters.size() > 1;
}

void drop_names(Record& record) {
  std::erase_if(record, [](const auto& entry) { return entry.first.ends_with("_if_name"); });
}

void drop_tail(Record& record) {
  std::erase_if(record, [](const auto& entry) {
    const std::string& key = entry.first;
    return key == "mpls_label" || key == "bgp_communities" || key == "mpls_ip" || key.starts_with("extra ");
  });
}

}  // namespace

std::vector<BatchRef> make(Bytes data) {
  std::vector<BatchRef> batches;
  BatchWriter out(BatchPool::create(4), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  Source source(data);
  Origin origin{};
  const IpAddress sampler = make_address(source, any_family(source));
  origin.sampler_address = sampler.bytes;
  origin.sampler_address_family = sampler.family;
  origin.protocol = FlowProtocol::kWeir;
  out.set_origin(origin, "router");
  while (!source.done()) Maker(source, out).make_flow();
  out.flush();
  return batches;
}

EncoderOptions make_options(ExportProtocol protocol, Bytes data) {
  Source source(data);
  EncoderOptions options;
  options.protocol = protocol;
  options.source_id = static_cast<std::uint32_t>(source.number(2));
  options.max_message = source.chance(128) ? 1400 : kMinExportMessage + source.below(60'000);
  options.template_packets = static_cast<std::uint32_t>(1 + source.below(20));
  options.boot_time_ns = kBoot;
  if (source.chance(80)) options.sampling_rate = static_cast<std::uint32_t>(1 + source.below(1000));
  options.biflow = source.chance(128);
  options.nanoseconds = source.chance(128);
  options.exporter_address = source.chance(128);
  options.stream = protocol == ExportProtocol::kIpfix && source.chance(128);
  if (source.chance(128)) options.exporter_name = "exporter.example";
  return options;
}

std::string to_text(const Record& record) {
  std::string text;
  for (const auto& [key, value] : record) text += "  " + key + " = " + value + '\n';
  return text;
}

std::vector<Record> expected(const EncoderOptions& options, const FlowBatch& batch, const Flow& flow) {
  const FlowCold cold = flow.cold == 0 ? FlowCold{} : batch.cold(flow);
  const bool whole = options.biflow && options.protocol == ExportProtocol::kIpfix;
  if (options.protocol == ExportProtocol::kNetflowV5 && !v5_can_tell(batch, flow)) return {};
  if (whole || !has_reverse_traffic(batch, flow)) return {expected_record(options, batch, flow, cold, Side::kBoth)};
  std::vector<Record> records;
  const bool forward = flow.packets != 0 || flow.bytes != 0 || !flow.has(FieldId::packets);
  if (forward) records.push_back(expected_record(options, batch, flow, cold, Side::kForward));
  const ReverseFlow reverse = reverse_of(batch, flow);
  records.push_back(
      expected_record(options, batch, reverse.flow, reverse.cold, forward ? Side::kReverse : Side::kReverseOnly));
  return records;
}

Record decoded(ExportProtocol protocol, const FlowBatch& batch, const Flow& original) {
  Flow flow = original;
  const bool v5 = protocol == ExportProtocol::kNetflowV5;
  if (v5 && flow.next_hop == AddressBytes{}) clear(flow, FieldId::next_hop);
  Record record = fields_of(batch, flow, flow.cold == 0 ? FlowCold{} : batch.cold(flow));
  add_extras(record, protocol, batch, flow, Side::kBoth);
  return record;
}

std::string round_trip(const EncoderOptions& options, const std::vector<BatchRef>& batches) {
  const bool v5 = options.protocol == ExportProtocol::kNetflowV5;
  std::vector<BatchRef> got;
  Decoder decoder;
  BatchWriter out(BatchPool::create(4), [&](BatchRef batch) { got.push_back(std::move(batch)); });
  Session session;
  session.remote = IpAddress::v4(0x7f000101);
  session.transport = options.stream ? Transport::kTcp : Transport::kUdp;
  std::size_t sent = 0, taken = 0;
  std::string wrong;
  ExportEncoder encoder(options, [&](Bytes message, std::size_t flows) {
    if (message.size() > options.max_message) wrong = "a message is too long\n";
    const std::vector<std::uint8_t> copy(message.begin(), message.end());
    decoder.decode(session, copy, kNow, out);
    sent += flows;
  });
  std::vector<Record> wanted;
  for (const BatchRef& batch : batches) {
    for (const Flow& flow : batch->flows()) {
      std::vector<Record> records = expected(options, *batch, flow);
      if (v5 && records.empty()) continue;
      if (!encoder.add(*batch, flow, kNow)) return "a flow was refused\n";
      ++taken;
      std::ranges::move(records, std::back_inserter(wanted));
    }
  }
  encoder.flush(kNow);
  out.flush();
  const EncoderStats& stats = encoder.stats();
  const ExporterStats totals = decoder.totals();
  if (sent != taken || stats.flows != taken)
    wrong += "flows: " + std::to_string(sent) + " sent of " + std::to_string(taken) + '\n';
  if (stats.flow_records != totals.flows || totals.flows != wanted.size())
    wrong += "records: " + std::to_string(totals.flows) + " of " + std::to_string(wanted.size()) + '\n';
  if (totals.sets.dropped_total() != 0 || totals.sets.held != 0 || decoder.messages().dropped_total() != 0)
    wrong += "sets dropped\n";
  if (totals.sequence.lost != 0 || totals.records_missing != 0) wrong += "sequence\n";
  const bool cut = stats.extras_too_large != 0 || stats.list_items_left != 0;
  const bool several = of_several_exporters(batches);
  std::size_t at = 0;
  for (const BatchRef& batch : got) {
    for (const Flow& flow : batch->flows()) {
      if (at >= wanted.size() || !wrong.empty()) break;
      Record& want = wanted[at++];
      Record have = decoded(options.protocol, *batch, flow);
      if (cut) drop_tail(want), drop_tail(have);
      if (several) drop_names(want), drop_names(have);
      if (have != want)
        wrong = "record " + std::to_string(at - 1) + "\nwanted\n" + to_text(want) + "got\n" + to_text(have);
    }
  }
  return wrong;
}

}  // namespace weir::any_flows
