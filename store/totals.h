// Adds up a segment's summary: its totals, and those of its interfaces and exporters.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "store/segment.h"

namespace weir {

// Values of some rows, column by column; null: absent in all of them. Addresses and texts are any codes, 0 absent.
struct TotalsRows {
  std::size_t count = 0;
  const std::uint64_t* time = nullptr;
  const std::uint64_t* flows = nullptr;  // 0 counts as one
  const std::uint64_t* bytes = nullptr;
  const std::uint64_t* packets = nullptr;
  const std::uint64_t* reverse_bytes = nullptr;
  const std::uint64_t* reverse_packets = nullptr;
  const std::uint32_t* exporter = nullptr;
  const std::uint32_t* host = nullptr;
  const std::uint32_t* in_if = nullptr;
  const std::uint32_t* out_if = nullptr;
  const std::uint32_t* in_if_name = nullptr;
  const std::uint32_t* out_if_name = nullptr;
  const std::uint32_t* direction = nullptr;
  // A byte a row; null: as many as have the column.
  const std::uint8_t* has_in_if = nullptr;
  const std::uint8_t* has_out_if = nullptr;
  const std::uint8_t* has_direction = nullptr;
};

// What the codes stand for.
struct TotalsNames {
  std::function<IpAddress(std::uint32_t)> exporter;
  std::function<std::string_view(std::uint32_t)> host, in_if_name, out_if_name;
};

class Totals {
 public:
  void add(const TotalsRows& rows, const TotalsNames& names);
  // All rows of a segment of which only the summary is looked at.
  void add(const SegmentSummary& summary);

  // Fills in times, flows, packets, bytes, interfaces and exporters.
  void finish(SegmentSummary& summary) const;

 private:
  using InterfaceKey = std::tuple<IpAddress, std::string, std::string>;
  using ExporterKey = std::tuple<IpAddress, std::string>;
  struct Group;

  InterfaceTotals& interface_totals(const IpAddress& exporter, std::string_view host, std::string_view name);
  ExporterTotals& exporter_totals(const IpAddress& exporter, std::string_view host);
  void fold(const Group& group, const TotalsNames& names);

  std::map<InterfaceKey, InterfaceTotals> interfaces_;
  std::map<ExporterKey, ExporterTotals> exporters_;
  InterfaceTotals other_interfaces_;
  ExporterTotals other_exporters_;
  SegmentSummary sums_;
};

}  // namespace weir
