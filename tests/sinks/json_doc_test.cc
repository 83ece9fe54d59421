// docs/json.md says what the code does: its table has the fields of the field table, its examples are what is written.
// With WEIR_UPDATE_DOCS in the environment the examples are brought up to date instead.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "flow/field_table.h"
#include "sinks/record_writer.h"
#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

const std::string kDocument = WEIR_SOURCE_DIR "/docs/json.md";

std::string record(const BatchRef& batch, FieldSelection fields, bool split = false) {
  std::string out;
  RecordWriter(RecordFormat::kJsonLines, fields, split).append(*batch, out);
  return out;
}

// By the heading they stand under.
std::map<std::string, std::string> examples() {
  using enum FieldSelection;
  return {
      {"IPv4", record(sample::ipv4(), kFull)},
      {"IPv6, BGP", record(sample::ipv6(), kFull)},
      {"ICMP", record(sample::icmp(), kFull)},
      {"MPLS", record(sample::mpls(), kFull)},
      {"Biflow, merged", record(sample::biflow(), kFull)},
      {"Biflow, split", record(sample::biflow(), kFull, true)},
      {"Compact", record(sample::ipv4(), kCompact)},
      {"All, with extras", record(sample::extras(), kAll)},
  };
}

std::string section(const std::string& title, const std::string& example) {
  return "### " + title + "\n\n```json\n" + example + "```\n";
}

void update_document() {
  std::string text = sample::content_of(kDocument);
  for (const auto& [title, example] : examples()) {
    const std::size_t begin = text.find("### " + title + "\n");
    ASSERT_NE(begin, std::string::npos) << title;
    const std::size_t end = text.find("```\n", text.find("```json", begin) + 7) + 4;
    text.replace(begin, end - begin, section(title, example));
  }
  std::ofstream(kDocument) << text;
}

TEST(JsonDocTest, ExamplesAreWhatIsWritten) {
  if (std::getenv("WEIR_UPDATE_DOCS") != nullptr) update_document();
  const std::string text = sample::content_of(kDocument);
  std::size_t sections = 0;
  for (std::size_t at = 0; (at = text.find("\n### ", at)) != std::string::npos; ++at) ++sections;
  EXPECT_EQ(sections, examples().size());
  for (const auto& [title, example] : examples()) {
    EXPECT_NE(text.find(section(title, example)), std::string::npos) << title << " is written as\n" << example;
  }
}

std::string_view type_in_words(FieldType type) {
  switch (type) {
    case FieldType::kTimeNs: return "ns";
    case FieldType::kUnsigned: return "number";
    case FieldType::kAddress: return "address";
    case FieldType::kFlowType:
    case FieldType::kEtype:
    case FieldType::kProtocol: return "name";
    case FieldType::kMac: return "MAC";
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return "CIDR";
    case FieldType::kDegrees: return "degrees";
    case FieldType::kUnsignedList: return "list of numbers";
    case FieldType::kAddressList: return "list of addresses";
    case FieldType::kText: return "text";
  }
  return "";
}

std::string_view group_in_words(FieldGroup group) {
  switch (group) {
    case FieldGroup::kCommon: return "always";
    case FieldGroup::kOwn: return "present";
    case FieldGroup::kReverse: return "biflow";
    case FieldGroup::kEnriched: return "enriched";
  }
  return "";
}

TEST(JsonDocTest, TableHasEveryFieldInOrder) {
  const std::string text = sample::content_of(kDocument);
  const std::string heading = "| field | type | there | meaning |\n|---|---|---|---|\n";
  std::size_t at = text.find(heading);
  ASSERT_NE(at, std::string::npos);
  at += heading.size();
  for (const FieldInfo& field : kFields) {
    const std::string row = "| `" + std::string(field.name) + "` | " + std::string(type_in_words(field.type)) + " | " +
                            std::string(group_in_words(field.group)) + " | ";
    EXPECT_EQ(text.substr(at, row.size()), row);
    const std::size_t end = text.find('\n', at);
    EXPECT_GT(end, at + row.size() + 3) << field.name << " has no meaning";
    at = end + 1;
  }
  EXPECT_EQ(text[at], '\n') << "a row that is no field: " << text.substr(at, 80);
}

}  // namespace
}  // namespace weir
