// The part of a decoder's memory that survives a restart, as bytes: templates, sampling and interface-name tables,
// sequence numbers.
//
//   magic "weirDEC2", length of the rest (8 bytes), its CRC-32 (4), then domain after domain; integers big-endian.
//
// Thread rules: pure functions on one decoder's table. Sessions of TCP and TLS are not saved: they end with the
// process.
#pragma once

#include "codecs/exporter_table.h"

namespace weir {

std::string save_state(const ExporterTable& table);

// Reads all of it before it changes anything; an error leaves the table as it was.
Result<void> load_state(Bytes saved, const std::function<bool(const IpAddress&)>& wanted, ExporterTable& table);

}  // namespace weir
