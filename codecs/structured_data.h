// Structured data (RFC 6313): lists and sub-records inside a record, rendered as JSON text.
//
//   basicList             {"semantic":"allOf","interfaceName":["a","b"]}
//   subTemplateList       {"semantic":"ordered","records":[{"octetDeltaCount":1},…]}
//   subTemplateMultiList  likewise
//
// Semantics are those of RFC 6313 §4.4. Elements are named as the registry names them, unknown ones `e<PEN>_<id>`;
// values are numbers, addresses, text, times as sent, or hexadecimal digits.
//
// Thread rules: pure functions. Hostile input: depth and size are bounded.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "codecs/registry.h"
#include "codecs/template_plan.h"

namespace weir {

// The template that sub-records are made by; null pointers when it is not known.
struct SubTemplate {
  const TemplateSpec* spec = nullptr;
  const TemplatePlan* plan = nullptr;
};
using TemplateLookup = std::function<SubTemplate(std::uint16_t id)>;

inline constexpr std::size_t kMaxRendered = 32 * 1024;

bool is_structured(const TemplateField& field);

// Empty when the value contradicts itself, needs a template that is not there, or is larger than any sense.
std::string render_structured(ElementType type, Bytes value, const TemplateLookup& lookup);

}  // namespace weir
