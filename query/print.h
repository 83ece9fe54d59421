// Answers as text, JSON and CSV, laid out like goQuery's.
//
// Thread rules: functions without shared state.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "query/request.h"
#include "query/result.h"
#include "store/segment.h"

namespace weir {

struct TextStyle {
  unsigned width = 0;  // of the terminal; 0: no terminal, nothing is cut
  bool colour = false;
  bool explain = false;  // add what was read and pruned
};

// Names for addresses (-resolve): shown in their place where there is one.
using AddressNames = std::function<std::optional<std::string>(const IpAddress&)>;

std::string print_text(const QueryRequest& request, const QueryResult& result, const TextStyle& style,
                       const AddressNames& names);
std::string print_json(const QueryRequest& request, const QueryResult& result, const AddressNames& names);
std::string print_csv(const QueryRequest& request, const QueryResult& result, const AddressNames& names);

// "1.07 M", "765.47 MB", "12.00 ".
std::string human_count(std::uint64_t n);
std::string human_bytes(std::uint64_t n);

}  // namespace weir
