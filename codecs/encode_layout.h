// How exported records are laid out: a Record is a list of fields that gives both the template that announces it and
// the code that writes it, so that the two cannot differ.
//
// Thread rules: types without state.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/clock.h"
#include "flow/flow.h"

namespace weir {

struct FieldSpec {
  std::uint16_t id;
  std::uint16_t length;
};

// A flow's times as export protocols tell them. A flow without an end ended when it is exported; one without a start is
// a moment long.
struct ExportTimes {
  std::uint64_t start_ms;
  std::uint64_t end_ms;
  std::uint64_t boot_ms;  // where sysUpTime counts from

  ExportTimes(const Flow& flow, std::uint64_t boot, std::uint64_t now_ns) : boot_ms(boot) {
    end_ms = (flow.has(FieldId::time_flow_end_ns) ? flow.time_flow_end_ns : now_ns) / kNsPerMs;
    start_ms = flow.has(FieldId::time_flow_start_ns) ? flow.time_flow_start_ns / kNsPerMs : end_ms;
  }

  // sysUpTime is a 32-bit counter of milliseconds; it wraps, and what was before boot stands "before" zero.
  std::uint32_t start_uptime() const { return static_cast<std::uint32_t>(start_ms - boot_ms); }
  std::uint32_t end_uptime() const { return static_cast<std::uint32_t>(end_ms - boot_ms); }
};

// The family of a flow's addresses; kNone when it has none or they differ.
inline Family address_family(const Flow& flow) {
  const Family src = flow.src_addr_family;
  const Family dst = flow.dst_addr_family;
  if (src == dst || dst == Family::kNone) return src;
  return src == Family::kNone ? dst : Family::kNone;
}

template <std::size_t Length>
void store_number(std::uint8_t* p, std::uint64_t value) {
  static_assert(Length == 1 || Length == 2 || Length == 3 || Length == 4 || Length == 8);
  if constexpr (Length == 1) {
    *p = static_cast<std::uint8_t>(value);
  } else if constexpr (Length == 2) {
    store_be16(p, static_cast<std::uint16_t>(value));
  } else if constexpr (Length == 3) {
    *p = static_cast<std::uint8_t>(value >> 16);
    store_be16(p + 1, static_cast<std::uint16_t>(value));
  } else if constexpr (Length == 4) {
    store_be32(p, static_cast<std::uint32_t>(value));
  } else {
    store_be64(p, value);
  }
}

template <std::uint16_t Id, std::uint16_t Length, auto Member>
struct NumberField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const Flow& flow, const ExportTimes&) { store_number<Length>(p, flow.*Member); }
};

// Length 4 or 16. An address of the other family, or none, is written as zero.
template <std::uint16_t Id, std::uint16_t Length, auto Address, auto FamilyOf>
struct AddressField {
  static constexpr FieldSpec kSpec{Id, Length};
  static constexpr Family kFamily = Length == 4 ? Family::kV4 : Family::kV6;
  static void write(std::uint8_t* p, const Flow& flow, const ExportTimes&) {
    if (flow.*FamilyOf == kFamily) {
      std::memcpy(p, (flow.*Address).data(), Length);
    } else {
      std::memset(p, 0, Length);
    }
  }
};

template <std::uint16_t Id, auto Member>
struct MacField {
  static constexpr FieldSpec kSpec{Id, 6};
  static void write(std::uint8_t* p, const Flow& flow, const ExportTimes&) { std::memcpy(p, (flow.*Member).data(), 6); }
};

template <std::uint16_t Id, std::uint16_t Length, auto Time>
struct TimeField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const Flow&, const ExportTimes& times) {
    if constexpr (requires { (times.*Time)(); }) {
      store_number<Length>(p, (times.*Time)());
    } else {
      store_number<Length>(p, times.*Time);
    }
  }
};

template <typename... Fields>
struct FieldList {
  static constexpr std::array<FieldSpec, sizeof...(Fields)> kSpecs{Fields::kSpec...};
  static constexpr std::size_t kLength = (std::size_t{Fields::kSpec.length} + ...);

  static void write(std::uint8_t* p, const Flow& flow, const ExportTimes& times) {
    ((Fields::write(p, flow, times), p += Fields::kSpec.length), ...);
  }
};

