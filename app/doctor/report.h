// The findings as weir doctor prints them.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

#include "app/doctor/diagnosis.h"

namespace weir {

struct ReportStyle {
  bool colour = false;
  bool verbose = false;  // what is well and what was skipped, too
};

// Worst first, and a line that counts the rest. What the network or the disk gave has no control character in it.
std::string report_text(const Diagnoses& findings, const ReportStyle& style);
// One JSON object with every finding, in the order of the checks.
std::string report_json(const Diagnoses& findings, std::string_view version);

}  // namespace weir
