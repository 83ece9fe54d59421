#include "codecs/encode_groups.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "flow/names.h"

namespace weir {
namespace {

using enum Group;

// Element numbers are IANA's, which NetFlow v9 shares (RFC 3954 §8).
using Source4 = BytesField<8, 4, &Flow::src_addr>;         // sourceIPv4Address
using Source6 = BytesField<27, 16, &Flow::src_addr>;       // sourceIPv6Address
using Destination4 = BytesField<12, 4, &Flow::dst_addr>;   // destinationIPv4Address
using Destination6 = BytesField<28, 16, &Flow::dst_addr>;  // destinationIPv6Address

// What the two protocols tell differently: TCP flags of one byte (RFC 3954) or two (IANA since RFC 7125), times by
// sysUpTime or absolute.
template <typename... Rest>
using Base = FieldList<                   //
    NumberField<2, 8, &Flow::packets>,    // packetDeltaCount
    NumberField<1, 8, &Flow::bytes>,      // octetDeltaCount
    NumberField<7, 2, &Flow::src_port>,   // sourceTransportPort
    NumberField<11, 2, &Flow::dst_port>,  // destinationTransportPort
    NumberField<4, 1, &Flow::proto>,      // protocolIdentifier
    NumberField<5, 1, &Flow::ip_tos>,     // ipClassOfService
    NumberField<10, 4, &Flow::in_if>,     // ingressInterface
    NumberField<14, 4, &Flow::out_if>,    // egressInterface
    Rest...>;

using BaseUptime = Base<NumberField<6, 1, &Flow::tcp_flags>,           // TCP_FLAGS
                        TimeField<22, 4, &ExportTimes::start_uptime>,  // FIRST_SWITCHED
                        TimeField<21, 4, &ExportTimes::end_uptime>>;   // LAST_SWITCHED
using BaseMs = Base<NumberField<6, 2, &Flow::tcp_flags>,               // tcpControlBits
                    TimeField<152, 8, &ExportTimes::start_ms>,         // flowStartMilliseconds
                    TimeField<153, 8, &ExportTimes::end_ms>>;          // flowEndMilliseconds
using BaseNs = Base<NumberField<6, 2, &Flow::tcp_flags>,               //
                    NtpField<156, &ExportTimes::start_ns>,             // flowStartNanoseconds
                    NtpField<157, &ExportTimes::end_ns>>;              // flowEndNanoseconds

template <std::uint16_t Id, std::uint16_t Length, auto Member>
using ReverseNumber = NumberField<Id, Length, Member, kReverseEnterprise>;

template <typename List>
constexpr GroupLayout layout() {
  return {List::kSpecs, List::kLength, &List::write};
}
template <typename... Fields>
constexpr GroupLayout fields() {
  return layout<FieldList<Fields...>>();
}

using Table = std::array<GroupLayout, kGroupCount>;

constexpr GroupLayout& at(Table& table, Group group) { return table[static_cast<std::size_t>(group)]; }

// Fields that are part of a fusion as well.
using Addresses4 = FieldList<Source4, Destination4>;
using Addresses6 = FieldList<Source6, Destination6>;
using Mac = FieldList<BytesField<56, 6, &Flow::src_mac>,                   // sourceMacAddress
                      BytesField<80, 6, &Flow::dst_mac>>;                  // destinationMacAddress
using SideVlans = FieldList<NumberField<58, 2, &Flow::src_vlan>,           // vlanId
                            NumberField<59, 2, &Flow::dst_vlan>>;          // postVlanId
using As = FieldList<NumberField<16, 4, &Flow::src_as>,                    // bgpSourceAsNumber
                     NumberField<17, 4, &Flow::dst_as>>;                   // bgpDestinationAsNumber
using Masks4 = FieldList<NumberField<9, 1, &Flow::src_mask>,               // sourceIPv4PrefixLength
                         NumberField<13, 1, &Flow::dst_mask>>;             // destinationIPv4PrefixLength
using Masks6 = FieldList<NumberField<29, 1, &Flow::src_mask>,              // sourceIPv6PrefixLength
                         NumberField<30, 1, &Flow::dst_mask>>;             // destinationIPv6PrefixLength
using NextHop4 = FieldList<BytesField<15, 4, &Flow::next_hop>>;            // ipNextHopIPv4Address
using NextHop6 = FieldList<BytesField<62, 16, &Flow::next_hop>>;           // ipNextHopIPv6Address
using Direction = FieldList<NumberField<61, 1, &Flow::flow_direction>>;    // flowDirection
using EndReason = FieldList<NumberField<136, 1, &Flow::flow_end_reason>>;  // flowEndReason

constexpr void add_common(Table& t) {
  at(t, kAddresses4) = layout<Addresses4>();
  at(t, kAddresses6) = layout<Addresses6>();
  at(t, kSrc4) = fields<Source4>();
  at(t, kSrc6) = fields<Source6>();
  at(t, kDst4) = fields<Destination4>();
  at(t, kDst6) = fields<Destination6>();
  at(t, kMac) = layout<Mac>();
  at(t, kSideVlans) = layout<SideVlans>();
  at(t, kVlan) = fields<NumberField<243, 2, &Flow::vlan_id>>();  // dot1qVlanId
  at(t, kAs) = layout<As>();
  at(t, kMasks4) = layout<Masks4>();
  at(t, kMasks6) = layout<Masks6>();
  at(t, kNextHop4) = layout<NextHop4>();
  at(t, kNextHop6) = layout<NextHop6>();
  at(t, kDirection) = layout<Direction>();
  at(t, kEndReason) = layout<EndReason>();
  at(t, kIcmp4) = fields<NumberField<176, 1, &Flow::icmp_type>,                               // icmpTypeIPv4
                         NumberField<177, 1, &Flow::icmp_code>>();                            // icmpCodeIPv4
  at(t, kIcmp6) = fields<NumberField<178, 1, &Flow::icmp_type>,                               // icmpTypeIPv6
                         NumberField<179, 1, &Flow::icmp_code>>();                            // icmpCodeIPv6
  at(t, kTtl) = fields<NumberField<192, 1, &Flow::ip_ttl>>();                                 // ipTTL
  at(t, kFragments) = fields<NumberField<54, 4, &FlowCold::fragment_id>,                      // fragmentIdentification
                             NumberField<88, 2, &FlowCold::fragment_offset>,                  // fragmentOffset
                             NumberField<197, 1, &FlowCold::ip_flags>>();                     // fragmentFlags
  at(t, kForwarding) = fields<NumberField<89, 1, &Flow::forwarding_status>>();                // forwardingStatus
  at(t, kSampling) = fields<NumberField<34, 4, &RecordSource::sampling_rate>>();              // samplingInterval
  at(t, kEtype) = fields<NumberField<256, 2, &Flow::etype>>();                                // ethernetType
  at(t, kObservationPoint) = fields<NumberField<138, 8, &FlowCold::observation_point_id>>();  // observationPointId
  at(t, kFlowId) = fields<NumberField<148, 8, &FlowCold::flow_id>>();                         // flowId
  at(t, kNatSrc4) = fields<BytesField<225, 4, &FlowCold::post_nat_src_addr>>();    // postNATSourceIPv4Address
  at(t, kNatSrc6) = fields<BytesField<281, 16, &FlowCold::post_nat_src_addr>>();   // postNATSourceIPv6Address
  at(t, kNatDst4) = fields<BytesField<226, 4, &FlowCold::post_nat_dst_addr>>();    // postNATDestinationIPv4Address
  at(t, kNatDst6) = fields<BytesField<282, 16, &FlowCold::post_nat_dst_addr>>();   // postNATDestinationIPv6Address
  at(t, kNatPorts) = fields<NumberField<227, 2, &FlowCold::post_nat_src_port>,     // postNAPTSourceTransportPort
                            NumberField<228, 2, &FlowCold::post_nat_dst_port>>();  // postNAPTDestinationTransportPort
  at(t, kNatEvent) = fields<NumberField<230, 1, &FlowCold::nat_event>>();          // natEvent
  at(t, kVrf) = fields<NumberField<234, 4, &FlowCold::ingress_vrf_id>,             // ingressVRFID
                       NumberField<235, 4, &FlowCold::egress_vrf_id>>();           // egressVRFID
  at(t, kBgpNextHop4) = fields<BytesField<18, 4, &FlowCold::bgp_next_hop>>();      // bgpNextHopIPv4Address
  at(t, kBgpNextHop6) = fields<BytesField<63, 16, &FlowCold::bgp_next_hop>>();     // bgpNextHopIPv6Address
  at(t, kNextHopAs) = fields<NumberField<128, 4, &FlowCold::next_hop_as>>();       // bgpNextAdjacentAsNumber
  at(t, kExporter4) = fields<ExporterField<130, 4>>();                             // exporterIPv4Address
  at(t, kExporter6) = fields<ExporterField<131, 16>>();                            // exporterIPv6Address
}

constexpr Table kNetflow9Groups = [] {
  Table t{};
  add_common(t);
  at(t, kBase) = layout<BaseUptime>();
  at(t, kBaseAlt) = layout<BaseMs>();
  at(t, kFlowLabel) = fields<NumberField<31, 3, &Flow::ipv6_flow_label>>();  // IPV6_FLOW_LABEL
  at(t, kSampler) = fields<ConstantField<48, 1, kSamplerId>>();              // FLOW_SAMPLER_ID
  return t;
}();

constexpr Table kIpfixGroups = [] {
  Table t{};
  add_common(t);
  at(t, kBase) = layout<BaseMs>();
  at(t, kBaseAlt) = layout<BaseNs>();
  at(t, kFlowLabel) = fields<NumberField<31, 4, &Flow::ipv6_flow_label>>();  // flowLabelIPv6
  at(t, kReverse) = fields<ReverseNumber<2, 8, &FlowCold::reverse_packets>,  // RFC 5103
                           ReverseNumber<1, 8, &FlowCold::reverse_bytes>,    //
                           ReverseNumber<6, 2, &FlowCold::reverse_tcp_flags>>();
  at(t, kReverseStart) = fields<ReverseMsField<152, &FlowCold::reverse_time_flow_start_ns>>();
  at(t, kReverseEnd) = fields<ReverseMsField<153, &FlowCold::reverse_time_flow_end_ns>>();
  at(t, kReverseStartNs) = fields<ReverseNtpField<156, &FlowCold::reverse_time_flow_start_ns>>();
  at(t, kReverseEndNs) = fields<ReverseNtpField<157, &FlowCold::reverse_time_flow_end_ns>>();
  at(t, kInitiator) = fields<ConstantField<239, 1, 1>>();         // biflowDirection: initiator
  at(t, kSampler) = fields<ConstantField<302, 8, kSamplerId>>();  // selectorId
  return t;
}();

template <typename... Lists>
struct Joined {
  static constexpr std::size_t kLength = (Lists::kLength + ...);
  static void write(std::uint8_t* p, const RecordSource& source) {
    ((Lists::write(p, source), p += Lists::kLength), ...);
  }
};

template <typename... Lists>
constexpr Fusion fusion(GroupSet groups) {
  return {groups, {{}, Joined<Lists...>::kLength, &Joined<Lists...>::write}};
}

constexpr GroupSet set_of(auto... groups) { return (bit(groups) | ...); }

// The start of nearly every record, and what routers add to it.
template <typename Base>
constexpr std::array<Fusion, 4> kFusions = {
    fusion<Addresses4, Base>(set_of(kAddresses4, kBase)),
    fusion<Addresses6, Base>(set_of(kAddresses6, kBase)),
    fusion<Mac, SideVlans, As, Masks4, NextHop4, Direction, EndReason>(
        set_of(kMac, kSideVlans, kAs, kMasks4, kNextHop4, kDirection, kEndReason)),
    fusion<Mac, SideVlans, As, Masks6, NextHop6, Direction, EndReason>(
        set_of(kMac, kSideVlans, kAs, kMasks6, kNextHop6, kDirection, kEndReason)),
};

// Every field at once still fits the smallest message, so that no group is ever left out. (No flow has all of these.)
constexpr bool fit_smallest_message(const Table& table) {
  std::size_t record = 0, fields = 0, enterprises = 0;
  for (const GroupLayout& group : table) {
    record += group.length;
    fields += group.specs.size();
    for (const FieldSpec& spec : group.specs) enterprises += spec.enterprise != 0;
  }
  return std::max(record, 4 * (fields + enterprises)) + kRecordOverhead <= kMinExportMessage;
}
static_assert(fit_smallest_message(kNetflow9Groups) && fit_smallest_message(kIpfixGroups));

// Which presence bits ask for a group, where that is all there is to it.
struct PresenceRule {
  Group group;
  std::uint64_t present[2] = {0, 0};
};
constexpr PresenceRule rule(Group group, std::initializer_list<FieldId> any_of) {
  PresenceRule made{group};
  for (const FieldId id : any_of) {
    const auto n = static_cast<unsigned>(id);
    made.present[n >> 6] |= std::uint64_t{1} << (n & 63);
  }
  return made;
}

constexpr PresenceRule kRules[] = {
    rule(kMac, {FieldId::src_mac, FieldId::dst_mac}),
    rule(kSideVlans, {FieldId::src_vlan, FieldId::dst_vlan}),
    rule(kVlan, {FieldId::vlan_id}),
    rule(kAs, {FieldId::src_as, FieldId::dst_as}),
    rule(kMasks4, {FieldId::src_net, FieldId::dst_net}),  // or kMasks6
    rule(kDirection, {FieldId::flow_direction}),
    rule(kEndReason, {FieldId::flow_end_reason}),
    rule(kIcmp4, {FieldId::icmp_type, FieldId::icmp_code}),  // or kIcmp6
    rule(kTtl, {FieldId::ip_ttl}),
    rule(kFragments, {FieldId::fragment_id, FieldId::fragment_offset, FieldId::ip_flags}),
    rule(kFlowLabel, {FieldId::ipv6_flow_label}),
    rule(kForwarding, {FieldId::forwarding_status}),
    rule(kObservationPoint, {FieldId::observation_point_id}),
    rule(kFlowId, {FieldId::flow_id}),
    rule(kNatPorts, {FieldId::post_nat_src_port, FieldId::post_nat_dst_port}),
    rule(kNatEvent, {FieldId::nat_event}),
    rule(kVrf, {FieldId::ingress_vrf_id, FieldId::egress_vrf_id}),
    rule(kNextHopAs, {FieldId::next_hop_as}),
};
constexpr PresenceRule kReverseRules[] = {
    rule(kReverse, {FieldId::reverse_bytes, FieldId::reverse_packets, FieldId::reverse_tcp_flags}),
    rule(kReverseStart, {FieldId::reverse_time_flow_start_ns}),
    rule(kReverseEnd, {FieldId::reverse_time_flow_end_ns}),
};

// PresenceKey::families: a byte for each address, then what only values tell.
enum FamilyByte : unsigned { kSrc, kDst, kNextHop, kBgpNextHop, kNatSrc, kNatDst, kExporter };
enum ValueBit : unsigned { kAltBase = 56, kOwnRate, kOddEtype };

constexpr std::uint64_t family_byte(FamilyByte of, Family family) {
  return static_cast<std::uint64_t>(family) << (8 * of);
}
constexpr Family family_in(std::uint64_t families, FamilyByte of) {
  return static_cast<Family>(families >> (8 * of) & 0xff);
}

constexpr GroupSet by_family(Family family, Group v4, Group v6) {
  return family == Family::kV4 ? bit(v4) : family == Family::kV6 ? bit(v6) : 0;
}

// What a decoder takes the ethertype to be when no element tells it.
std::uint16_t implied_etype(const Flow& flow) {
  const Family family = flow.src_addr_family != Family::kNone ? flow.src_addr_family : flow.dst_addr_family;
  return family == Family::kV4 ? kEtypeIpv4 : family == Family::kV6 ? kEtypeIpv6 : std::uint16_t{0};
}

// sysUpTime tells times within 24 days of the export time; half of that leaves room for messages that wait.
constexpr std::uint64_t kUptimeReachNs = (std::uint64_t{1} << 30) * kNsPerMs;

bool within_reach(std::uint64_t time_ns, std::uint64_t now_ns) {
  return time_ns + kUptimeReachNs - now_ns < 2 * kUptimeReachNs;
}

}  // namespace

std::span<const GroupLayout, kGroupCount> group_layouts(ExportProtocol protocol) {
  return protocol == ExportProtocol::kIpfix ? kIpfixGroups : kNetflow9Groups;
}

std::span<const Fusion> group_fusions(ExportProtocol protocol) {
  if (protocol == ExportProtocol::kIpfix) return kFusions<BaseMs>;
  return kFusions<BaseUptime>;
}

Grouping::Grouping(const EncoderOptions& options)
    : v9_(options.protocol == ExportProtocol::kNetflowV9),
      nanoseconds_(options.nanoseconds && !v9_),
      exporter_address_(options.exporter_address),
      sampling_rate_(options.sampling_rate),
      relevant_{0, 0} {
  const auto add = [this](std::span<const PresenceRule> rules) {
    for (const PresenceRule& r : rules) {
      relevant_[0] |= r.present[0];
      relevant_[1] |= r.present[1];
    }
  };
  add(kRules);
  if (options.biflow && !v9_) add(kReverseRules);
}

bool Grouping::alternative_base(const RecordSource& source, std::uint64_t now_ns) const {
  if (!v9_) return nanoseconds_;
  return source.flow.tcp_flags > 0xff || !within_reach(source.times.start_ns, now_ns) ||
         !within_reach(source.times.end_ns, now_ns);
}

PresenceKey Grouping::key(const RecordSource& source, std::uint64_t now_ns) const {
  const Flow& flow = source.flow;
  std::uint64_t families = family_byte(kSrc, flow.src_addr_family) | family_byte(kDst, flow.dst_addr_family);
  if (flow.has(FieldId::next_hop)) families |= family_byte(kNextHop, flow.next_hop_family);
  if (flow.cold != 0) {
    const FlowCold& cold = source.cold;
    if (flow.has(FieldId::bgp_next_hop)) families |= family_byte(kBgpNextHop, cold.bgp_next_hop_family);
    if (flow.has(FieldId::post_nat_src_addr)) families |= family_byte(kNatSrc, cold.post_nat_src_addr_family);
    if (flow.has(FieldId::post_nat_dst_addr)) families |= family_byte(kNatDst, cold.post_nat_dst_addr_family);
  }
  if (exporter_address_ && flow.origin != 0)
    families |= family_byte(kExporter, source.batch.origin(flow).sampler_address_family);
  const auto value_bit = [&families](ValueBit at, bool set) { families |= std::uint64_t{set} << at; };
  value_bit(kAltBase, alternative_base(source, now_ns));
  value_bit(kOwnRate, source.sampling_rate != sampling_rate_);
  value_bit(kOddEtype, flow.etype != 0 && flow.etype != implied_etype(flow));
  return {{flow.present[0] & relevant_[0], flow.present[1] & relevant_[1]}, families};
}

GroupSet Grouping::groups(const PresenceKey& key) const {
  GroupSet set = 0;
  const auto apply = [&](std::span<const PresenceRule> rules) {
    for (const PresenceRule& r : rules) {
      if (((r.present[0] & key.present[0]) | (r.present[1] & key.present[1])) != 0) set |= bit(r.group);
    }
  };
  const auto has = [&](Group group) { return (set & bit(group)) != 0; };
  const auto replace = [&](Group one, Group other) {
    if (has(one)) set ^= bit(one) | bit(other);
  };
  const auto flag = [&](ValueBit at) { return (key.families >> at & 1) != 0; };
  const auto family = [&](FamilyByte of) { return family_in(key.families, of); };

  apply(kRules);
  apply(kReverseRules);
  const Family src = family(kSrc), dst = family(kDst);
  set |= src == dst ? by_family(src, kAddresses4, kAddresses6)
                    : by_family(src, kSrc4, kSrc6) | by_family(dst, kDst4, kDst6);
  if (src == Family::kV6 || dst == Family::kV6) {
    replace(kMasks4, kMasks6);
    replace(kIcmp4, kIcmp6);
  }
  set |= flag(kAltBase) ? bit(kBaseAlt) : bit(kBase);
  set |= by_family(family(kNextHop), kNextHop4, kNextHop6);
  set |= by_family(family(kBgpNextHop), kBgpNextHop4, kBgpNextHop6);
  set |= by_family(family(kNatSrc), kNatSrc4, kNatSrc6) | by_family(family(kNatDst), kNatDst4, kNatDst6);
  set |= by_family(family(kExporter), kExporter4, kExporter6);
  if (flag(kOwnRate)) set |= bit(kSampling);
  if (flag(kOddEtype)) set |= bit(kEtype);
  if (sampling_rate_ != 0) set |= bit(kSampler);
  if (nanoseconds_) {
    replace(kReverseStart, kReverseStartNs);
    replace(kReverseEnd, kReverseEndNs);
  }
  if (has(kReverse)) set |= bit(kInitiator);
  return set;
}

}  // namespace weir
