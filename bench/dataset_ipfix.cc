#include "bench/dataset_ipfix.h"

#include <iterator>
#include <span>

#include "base/clock.h"
#include "flow/names.h"

namespace weir::bench {
namespace {

// Of the one layout that both the templates and the records have: address elements of the family, then the common ones,
// by IANA's numbers.
struct Element {
  std::uint16_t id, length;
};
constexpr Element kV4[] = {{8, 4}, {12, 4}, {15, 4}, {9, 1}, {13, 1}};
constexpr Element kV6[] = {{27, 16}, {28, 16}, {62, 16}, {29, 1}, {30, 1}};
constexpr Element kCommon[] = {{152, 8}, {153, 8}, {1, 8}, {2, 4},  {4, 1},  {7, 2},  {11, 2}, {10, 4},
                               {14, 4},  {5, 1},   {6, 2}, {16, 4}, {17, 4}, {61, 1}, {136, 1}};

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

void put_template(std::string& out, std::uint16_t id, std::span<const Element> addresses) {
  put16(out, id);
  put16(out, static_cast<std::uint16_t>(addresses.size() + std::size(kCommon)));
  for (const std::span<const Element> elements : {addresses, std::span<const Element>(kCommon)}) {
    for (const Element& element : elements) {
      put16(out, element.id);
      put16(out, element.length);
    }
  }
}

void put64(std::string& out, std::uint64_t v) {
  put32(out, static_cast<std::uint32_t>(v >> 32));
  put32(out, static_cast<std::uint32_t>(v));
}
void put8(std::string& out, std::uint8_t v) { out += static_cast<char>(v); }
void put_address(std::string& out, const AddressBytes& address, std::size_t length) {
  out.append(reinterpret_cast<const char*>(address.data()), length);
}

void put_flow(std::string& out, const Flow& flow, std::size_t address_length, std::int64_t shift_ms) {
  const auto shifted_ms = [&](std::uint64_t ns) { return ns / kNsPerMs + static_cast<std::uint64_t>(shift_ms); };
  put_address(out, flow.src_addr, address_length);
  put_address(out, flow.dst_addr, address_length);
  put_address(out, flow.next_hop, address_length);
  put8(out, flow.src_mask);
  put8(out, flow.dst_mask);
  put64(out, shifted_ms(flow.time_flow_start_ns));
  put64(out, shifted_ms(flow.time_flow_end_ns));
  put64(out, flow.bytes);
  put32(out, static_cast<std::uint32_t>(flow.packets));
  put8(out, flow.proto);
  put16(out, flow.src_port);
  put16(out, flow.dst_port);
  put32(out, flow.in_if);
  put32(out, flow.out_if);
  put8(out, flow.ip_tos);
  put16(out, flow.tcp_flags);
  put32(out, flow.src_as);
  put32(out, flow.dst_as);
  put8(out, flow.flow_direction);
  put8(out, flow.flow_end_reason);
}

void put_flows(std::string& out, const Datagram& datagram, std::uint16_t id, std::uint16_t etype,
               std::size_t address_length, std::int64_t shift_ms) {
  std::size_t set = 0;
  for (const Flow& flow : datagram.flows) {
    if (flow.etype != etype) continue;
    if (set == 0) set = begin_set(out, id);
    put_flow(out, flow, address_length, shift_ms);
  }
  if (set != 0) end_set(out, set);
}

}  // namespace

std::string template_message(const Router& router, std::uint32_t export_s, std::uint32_t sequence) {
  std::string out = header(router, export_s, sequence);
  const std::size_t templates = begin_set(out, 2);
  put_template(out, kV4Template, kV4);
  put_template(out, kV6Template, kV6);
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
  put_flows(out, datagram, kV4Template, kEtypeIpv4, 4, shift_ms);
  put_flows(out, datagram, kV6Template, kEtypeIpv6, 16, shift_ms);
  set16(out, 2, out.size());
  return out;
}

}  // namespace weir::bench
