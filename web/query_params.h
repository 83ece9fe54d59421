// The parameters of a query over HTTP, from the URL or from a JSON body.
//
// Thread rules: functions without shared state.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "query/query_text.h"

namespace weir {

struct QueryParams {
  QueryText text;
  bool stream = false;
};

// Errors name the parameter; one that is not known is an error too.
TextResult<QueryParams> query_params(const std::multimap<std::string, std::string>& url);
// One JSON object with the same names; numbers and booleans may be such or texts. Any bytes may come.
TextResult<QueryParams> query_params(std::string_view json);

// The number in a text of digits, or an error that names `option`.
TextResult<std::uint64_t> number_param(const std::string& option, std::string_view text, std::uint64_t least,
                                       std::uint64_t most);

}  // namespace weir
