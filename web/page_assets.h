// The page and its parts, which the binary carries.
//
// Thread rules: functions without shared state.
#pragma once

#include <vector>

#include "web/http.h"

namespace weir {

// A route for each file of web/page/ and for those of other projects that it uses; "/" is index.html.
std::vector<HttpRoute> page_routes();
// /api/v1/openapi.json
HttpRoute openapi_route();

}  // namespace weir
