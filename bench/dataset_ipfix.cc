#include "bench/dataset_ipfix.h"

#include <cstring>

#include "base/clock.h"
#include "codecs/encode_layout.h"
#include "flow/names.h"

namespace weir::bench {
namespace {

// Elements by IANA's numbers.
using Common = FieldList<                          //
    TimeField<152, 8, &ExportTimes::start_ms>,     // flowStartMilliseconds
    TimeField<153, 8, &ExportTimes::end_ms>,       // flowEndMilliseconds
    NumberField<1, 8, &Flow::bytes>,               // octetDeltaCount
    NumberField<2, 4, &Flow::packets>,             // packetDeltaCount
    NumberField<4, 1, &Flow::proto>,               // protocolIdentifier
    NumberField<7, 2, &Flow::src_port>,            // sourceTransportPort
    NumberField<11, 2, &Flow::dst_port>,           // destinationTransportPort
    NumberField<10, 4, &Flow::in_if>,              // ingressInterface
    NumberField<14, 4, &Flow::out_if>,             // egressInterface
    NumberField<5, 1, &Flow::ip_tos>,              // ipClassOfService
    NumberField<6, 2, &Flow::tcp_flags>,           // tcpControlBits
    NumberField<16, 4, &Flow::src_as>,             // bgpSourceAsNumber
    NumberField<17, 4, &Flow::dst_as>,             // bgpDestinationAsNumber
    NumberField<61, 1, &Flow::flow_direction>,     // flowDirection
    NumberField<136, 1, &Flow::flow_end_reason>>;  // flowEndReason
using V4 = Record<FieldList<AddressField<8, 4, &Flow::src_addr, &Flow::src_addr_family>,
                            AddressField<12, 4, &Flow::dst_addr, &Flow::dst_addr_family>,
                            AddressField<15, 4, &Flow::next_hop, &Flow::next_hop_family>,
                            NumberField<9, 1, &Flow::src_mask>, NumberField<13, 1, &Flow::dst_mask>>,
                  Common>;
using V6 = Record<FieldList<AddressField<27, 16, &Flow::src_addr, &Flow::src_addr_family>,
                            AddressField<28, 16, &Flow::dst_addr, &Flow::dst_addr_family>,
                            AddressField<62, 16, &Flow::next_hop, &Flow::next_hop_family>,
                            NumberField<29, 1, &Flow::src_mask>, NumberField<30, 1, &Flow::dst_mask>>,
                  Common>;

constexpr std::uint16_t kV4Template = 256, kV6Template = 257, kNamesTemplate = 258;
constexpr std::uint16_t kNameLength = 16;

void put16(std::string& out, std::uint16_t v) {
  out += static_cast<char>(v >> 8);
  out += static_cast<char>(v);
}
void put32(std::string& out, std::uint32_t v) {
  put16(out, static_cast<std::uint16_t>(v >> 16));
  put16(out, static_cast<std::uint16_t>(v));
}
void set16(std::string& out, std::size_t at, std::size_t v) {
  out[at] = static_cast<char>(v >> 8);
  out[at + 1] = static_cast<char>(v);
}

std::string header(const Router& router, std::uint32_t export_s, std::uint32_t sequence) {
  std::string out;
  put16(out, 10);
  put16(out, 0);  // the length, set at the end
  put32(out, export_s);
  put32(out, sequence);
  put32(out, router.domain);
  return out;
}

std::size_t begin_set(std::string& out, std::uint16_t id) {
  put16(out, id);
  put16(out, 0);
  return out.size() - 4;
}
void end_set(std::string& out, std::size_t begin) { set16(out, begin + 2, out.size() - begin); }

template <typename Layout>
void put_template(std::string& out, std::uint16_t id) {
  put16(out, id);
  put16(out, static_cast<std::uint16_t>(Layout::kFields));
  for (const FieldSpec& field : Layout::kSpecs) {
    put16(out, field.id);
    put16(out, field.length);
  }
}

template <typename Layout>
void put_flows(std::string& out, const Datagram& datagram, std::uint16_t id, std::uint16_t etype,
               std::int64_t shift_ms) {
  std::size_t set = 0;
  for (const Flow& flow : datagram.flows) {
    if (flow.etype != etype) continue;
    if (set == 0) set = begin_set(out, id);
    ExportTimes times(flow, 0, 0);
    times.start_ms += static_cast<std::uint64_t>(shift_ms);
    times.end_ms += static_cast<std::uint64_t>(shift_ms);
    const std::size_t at = out.size();
    out.resize(at + Layout::kLength);
    Layout::write(reinterpret_cast<std::uint8_t*>(out.data() + at), flow, times);
  }
  if (set != 0) end_set(out, set);
}

}  // namespace

std::string template_message(const Router& router, std::uint32_t export_s, std::uint32_t sequence) {
  std::string out = header(router, export_s, sequence);
  const std::size_t templates = begin_set(out, 2);
  put_template<V4>(out, kV4Template);
  put_template<V6>(out, kV6Template);
  end_set(out, templates);
  const std::size_t options = begin_set(out, 3);
  for (const std::uint16_t v : {kNamesTemplate, std::uint16_t{2}, std::uint16_t{1}}) put16(out, v);  // one scope
  for (const std::uint16_t v : {std::uint16_t{10}, std::uint16_t{4}, std::uint16_t{82}, kNameLength}) put16(out, v);
  end_set(out, options);
  const std::size_t names = begin_set(out, kNamesTemplate);
  for (const Interface& interface : router.interfaces) {
    put32(out, interface.index);
    std::string name = interface.name;
    name.resize(kNameLength, '\0');
    out += name;
  }
  end_set(out, names);
  set16(out, 2, out.size());
  return out;
}

std::string data_message(const Datagram& datagram, std::uint32_t export_s, std::uint32_t sequence,
                         std::int64_t shift_ms) {
  std::string out = header(*datagram.router, export_s, sequence);
  put_flows<V4>(out, datagram, kV4Template, kEtypeIpv4, shift_ms);
  put_flows<V6>(out, datagram, kV6Template, kEtypeIpv6, shift_ms);
  set16(out, 2, out.size());
  return out;
}

}  // namespace weir::bench
