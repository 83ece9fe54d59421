// Making conditions out of tests.
//
// Thread rules: functions without shared state.
#pragma once

#include <vector>

#include "query/condition.h"

namespace weir {

// `children` under a kind; a single one stays itself, except below kNot.
Condition join(Condition::Kind kind, std::vector<Condition> children);

// The condition that a test of an attribute means: itself, or for the labels that are the name where there is one and
// else made of another field, a condition on those fields:
//
//   hostname   the exporter's name, else its address
//   in_iface   the interface's name, else "if<index>"; out_iface likewise
Condition condition_of(Test test);

}  // namespace weir
