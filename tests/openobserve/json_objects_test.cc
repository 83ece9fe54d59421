#include "openobserve/json_objects.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(JsonObjectsTest, TakesTextsOfTheObjectAlone) {
  const auto texts =
      json_texts(R"({"code":401,"message":"no","inner":{"message":"deep"},"list":[{"message":"deeper"}]})");
  ASSERT_TRUE(texts);
  EXPECT_EQ(*texts, (JsonTexts{{"message", "no"}}));
}

TEST(JsonObjectsTest, WhatIsNoObjectHasNone) {
  for (const char* json : {"", "[]", "7", "\"x\"", "{", "{\"a\":}", "[{\"a\":\"b\"}]"})
    EXPECT_FALSE(json_texts(json)) << json;
}

TEST(JsonObjectsTest, TakesTheNamedListOrTheAnswerThatIsOne) {
  const std::vector<JsonTexts> two{{{"title", "a"}}, {{"title", "b"}}};
  EXPECT_EQ(json_list(R"([{"title":"a"},{"title":"b","v8":{"title":"deep","tabs":[{"title":"x"}]}}])", "list"), two);
  EXPECT_EQ(
      json_list(R"({"other":[{"title":"z"}],"list":[{"title":"a"},{"v8":{"title":"x"},"title":"b"}],"t":"c"})", "list"),
      two);
  EXPECT_EQ(json_list(R"({"list":[]})", "list"), std::vector<JsonTexts>{});
}

TEST(JsonObjectsTest, NothingWithoutTheList) {
  for (const char* json : {"{}", "{\"list\":{}}", "<html>", "{\"inner\":{\"list\":[]}}", "[", ""}) {
    EXPECT_FALSE(json_list(json, "list")) << json;
  }
}

TEST(JsonObjectsTest, DeepNestingIsNoTrouble) {
  EXPECT_FALSE(json_list(std::string(1'000'000, '['), "list"));
  EXPECT_FALSE(json_texts(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace weir
