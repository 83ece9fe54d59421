// A query as people and programs write it, and the request it makes.
//
// Thread rules: functions without shared state. make_request() may block on name resolution.
#pragma once

#include <cstdint>
#include <string>

#include "query/request.h"
#include "query/text_error.h"

namespace weir {

struct QueryText {
  std::string columns = {};
  std::string interfaces = "any";
  std::string condition = {};
  std::string first = {}, last = {};  // empty: the default window
  std::uint64_t limit = 0;            // 0: the default
  std::string sort = {};              // bytes, packets or time; empty: the default
  bool ascending = false;
  bool in = false, out = false, sum = false;
  std::string time_resolution = "5m";  // a multiple of five minutes, or auto
  bool biflow = false;
  std::string sampling = "raw";  // raw or scaled
};

// The default window is the 30 days before `last`, 24 hours where time is a column; the default of `last` is now. By
// default 1000 rows with the most bytes come first, all in the order of time where that is a column. Errors name the
// option as programs call it: query, ifaces, condition, first, last, time_resolution.
TextResult<QueryRequest> make_request(const QueryText& text, std::uint64_t now_ns,
                                      const ResolveName& resolve = system_resolver());

}  // namespace weir
