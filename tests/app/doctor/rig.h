// Running one check on facts made by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/doctor/checks.h"

namespace weir::test {

using CheckFunction = void (*)(const Facts& facts, Diagnoses& findings);

inline std::vector<Diagnosis> all_findings(CheckFunction check, const Facts& facts) {
  Diagnoses findings;
  check(facts, findings);
  return {findings.all().begin(), findings.all().end()};
}

// Of a check that finds one thing.
inline Diagnosis finding(CheckFunction check, const Facts& facts) {
  const auto all = all_findings(check, facts);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? Diagnosis{} : all.front();
}

inline JsonTree json(std::string_view text) {
  auto tree = JsonTree::parse(text);
  EXPECT_TRUE(tree.has_value()) << text;
  return tree.value_or(JsonTree{});
}

// Facts of a host with a running collector that gives this status.
inline Facts with_collector(std::string_view status) {
  Facts facts;
  facts.collector = json(status);
  return facts;
}
inline Facts with_exporter(std::string_view status) {
  Facts facts;
  facts.exporter = json(status);
  return facts;
}

// The severity, and words of what was found or of the advice.
MATCHER_P2(Says, severity, words, "") {
  std::string text = arg.what;
  for (const std::string& line : arg.advice) text += "\n" + line;
  *result_listener << severity_name(arg.severity) << ": " << text;
  const bool has_advice = arg.severity == Severity::kOk || arg.severity == Severity::kSkipped ||
                          arg.severity == Severity::kNote || !arg.advice.empty();
  return arg.severity == severity && has_advice && text.find(words) != std::string::npos;
}

inline constexpr Severity kOk = Severity::kOk;
inline constexpr Severity kNote = Severity::kNote;
inline constexpr Severity kWarning = Severity::kWarning;
inline constexpr Severity kProblem = Severity::kProblem;
inline constexpr Severity kSkipped = Severity::kSkipped;

}  // namespace weir::test
