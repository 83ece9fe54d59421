// `weir list`: what a store holds, per interface, from the segments' summaries alone.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <vector>

#include "query/print.h"
#include "query/request.h"
#include "store/snapshot.h"

namespace weir {

struct StoreListing {
  std::vector<InterfaceTotals> interfaces;  // by host, exporter, interface (natural order: eth2 before eth10)
  // Each flow once, both directions in the counters of `in`. Where the filter restricts the interfaces it is the sum of
  // theirs: a flow that went through two of them counts in both.
  InterfaceTotals total;
};

StoreListing list_store(const Snapshot& snapshot, const InterfaceFilter& interfaces);

std::string print_listing_text(const StoreListing& listing, const TextStyle& style);
std::string print_listing_json(const StoreListing& listing);

}  // namespace weir
