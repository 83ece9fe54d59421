// How exported records are laid out: a FieldList gives both the part of the template that announces its fields and the
// code that writes them, so that the two cannot differ.
//
// Thread rules: types without state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/clock.h"
#include "codecs/registry.h"
#include "flow/batch.h"

namespace weir {

struct FieldSpec {
  std::uint16_t id;
  std::uint16_t length;
  std::uint32_t enterprise = 0;
};

// A flow's times as export protocols tell them. A flow without an end ended when it is exported; one without a start is
// a moment long.
struct ExportTimes {
  std::uint64_t start_ns;
  std::uint64_t end_ns;
  std::uint64_t boot_ms;  // where sysUpTime counts from

  ExportTimes(const Flow& flow, std::uint64_t boot, std::uint64_t now_ns) : boot_ms(boot) {
    end_ns = flow.has(FieldId::time_flow_end_ns) ? flow.time_flow_end_ns : now_ns;
    start_ns = flow.has(FieldId::time_flow_start_ns) ? flow.time_flow_start_ns : end_ns;
  }

  std::uint64_t start_ms() const { return start_ns / kNsPerMs; }
  std::uint64_t end_ms() const { return end_ns / kNsPerMs; }
  // sysUpTime is a 32-bit counter of milliseconds; it wraps, and what was before boot stands "before" zero.
  std::uint32_t start_uptime() const { return static_cast<std::uint32_t>(start_ms() - boot_ms); }
  std::uint32_t end_uptime() const { return static_cast<std::uint32_t>(end_ms() - boot_ms); }
};

// An NTP timestamp (RFC 7011 §6.1.10), its fraction rounded, so that reading it gives the same nanosecond.
inline std::uint64_t ntp_timestamp(std::uint64_t ns) {
  constexpr std::uint64_t kUnixToNtp = 2'208'988'800;
  const std::uint64_t fraction = ((ns % kNsPerSecond << 32) + kNsPerSecond / 2) / kNsPerSecond;
  return (ns / kNsPerSecond + kUnixToNtp) << 32 | fraction;
}

// What one record is written from. `flow` and `cold` may be values of their own (the reverse of a biflow), `batch` is
// what they point into.
struct RecordSource {
  const Flow& flow;
  const FlowCold& cold;  // all zero where the flow has none
  const FlowBatch& batch;
  ExportTimes times;
  std::uint32_t sampling_rate;  // of the flow, else of the exporter
};

template <typename T>
const T& member_of(const RecordSource& source, T Flow::* member) {
  return source.flow.*member;
}
template <typename T>
const T& member_of(const RecordSource& source, T FlowCold::* member) {
  return source.cold.*member;
}
template <typename T>
const T& member_of(const RecordSource& source, T RecordSource::* member) {
  return source.*member;
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

template <std::uint16_t Id, std::uint16_t Length, auto Member, std::uint32_t Enterprise = 0>
struct NumberField {
  static constexpr FieldSpec kSpec{Id, Length, Enterprise};
  static void write(std::uint8_t* p, const RecordSource& source) { store_number<Length>(p, member_of(source, Member)); }
};

template <std::uint16_t Id, std::uint16_t Length, std::uint64_t Value>
struct ConstantField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const RecordSource&) { store_number<Length>(p, Value); }
};

// The first `Length` bytes of an address.
template <std::uint16_t Id, std::uint16_t Length, auto Member>
struct BytesField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const RecordSource& source) {
    std::memcpy(p, member_of(source, Member).data(), Length);
  }
};

// The address of who exported the flow first.
template <std::uint16_t Id, std::uint16_t Length>
struct ExporterField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const RecordSource& source) {
    std::memcpy(p, source.batch.origin(source.flow).sampler_address.data(), Length);
  }
};

template <std::uint16_t Id, std::uint16_t Length, auto Time>
struct TimeField {
  static constexpr FieldSpec kSpec{Id, Length};
  static void write(std::uint8_t* p, const RecordSource& source) { store_number<Length>(p, (source.times.*Time)()); }
};

template <std::uint16_t Id, auto Time>
struct NtpField {
  static constexpr FieldSpec kSpec{Id, 8};
  static void write(std::uint8_t* p, const RecordSource& source) { store_be64(p, ntp_timestamp(source.times.*Time)); }
};

template <std::uint16_t Id, auto Member>
struct ReverseMsField {
  static constexpr FieldSpec kSpec{Id, 8, kReverseEnterprise};
  static void write(std::uint8_t* p, const RecordSource& source) {
    store_be64(p, member_of(source, Member) / kNsPerMs);
  }
};

template <std::uint16_t Id, auto Member>
struct ReverseNtpField {
  static constexpr FieldSpec kSpec{Id, 8, kReverseEnterprise};
  static void write(std::uint8_t* p, const RecordSource& source) {
    store_be64(p, ntp_timestamp(member_of(source, Member)));
  }
};

template <typename... Fields>
struct FieldList {
  static constexpr std::array<FieldSpec, sizeof...(Fields)> kSpecs{Fields::kSpec...};
  static constexpr std::size_t kLength = (std::size_t{Fields::kSpec.length} + ...);

  static void write(std::uint8_t* p, const RecordSource& source) {
    ((Fields::write(p, source), p += Fields::kSpec.length), ...);
  }
};

}  // namespace weir
