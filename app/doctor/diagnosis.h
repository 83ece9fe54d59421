// What a check found: one line, and what to do about it.
//
// Thread rules: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The order of a report, worst first.
enum class Severity : std::uint8_t {
  kProblem,  // something does not work, or flows are being lost
  kWarning,  // it works, but something is lost or soon will be
  kNote,     // worth knowing
  kSkipped,  // could not be seen
  kOk,
};
std::string_view severity_name(Severity severity);

struct Diagnosis {
  std::string_view check;
  Severity severity = Severity::kOk;
  std::string what;                 // for kSkipped: why
  std::vector<std::string> advice;  // one or two lines, commands as they are typed
};

class Diagnoses {
 public:
  // What is added next is found by this check, whose name outlives the findings.
  void begin(std::string_view check) { check_ = check; }

  void ok(std::string what);
  void skipped(std::string why);
  void note(std::string what, std::initializer_list<std::string> advice = {});
  void warning(std::string what, std::initializer_list<std::string> advice);
  void problem(std::string what, std::initializer_list<std::string> advice);

  std::span<const Diagnosis> all() const { return all_; }
  std::size_t count(Severity severity) const;

 private:
  void add(Severity severity, std::string what, std::initializer_list<std::string> advice = {});

  std::string_view check_;
  std::vector<Diagnosis> all_;
};

}  // namespace weir