template <typename... Lists>
struct Record {
  static constexpr std::size_t kFields = (Lists::kSpecs.size() + ...);
  static constexpr std::size_t kLength = (Lists::kLength + ...);
  static constexpr std::array<FieldSpec, kFields> kSpecs = [] {
    std::array<FieldSpec, kFields> all{};
    auto out = all.begin();
    ((out = std::ranges::copy(Lists::kSpecs, out).out), ...);
    return all;
  }();

  static void write(std::uint8_t* p, const Flow& flow, const ExportTimes& times) {
    ((Lists::write(p, flow, times), p += Lists::kLength), ...);
  }
};

// Element numbers are IANA's, which NetFlow v9 shares (RFC 3954 §8).
using CommonFields = FieldList<                  //
    NumberField<10, 4, &Flow::in_if>,            // ingressInterface
    NumberField<14, 4, &Flow::out_if>,           // egressInterface
    NumberField<2, 8, &Flow::packets>,           // packetDeltaCount
    NumberField<1, 8, &Flow::bytes>,             // octetDeltaCount
    NumberField<7, 2, &Flow::src_port>,          // sourceTransportPort
    NumberField<11, 2, &Flow::dst_port>,         // destinationTransportPort
    NumberField<4, 1, &Flow::proto>,             // protocolIdentifier
    NumberField<5, 1, &Flow::ip_tos>,            // ipClassOfService
    NumberField<16, 4, &Flow::src_as>,           // bgpSourceAsNumber
    NumberField<17, 4, &Flow::dst_as>,           // bgpDestinationAsNumber
    MacField<56, &Flow::src_mac>,                // sourceMacAddress
    MacField<80, &Flow::dst_mac>,                // destinationMacAddress
    NumberField<58, 2, &Flow::src_vlan>,         // vlanId
    NumberField<59, 2, &Flow::dst_vlan>,         // postVlanId
    NumberField<61, 1, &Flow::flow_direction>,   // flowDirection
    NumberField<136, 1, &Flow::flow_end_reason>  // flowEndReason
    >;

using Ipv4Fields = FieldList<                                      //
    AddressField<8, 4, &Flow::src_addr, &Flow::src_addr_family>,   // sourceIPv4Address
    AddressField<12, 4, &Flow::dst_addr, &Flow::dst_addr_family>,  // destinationIPv4Address
    AddressField<15, 4, &Flow::next_hop, &Flow::next_hop_family>,  // ipNextHopIPv4Address
    NumberField<9, 1, &Flow::src_mask>,                            // sourceIPv4PrefixLength
    NumberField<13, 1, &Flow::dst_mask>,                           // destinationIPv4PrefixLength
    NumberField<176, 1, &Flow::icmp_type>,                         // icmpTypeIPv4
    NumberField<177, 1, &Flow::icmp_code>                          // icmpCodeIPv4
    >;

template <std::uint16_t FlowLabelLength>
using Ipv6Fields = FieldList<                                       //
    AddressField<27, 16, &Flow::src_addr, &Flow::src_addr_family>,  // sourceIPv6Address
    AddressField<28, 16, &Flow::dst_addr, &Flow::dst_addr_family>,  // destinationIPv6Address
    AddressField<62, 16, &Flow::next_hop, &Flow::next_hop_family>,  // ipNextHopIPv6Address
    NumberField<29, 1, &Flow::src_mask>,                            // sourceIPv6PrefixLength
    NumberField<30, 1, &Flow::dst_mask>,                            // destinationIPv6PrefixLength
    NumberField<178, 1, &Flow::icmp_type>,                          // icmpTypeIPv6
    NumberField<179, 1, &Flow::icmp_code>,                          // icmpCodeIPv6
    NumberField<31, FlowLabelLength, &Flow::ipv6_flow_label>        // flowLabelIPv6
    >;

// What the two protocols tell differently: TCP flags of one byte (RFC 3954) or two (IANA since RFC 7125), times by
// sysUpTime or absolute. Milliseconds are what every collector reads.
using Netflow9Fields = FieldList<                  //
    NumberField<6, 1, &Flow::tcp_flags>,           // TCP_FLAGS
    TimeField<22, 4, &ExportTimes::start_uptime>,  // FIRST_SWITCHED
    TimeField<21, 4, &ExportTimes::end_uptime>     // LAST_SWITCHED
    >;
using IpfixFields = FieldList<                  //
    NumberField<6, 2, &Flow::tcp_flags>,        // tcpControlBits
    TimeField<152, 8, &ExportTimes::start_ms>,  // flowStartMilliseconds
    TimeField<153, 8, &ExportTimes::end_ms>     // flowEndMilliseconds
    >;

}  // namespace weir
