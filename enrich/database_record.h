// Reading a record of a MaxMind DB file's data section (https://maxmind.github.io/MaxMind-DB/) for what weir keeps.
//
// The library's own functions recurse as deep as the file says and follow pointers without a bound on their number;
// this reader goes through a record once, within fixed bounds, whatever it is given.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "enrich/place_draft.h"

namespace weir {

// Adds what the record at `offset` of `data` says to `place`: MaxMind's nested form (country.iso_code, city.names.en)
// and the flat ones (country_code, city, latitude, asn) alike, known by their keys. False when the record is damaged;
// what was read until then is in `place`.
bool read_database_record(Bytes data, std::uint32_t offset, PlaceDraft& place);

}  // namespace weir
