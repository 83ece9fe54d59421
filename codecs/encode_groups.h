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

}  // namespace weir
