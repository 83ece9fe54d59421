#include "web/query_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;

TEST(QueryParamsTest, UrlAndJsonSayTheSame) {
  const auto url = query_params(std::multimap<std::string, std::string>{{"query", "sip,dip"},
                                                                        {"condition", "dport = 443"},
                                                                        {"num_results", "7"},
                                                                        {"sort_by", "packets"},
                                                                        {"sort_ascending", "true"},
                                                                        {"sum", "1"},
                                                                        {"sampling", "scaled"},
                                                                        {"first", "-1h"},
                                                                        {"stream", "true"}});
  const auto json = query_params(
      R"({"query":"sip,dip","condition":"dport = 443","num_results":7,"sort_by":"packets","sort_ascending":true,
          "sum":true,"sampling":"scaled","first":"-1h","last":null,"stream":true})");
  for (const auto& params : {url, json}) {
    ASSERT_TRUE(params) << params.error().message;
    EXPECT_EQ(params->text.columns, "sip,dip");
    EXPECT_EQ(params->text.condition, "dport = 443");
    EXPECT_EQ(params->text.limit, 7U);
    EXPECT_EQ(params->text.sort, "packets");
    EXPECT_TRUE(params->text.ascending && params->text.sum && params->stream);
    EXPECT_FALSE(params->text.in || params->text.out || params->text.biflow);
    EXPECT_EQ(params->text.sampling, "scaled");
    EXPECT_EQ(params->text.first, "-1h");
    EXPECT_EQ(params->text.last, "");
  }
}

TEST(QueryParamsTest, RowsAreBounded) {
  const auto rows = [](const std::string& text) {
    return query_params("{\"query\":\"sip\",\"num_results\":" + text + "}");
  };
  EXPECT_EQ(query_params("{\"query\":\"sip\"}")->text.limit, 1000U);
  EXPECT_EQ(rows("100000")->text.limit, 100'000U);
  for (const char* bad : {"0", "100001", "-1", "1.5", "1e3", "99999999999999999999", "\"\"", "\"x\""}) {
    const auto params = rows(bad);
    ASSERT_FALSE(params) << bad;
    EXPECT_EQ(params.error().option, "num_results");
  }
}

TEST(QueryParamsTest, ErrorsNameTheParameter) {
  const auto wrong = [](std::string_view json) {
    const auto params = query_params(json);
    EXPECT_FALSE(params) << json;
    return params ? "" : params.error().option + ": " + params.error().reason;
  };
  EXPECT_THAT(wrong("{}"), HasSubstr("query: which columns"));
  EXPECT_THAT(wrong(R"({"query":"sip","conditon":"x"})"), HasSubstr("did you mean 'condition'"));
  EXPECT_THAT(wrong(R"({"query":"sip","query":"dip"})"), HasSubstr("more than once"));
  EXPECT_THAT(wrong(R"({"query":["sip"]})"), HasSubstr("query: it must be a text"));
  EXPECT_THAT(wrong(R"({"query":{"a":1}})"), HasSubstr("query: it must be a text"));
  EXPECT_THAT(wrong(R"({"query":"sip","sum":"perhaps"})"), HasSubstr("sum: 'perhaps' must be true or false"));
  EXPECT_THAT(wrong(R"({"query":"sip","sort_by":"name"})"), HasSubstr("sort_by: 'name' must be one of"));
  EXPECT_THAT(wrong("{\"query\":\"s\\u0000p\"}"), HasSubstr("NUL"));
  for (const char* bad : {"", "[]", "1", "\"query\"", "{", "{\"query\":\"sip\"}x", "{\"query\":\"\xff\"}", "null"}) {
    EXPECT_THAT(wrong(bad), HasSubstr("body: it must be one JSON object")) << bad;
  }
  EXPECT_THAT(wrong(std::string(100'000, '[')), HasSubstr("body"));
}

}  // namespace
}  // namespace weir
