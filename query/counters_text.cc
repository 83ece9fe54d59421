#include "query/counters_text.h"

namespace weir {
namespace {

std::uint64_t in_packets(const FlowCounters& c) { return c.in_packets; }
std::uint64_t out_packets(const FlowCounters& c) { return c.out_packets; }
std::uint64_t packets(const FlowCounters& c) { return c.in_packets + c.out_packets; }
std::uint64_t in_bytes(const FlowCounters& c) { return c.in_bytes; }
std::uint64_t out_bytes(const FlowCounters& c) { return c.out_bytes; }
std::uint64_t bytes(const FlowCounters& c) { return c.in_bytes + c.out_bytes; }

std::string_view direction_text(Counters counters) {
  switch (counters) {
    case Counters::kIn: return "received only";
    case Counters::kOut: return "sent only";
    default: return "sent and received";
  }
}

}  // namespace

std::vector<ShownCounter> shown_counters(Counters counters) {
  switch (counters) {
    case Counters::kBoth:
      return {{"packets", "in", false, in_packets, packets},
              {"packets", "out", true, out_packets, packets},
              {"bytes", "in", false, in_bytes, bytes},
              {"bytes", "out", true, out_bytes, bytes}};
    case Counters::kIn:
      return {{"packets", "in", true, in_packets, in_packets}, {"bytes", "in", true, in_bytes, in_bytes}};
    case Counters::kOut:
      return {{"packets", "out", true, out_packets, out_packets}, {"bytes", "out", true, out_bytes, out_bytes}};
    case Counters::kSum:
      return {{"packets", "in+out", true, packets, packets}, {"bytes", "in+out", true, bytes, bytes}};
  }
  return {};
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string sort_text(const QueryRequest& request) {
  std::string text = request.sort == SortBy::kTime      ? "first packet time"
                     : request.sort == SortBy::kPackets ? "accumulated packets"
                                                        : "accumulated data volume";
  if (request.sort != SortBy::kTime) text += " (" + std::string(direction_text(request.counters)) + ")";
  return request.ascending ? text + " (ascending)" : text;
}

}  // namespace weir
