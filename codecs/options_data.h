// What options records tell (RFC 3954 §6, RFC 7011 §4): sampling rates, interface names, when the exporter booted, its
// name and, of senders that are trusted with it, its address. All else they say is passed over.
//
// Thread rules: owned by one decoder.
#pragma once

#include "codecs/exporter_table.h"
#include "codecs/record.h"

namespace weir {

// Takes one options record of `used` into the tables of `domain`.
void take_options(const Template& used, const SegmentPlace* places, ExporterTable& table, Domain& domain);

// The entries themselves, for options data and for saved state; each counts as a change when it is one.
void set_sampling(ExporterTable& table, Domain& domain, SamplingScope scope, std::uint64_t id, std::uint32_t rate);
void set_name(ExporterTable& table, Domain& domain, std::uint32_t interface, std::string name);

}  // namespace weir
