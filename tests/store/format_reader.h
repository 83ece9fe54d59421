// A reader of segments that was written from docs/store-format.md alone and shares nothing with store/: a witness that
// the page tells the truth. It is slow, and throws std::runtime_error at whatever does not agree with the page.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::store_test {

struct FormatColumn {
  unsigned kind = 0;
  std::vector<std::uint64_t> values;
  std::vector<bool> present;
  std::vector<std::string> dictionary;  // of a bytes column; code 1 is the first
  std::vector<std::string> extras;      // of an extras column
};

struct FormatTotals {
  std::string address;  // 0, 4 or 16 bytes
  std::string host;
  std::string interface;
  std::vector<std::uint64_t> numbers;  // as on disk, times and directions last
};

struct FormatSegment {
  std::uint64_t id = 0, tier = 0, rows = 0, first = 0, last = 0, flows = 0, packets = 0, bytes = 0;
  std::uint64_t journal_first = 0, journal_last = 0;
  std::vector<FormatTotals> interfaces, exporters;
  std::vector<std::string> addresses;  // 4 or 16 bytes in network order; code 1 is the first
  std::map<std::string, FormatColumn> columns;
  std::map<unsigned, unsigned> forms;  // how often each first byte of values or of a stream was met
};

FormatSegment read_format(const std::string& file);

}  // namespace weir::store_test
