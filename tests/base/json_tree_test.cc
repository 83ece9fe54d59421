#include "base/json_tree.h"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

TEST(JsonTree, ValuesByName) {
  const auto tree = JsonTree::parse(R"({"a":18446744073709551615,"b":"x\u0001","c":true,"d":[1,{"e":null}],"f":{}})");
  ASSERT_TRUE(tree);
  EXPECT_EQ((*tree)["a"].number(), UINT64_MAX);
  EXPECT_EQ((*tree)["b"].text(), std::string("x\x01"));
  EXPECT_TRUE((*tree)["c"].flag());
  ASSERT_EQ((*tree)["d"].items().size(), 2U);
  EXPECT_EQ((*tree)["d"].items()[0].number(), 1U);
  EXPECT_EQ((*tree)["d"].items()[1].items()[0].name(), "e");
  EXPECT_EQ(tree->items().size(), 5U);
}

TEST(JsonTree, WhatIsNotThereReadsAsNothing) {
  const auto tree = JsonTree::parse(R"({"a":-1,"b":1.5,"c":"12","d":18446744073709551616})");
  ASSERT_TRUE(tree);
  EXPECT_EQ((*tree)["x"]["y"].number(), 0U);
  EXPECT_EQ((*tree)["x"].text(), "");
  EXPECT_FALSE((*tree)["x"].flag());
  EXPECT_TRUE((*tree)["x"].items().empty());
  EXPECT_EQ((*tree)["a"].number(), 0U);
  EXPECT_EQ((*tree)["b"].number(), 0U);
  EXPECT_EQ((*tree)["d"].number(), 0U);
}

TEST(JsonTree, RefusesWhatIsNoJsonOrTooMuch) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("{}x"), std::string("nul")}) {
    EXPECT_FALSE(JsonTree::parse(text)) << text;
  }
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(JsonTree::parse(nested(JsonTree::kMostDepth)));
  EXPECT_FALSE(JsonTree::parse(nested(JsonTree::kMostDepth + 1)));
  EXPECT_FALSE(JsonTree::parse(std::string(1'000'000, '[')));
  EXPECT_TRUE(JsonTree::parse("[0,[1]]", 4));
  EXPECT_FALSE(JsonTree::parse("[0,[1]]", 3));
}

}  // namespace
}  // namespace weir::test
