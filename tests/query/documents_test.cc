// Every example of docs/query.md, and of goquery-examples.md where that is at hand, means something.
#include "tests/support/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/request.h"
#include "tests/query/describe.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string our_page() { return slurp(std::filesystem::path(WEIR_SOURCE_DIR) / "docs/query.md"); }

class GoQueryExamples : public testing::Test {
 protected:
  void SetUp() override {
    page_ = slurp(shared_dir() / "goquery-examples.md");
    if (page_.empty()) GTEST_SKIP() << "no goquery-examples.md";
  }
  std::string page_;
};

void expect_times(const std::string& text, std::size_t least) {
  std::size_t seen = 0;
  for (const std::string& piece : quoted_pieces(text)) {
    if (piece.find_first_of("0123456789") == std::string::npos || piece.find_first_of("[…") != std::string::npos)
      continue;
    EXPECT_TRUE(parse_time(piece, 1'790'000'000'000'000'000)) << piece;
    ++seen;
  }
  EXPECT_GE(seen, least);
}

TEST(QueryPage, Conditions) {
  const auto conditions = fenced_lines(our_page(), "condition");
  EXPECT_GE(conditions.size(), 35U);
  for (const std::string& condition : conditions) {
    EXPECT_THAT(parsed(condition), Not(StartsWith("error"))) << condition;
  }
}

TEST(QueryPage, Times) {
  const std::string times = section_of(our_page(), "## Times");
  expect_times(times.substr(times.find("| form"), times.find("\nEach with") - times.find("| form")), 19);
}

TEST(QueryPage, ColumnsAndAliases) {
  const std::string columns = section_of(our_page(), "## Columns");
  const std::string table =
      columns.substr(columns.find("| column"), columns.find("\nShorthands") - columns.find("| column"));
  std::size_t seen = 0;
  for (const std::string& piece : quoted_pieces(table)) {
    if (piece.find_first_of("-<") != std::string::npos) continue;
    EXPECT_TRUE(parse_columns(piece)) << piece;
    ++seen;
  }
  EXPECT_GE(seen, 30U);
  for (const std::string& piece : quoted_pieces(columns.substr(columns.find("Aliases of fields")))) {
    EXPECT_TRUE(parse_columns(piece)) << piece;
  }
}

// All aliases of the field table stand on the page.
TEST(QueryPage, NamesEveryAlias) {
  const std::string page = our_page();
  for (const FieldInfo& field : kFields) {
    std::istringstream aliases{std::string(field.aliases)};
    for (std::string alias; aliases >> alias;) EXPECT_THAT(page, HasSubstr("`" + alias + "`"));
  }
}

TEST(QueryPage, ShownError) {
  const auto bare = fenced_lines(our_page(), "", "## Conditions");
  ASSERT_EQ(bare.size(), 3U);
  EXPECT_EQ(parsed(bare[1]), "error: " + bare[0] + "\n" + bare[1] + "\n" + bare[2]);
}

TEST_F(GoQueryExamples, Conditions) {
  const auto conditions = fenced_lines(page_, "", "## Conditions");
  EXPECT_GE(conditions.size(), 9U);
  for (const std::string& condition : conditions) {
    EXPECT_THAT(parsed(condition), Not(StartsWith("error"))) << condition;
  }
}

TEST_F(GoQueryExamples, ConditionsToBeRefused) {
  const std::string section = section_of(page_, "## Conditions");
  const auto refused = quoted_pieces(section.substr(section.find("To be refused")));
  EXPECT_GE(refused.size(), 9U);
  for (const std::string& condition : refused) {
    EXPECT_THAT(parsed(condition), StartsWith("error")) << condition;
    EXPECT_THAT(parsed(condition), HasSubstr("\n" + condition + "\n")) << condition;
  }
}

TEST_F(GoQueryExamples, Times) {
  expect_times(section_of(page_, "## Times"), 13);
  for (const char* date : {"2026-01-02", "26-01-02", "02-01-2026", "02-01-26"}) {
    for (const char* rest : {" 15:04", " 15:04:05", " 15:04 -0700", " 15:04:05 -0700"}) {
      const auto time = parse_time(date + std::string(rest), 1'790'000'000'000'000'000);
      const auto expected = parse_time("2026-01-02" + std::string(rest), 1'790'000'000'000'000'000);
      ASSERT_TRUE(time && expected) << date << rest;
      EXPECT_EQ(*time, *expected) << date << rest;
    }
  }
}

TEST_F(GoQueryExamples, Columns) {
  const std::string section = section_of(page_, "## Columns, labels and shorthands");
  std::size_t seen = 0;
  std::istringstream lines(section);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const auto pieces = quoted_pieces(line.substr(0, line.rfind(" | ")));
    for (const std::string& piece : pieces) {
      EXPECT_TRUE(parse_columns(piece)) << piece;
      ++seen;
    }
  }
  EXPECT_GE(seen, 20U);
}

}  // namespace
}  // namespace weir::test
