// Places in words, for expectations.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "enrich/knowledge.h"
#include "flow/batch.h"

namespace weir::test {

// What is present, by the field's name without its end: {"geo_country_code", "GB"}, {"geo_latitude", "51.75"}.
using Words = std::map<std::string, std::string>;

Words words(const PlaceDraft& place);
// Of either end of a flow.
Words words_src(const FlowBatch& batch, const Flow& flow);
Words words_dst(const FlowBatch& batch, const Flow& flow);

// What a database tells of an address.
Words look_up(const GeoDatabase& database, std::string_view address);

void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace weir::test
