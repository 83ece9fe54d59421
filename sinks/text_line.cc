#include "sinks/text_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>

#include "base/clock.h"
#include "flow/names.h"

namespace weir {
namespace {

// Lines up IPv4 endpoints; a long IPv6 one pushes the rest of its line to the right.
constexpr char kColumns[] = "{:<23}  {:>10}  {:<9}  {:<22} {:2} {:<22}  {:<8}  {:>10}  {:>14}";

std::string endpoint(const Flow& flow, const AddressBytes& bytes, Family family, std::uint16_t port) {
  char text[kAddressText];
  const std::string_view address(text, static_cast<std::size_t>(write_address(text, bytes, family) - text));
  if (!flow.has(FieldId::src_port) && !flow.has(FieldId::dst_port)) return std::string(address);
  return family == Family::kV6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

// "2026-01-02 15:04:05.678"; "-" where the flow has no start.
std::string start_time(const Flow& flow) {
  if (!flow.has(FieldId::time_flow_start_ns)) return "-";
  const std::uint64_t ms = flow.time_flow_start_ns / kNsPerMs;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

// In seconds; "-" where either end is unknown.
std::string duration(const Flow& flow) {
  if (!flow.has(FieldId::time_flow_start_ns) || !flow.has(FieldId::time_flow_end_ns)) return "-";
  const double ns = static_cast<double>(flow.time_flow_end_ns) - static_cast<double>(flow.time_flow_start_ns);
  return fmt::format("{:.3f}", ns / static_cast<double>(kNsPerSecond));
}

// One letter a flag, a dot for each that is not set: "...AP.SF".
std::string tcp_flags(const Flow& flow) {
  if (flow.proto != kProtoTcp) return "";
  constexpr std::string_view kLetters = "CEUAPRSF";
  std::string text(kLetters);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    if ((flow.tcp_flags & 0x80 >> i) == 0) text[i] = '.';
  }
  return text;
}

}  // namespace

std::string text_line_header() {
  return fmt::format(kColumns, "Start (UTC)", "Duration/s", "Protocol", "Source", "", "Destination", "Flags", "Packets",
                     "Bytes") +
         "\n";
}

std::size_t append_text_lines(const FlowBatch& batch, std::span<const Flow> flows, std::string& out) {
  const auto to = std::back_inserter(out);
  for (const Flow& flow : flows) {
    fmt::format_to(
        to, kColumns, start_time(flow), duration(flow), flow.has(FieldId::proto) ? protocol_name(flow.proto) : "-",
        endpoint(flow, flow.src_addr, flow.src_addr_family, flow.src_port), "->",
        endpoint(flow, flow.dst_addr, flow.dst_addr_family, flow.dst_port), tcp_flags(flow), flow.packets, flow.bytes);
    if (flow.cold != 0 && (flow.has(FieldId::reverse_packets) || flow.has(FieldId::reverse_bytes))) {
      const FlowCold& cold = batch.cold(flow);
      fmt::format_to(to, "  <- {} packets, {} bytes", cold.reverse_packets, cold.reverse_bytes);
    }
    out += '\n';
  }
  return flows.size();
}

}  // namespace weir
