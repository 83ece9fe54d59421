#include "base/json_text.h"

#include <gtest/gtest.h>

#include <array>

namespace weir::test {
namespace {

std::string written(std::string_view text) {
  JsonText json;
  json.begin_object();
  json.text("t", text);
  json.end_object();
  return json.take();
}

TEST(JsonTextTest, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_EQ(written("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a"), "{\"t\":\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a\"}\n");
  EXPECT_EQ(written("\xff"), "{\"t\":\"\xef\xbf\xbd\"}\n");
  EXPECT_EQ(written("a\xc3(b"), "{\"t\":\"a\xef\xbf\xbd(b\"}\n");
  EXPECT_EQ(written("cut \xe2\x82"), "{\"t\":\"cut \xef\xbf\xbd\xef\xbf\xbd\"}\n");
  EXPECT_EQ(written("\xed\xa0\x80"), "{\"t\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n") << "half a surrogate pair";
  EXPECT_EQ(written("x\xc0\xafy\xc3\xa9z"), "{\"t\":\"x\xef\xbf\xbd\xef\xbf\xbdy\xc3\xa9z\"}\n") << "an overlong slash";
}

TEST(JsonTextTest, ListsToo) {
  const std::array<std::string, 2> texts{"\x80", "plain"};
  JsonText json;
  json.begin_object();
  json.items("t", texts);
  json.end_object();
  EXPECT_EQ(json.take(), "{\"t\":[\"\xef\xbf\xbd\",\"plain\"]}\n");
}

}  // namespace
}  // namespace weir::test
