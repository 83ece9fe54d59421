// The forms in which servers take records: a JSON array, lines, or Elasticsearch's bulk lines.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/parcel.h"

namespace weir {

enum class HttpForm : std::uint8_t {
  kJson,    // [record,record]
  kNdjson,  // a record a line
  kBulk,    // before each record a line {"create":{"_index":…,"_id":…}}; the answer tells of each record
  kMulti,   // OpenObserve's name for lines
};

struct HttpTarget {
  HttpForm form = HttpForm::kJson;
  bool openobserve = false;  // wants `_timestamp`, and confirms in the answer's body
  std::string index;         // kBulk: of each record; empty: the URL names it
};

// What a URL's path says: /api/ORG/STREAM/_json and …/_multi are OpenObserve's, …/_bulk is Elasticsearch's protocol,
// OpenObserve's too below /api/. A JSON array for everything else.
HttpTarget recognise_target(std::string_view path);
// Whether a bulk URL's path names an index, as /INDEX/_bulk does, and /_bulk, /es/_bulk and /api/ORG/_bulk do not.
bool names_index(std::string_view path);

// The Content-Type of a request.
std::string_view content_type(HttpForm form);

// The first `count` pending records of `parcel` as a body, into `body`.
void make_body(const HttpTarget& target, const Parcel& parcel, std::size_t count, std::string& body);

// The `_id` of a record in bulk lines: the same at every try.
std::string record_id(const Parcel& parcel, std::size_t i);

}  // namespace weir
