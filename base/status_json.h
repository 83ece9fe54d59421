// What the status pages of all daemons begin with, for programs.
//
// Thread rules: a function without shared state.
#pragma once

#include <string_view>

#include "base/json_text.h"

namespace weir {

// Begins the object; `status` is any daemon's.
template <typename Status>
void begin_status(JsonText& json, std::string_view daemon, const Status& status) {
  json.begin_object();
  json.text("daemon", daemon);
  json.text("version", status.version);
  json.number("started_ns", status.started_ns);
  json.number("now_ns", status.now_ns);
  json.number("resident_bytes", status.resident_bytes);
}

}  // namespace weir
