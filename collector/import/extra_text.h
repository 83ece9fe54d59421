// Extras from the JSON that sinks/extras_json.h makes of them.
//
// Thread rules: functions without shared state.
#pragma once

#include <string_view>

#include "collector/import/flow_draft.h"

namespace weir {

// How a value stands in JSON; what is no text is taken as it is written.
enum class JsonKind : std::uint8_t { kText, kOther };

// Adds the extra that JSON writes as `name` and `value`. False, and nothing is added, when no element has that name or
// no bytes of it would be written so again: what is imported is exported as it was, or not at all.
bool add_extra(FlowDraft& draft, std::string_view name, JsonKind kind, std::string_view value);

}  // namespace weir
