#include "app/doctor/diagnosis.h"

#include <algorithm>
#include <utility>

namespace weir {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kProblem: return "problem";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "note";
    case Severity::kSkipped: return "skipped";
    case Severity::kOk: break;
  }
  return "ok";
}

void Diagnoses::add(Severity severity, std::string what, std::initializer_list<std::string> advice) {
  Diagnosis& added = all_.emplace_back(check_, severity, std::move(what));
  for (const std::string& line : advice) {
    if (!line.empty()) added.advice.push_back(line);
  }
}

void Diagnoses::ok(std::string what) { add(Severity::kOk, std::move(what)); }
void Diagnoses::skipped(std::string why) { add(Severity::kSkipped, std::move(why)); }
void Diagnoses::note(std::string what, std::initializer_list<std::string> advice) {
  add(Severity::kNote, std::move(what), advice);
}
void Diagnoses::warning(std::string what, std::initializer_list<std::string> advice) {
  add(Severity::kWarning, std::move(what), advice);
}
void Diagnoses::problem(std::string what, std::initializer_list<std::string> advice) {
  add(Severity::kProblem, std::move(what), advice);
}

std::size_t Diagnoses::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(all_, severity, &Diagnosis::severity));
}

}  // namespace weir
