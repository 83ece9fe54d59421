// Which field of the table an information element fills: the `elements` column of flow/fields.def, indexed.
//
// Immutable; free to use from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/field_table.h"

namespace weir {

struct ElementTarget {
  FieldId field;
  std::uint8_t rank;  // 0 is the best element of its field
};

// Nothing for elements that have no field. Enterprise 29305 (RFC 5103) leads to the reverse fields.
std::optional<ElementTarget> element_target(std::uint32_t enterprise, std::uint16_t id);

// A value of zero in this field means that the element says nothing, so that another element may speak: the address of
// the family that a flow is not of, the mask or port that goes with it. A counter of zero is a counter.
bool zero_is_absent(FieldId field);

}  // namespace weir
