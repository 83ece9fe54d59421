// The groups of fields that records are made of. Which groups a flow has decides the template of its record; fields
// that come together in practice stand in one group, so that few templates serve all flows.
//
// Thread rules: immutable tables and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/encode_layout.h"
#include "codecs/encoder.h"
#include "flow/names.h"

namespace weir {

// In the order of the record.
enum class Group : std::uint8_t {
  kAddresses4,  // both of one family, the usual case
  kAddresses6,
  kSrc4,  // else one by one
  kSrc6,
  kDst4,
  kDst6,
  kBase,     // in every record: ports, protocol, counters, interfaces, ToS, TCP flags, times
  kBaseAlt,  // or this. v9: absolute times, and flags of 16 bits; IPFIX: times in nanoseconds
  kMac,
  kSideVlans,
  kVlan,
  kAs,
  kMasks4,
  kMasks6,
  kNextHop4,
  kNextHop6,
  kDirection,
  kEndReason,
  kIcmp4,
  kIcmp6,
  kTtl,
  kFragments,
  kFlowLabel,
  kForwarding,
  kSampling,
  kEtype,
  kObservationPoint,
  kFlowId,
  kNatSrc4,
  kNatSrc6,
  kNatDst4,
  kNatDst6,
  kNatPorts,
  kNatEvent,
  kVrf,
  kBgpNextHop4,
  kBgpNextHop6,
  kNextHopAs,
  kReverse,
  kReverseStart,
  kReverseStartNs,
  kReverseEnd,
  kReverseEndNs,
  kInitiator,
  kExporter4,
  kExporter6,
  kSampler,
  kCount
};

inline constexpr std::size_t kGroupCount = static_cast<std::size_t>(Group::kCount);

inline constexpr std::uint64_t kSamplerId = 1;  // the only one that an encoder announces

// What a message takes beyond one record, or one template's fields: headers of message, set and template, and padding
// before and behind.
inline constexpr std::size_t kRecordOverhead = 20 + 4 + 4 + 3 + 3;

using GroupSet = std::uint64_t;
static_assert(kGroupCount <= 64);

constexpr GroupSet bit(Group group) { return GroupSet{1} << static_cast<unsigned>(group); }

struct GroupLayout {
  std::span<const FieldSpec> specs;
  std::size_t length = 0;
  void (*write)(std::uint8_t* p, const RecordSource& source) = nullptr;
};

// By Group. REQUIRES NetFlow v9 or IPFIX. Groups that v9 does not have are empty.
std::span<const GroupLayout, kGroupCount> group_layouts(ExportProtocol protocol);

// Groups that often stand side by side, written in one go.
struct Fusion {
  GroupSet groups;
  GroupLayout layout;
};
std::span<const Fusion> group_fusions(ExportProtocol protocol);

// All by which the groups of a flow without extras differ, in little room: equal keys, equal groups.
struct PresenceKey {
  std::uint64_t present[2];
  std::uint64_t families;
  bool operator==(const PresenceKey&) const = default;
};

namespace presence_key {

// PresenceKey::families: a byte for each address, then what only values tell.
enum FamilyByte : unsigned { kSrc, kDst, kNextHop, kBgpNextHop, kNatSrc, kNatDst, kExporter };
enum ValueBit : unsigned { kAltBase = 56, kOwnRate, kOddEtype };

constexpr std::uint64_t family_byte(FamilyByte of, Family family) {
  return static_cast<std::uint64_t>(family) << (8 * of);
}
// What a decoder takes the ethertype to be when no element tells it.
inline std::uint16_t implied_etype(const Flow& flow) {
  const Family family = flow.src_addr_family != Family::kNone ? flow.src_addr_family : flow.dst_addr_family;
  return family == Family::kV4 ? kEtypeIpv4 : family == Family::kV6 ? kEtypeIpv6 : std::uint16_t{0};
}

// sysUpTime tells times within 24 days of the export time; half of that leaves room for messages that wait.
inline constexpr std::uint64_t kUptimeReachNs = (std::uint64_t{1} << 30) * kNsPerMs;

inline bool within_reach(std::uint64_t time_ns, std::uint64_t now_ns) {
  return time_ns + kUptimeReachNs - now_ns < 2 * kUptimeReachNs;
}

}  // namespace presence_key

// Decides the groups of flows. A value of few bytes, made once per encoder.
class Grouping {
 public:
  explicit Grouping(const EncoderOptions& options);

  PresenceKey key(const RecordSource& source, std::uint64_t now_ns) const;
  GroupSet groups(const PresenceKey& key) const;

 private:
  bool alternative_base(const RecordSource& source, std::uint64_t now_ns) const;

  bool v9_;
  bool nanoseconds_;
  bool exporter_address_;
  std::uint32_t sampling_rate_;
  std::uint64_t relevant_[2];  // of Flow::present
};

// Inline, for it runs once for each flow.
inline bool Grouping::alternative_base(const RecordSource& source, std::uint64_t now_ns) const {
  using presence_key::within_reach;
  if (!v9_) return nanoseconds_;
  return source.flow.tcp_flags > 0xff || !within_reach(source.times.start_ns, now_ns) ||
         !within_reach(source.times.end_ns, now_ns);
}

[[gnu::always_inline]] inline PresenceKey Grouping::key(const RecordSource& source, std::uint64_t now_ns) const {
  using namespace presence_key;
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

}  // namespace weir
