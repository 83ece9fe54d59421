#include "app/doctor/report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "base/json_text.h"

namespace weir {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::kProblem: return "\x1b[1;31m";
    case Severity::kWarning: return "\x1b[33m";
    case Severity::kNote: return "\x1b[36m";
    case Severity::kSkipped: return "\x1b[2m";
    case Severity::kOk: break;
  }
  return "\x1b[32m";
}

// Exporters name themselves and files have any name: nothing of them may move a terminal's cursor. U+0080 to U+009F
// control terminals as well.
std::string harmless(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    const auto next = static_cast<unsigned char>(i + 1 < out.size() ? out[i + 1] : 0);
    const bool c1 = c == 0xc2 && next >= 0x80 && next <= 0x9f;
    if (c < 0x20 || c == 0x7f) out[i] = '?';
    if (c1) out[i] = out[i + 1] = '?';
  }
  return out;
}

void append(std::string& text, const Diagnosis& finding, const ReportStyle& style) {
  const std::string severity(severity_name(finding.severity));
  const std::string label = fmt::format("{:<8}", severity);
  text += style.colour ? std::string(colour_of(finding.severity)) + label + std::string(kReset) : label;
  text += fmt::format(" {:<16} {}\n", finding.check, harmless(finding.what));
  for (const std::string& line : finding.advice) text += fmt::format("{:26}-> {}\n", "", harmless(line));
}

bool shown(Severity severity, bool verbose) {
  return verbose || severity == Severity::kProblem || severity == Severity::kWarning;
}

// "2 problems, 1 warning; 3 notes, 12 well, 4 not to be seen (--verbose shows them)"
std::string summary(const Diagnoses& findings, bool verbose) {
  const auto count = [&](Severity severity, std::string_view one, std::string_view many) {
    const std::size_t n = findings.count(severity);
    return fmt::format("{} {}", n, n == 1 ? one : many);
  };
  return fmt::format("{}, {}; {}, {} well, {} skipped{}\n", count(Severity::kProblem, "problem", "problems"),
                     count(Severity::kWarning, "warning", "warnings"), count(Severity::kNote, "note", "notes"),
                     findings.count(Severity::kOk), findings.count(Severity::kSkipped),
                     verbose ? "" : " (--verbose shows them)");
}

}  // namespace

std::string report_text(const Diagnoses& findings, const ReportStyle& style) {
  constexpr std::array kOrder{Severity::kProblem, Severity::kWarning, Severity::kNote, Severity::kOk,
                              Severity::kSkipped};
  std::string text;
  for (const Severity severity : kOrder) {
    if (!shown(severity, style.verbose)) continue;
    for (const Diagnosis& finding : findings.all()) {
      if (finding.severity == severity) append(text, finding, style);
    }
  }
  return text + (text.empty() ? "" : "\n") + summary(findings, style.verbose);
}

std::string report_json(const Diagnoses& findings, std::string_view version) {
  JsonText json;
  json.begin_object();
  json.text("version", version);
  json.number("problems", findings.count(Severity::kProblem));
  json.number("warnings", findings.count(Severity::kWarning));
  json.objects("findings", findings.all(), [&](const Diagnosis& finding) {
    json.text("check", finding.check);
    json.text("result", severity_name(finding.severity));
    json.text("finding", finding.what);
    json.items("advice", finding.advice);
  });
  json.end_object();
  return json.take();
}

}  // namespace weir
