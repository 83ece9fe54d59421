// What reads one line, or one object, of a file of flows.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "collector/import/flow_draft.h"

namespace weir {

class RecordParser {
 public:
  enum class Outcome : std::uint8_t {
    kFlow,
    kNoFlow,  // a heading or a summary
    kBad,
  };
  // Told of a name (a key, a column) that has no place in a flow.
  using Ignored = std::function<void(std::string_view name)>;

  virtual ~RecordParser() = default;
  // Fills `draft`, which is clear. kBad: `why` tells what is wrong.
  virtual Outcome parse(std::string_view text, FlowDraft& draft, std::string& why) = 0;
};

// JSON records as docs/json.md describes them.
std::unique_ptr<RecordParser> make_json_parser(RecordParser::Ignored ignored);

// CSV whose heading is `heading`. Errors: the heading lacks a column that nothing can be done without.
Result<std::unique_ptr<RecordParser>> make_csv_parser(std::string_view heading, const RecordParser::Ignored& ignored);
Result<std::unique_ptr<RecordParser>> make_nfdump_parser(std::string_view heading,
                                                         const RecordParser::Ignored& ignored);
Result<std::unique_ptr<RecordParser>> make_goprobe_parser(std::string_view heading,
                                                          const RecordParser::Ignored& ignored);

}  // namespace weir
