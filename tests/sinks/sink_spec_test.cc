#include "sinks/sink_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view kHttpOptions[] = {"batch", "header"};

TEST(ParseSizeTest, UnitsAreStrict) {
  EXPECT_EQ(parse_size("0").value(), 0U);
  EXPECT_EQ(parse_size("17B").value(), 17U);
  EXPECT_EQ(parse_size("100MB").value(), 100'000'000U);
  EXPECT_EQ(parse_size("64kb").value(), 64'000U);
  EXPECT_EQ(parse_size("1GiB").value(), 1U << 30);
  EXPECT_EQ(parse_size("8388607TiB").value(), 8'388'607ULL << 40);
  for (const auto* bad :
       {"", "MB", "-1", "+1", " 1", "1 ", "1 MB", "1.5MB", "1M", "1XB", "0x10", "18446744073709551616"})
    EXPECT_FALSE(parse_size(bad).has_value()) << bad;
  EXPECT_THAT(parse_size("9223372036854775807GB").error().message, HasSubstr("too large"));
}

TEST(ParseDurationTest, UnitsAreStrict) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("10s").value(), 10s);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
  EXPECT_EQ(parse_duration("2w").value(), 336h);
  EXPECT_EQ(parse_duration("2y").value(), 17520h);
  for (const auto* bad : {"", "10", "s", "-1s", "1.5s", "1 s", "1year", "9223372036854775807s"})
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
}

TEST(PercentDecodeTest, DecodesOrComplains) {
  EXPECT_EQ(percent_decode("X-A%3A%20b%25").value(), "X-A: b%");
  for (const auto* bad : {"%", "%2", "%2g", "a%zz"}) EXPECT_FALSE(percent_decode(bad).has_value()) << bad;
}

TEST(SinkSpecTest, SplitsPathAndOptions) {
  const auto file = parse_sink_spec("file:/tmp/a=b.json?format=csv&rotate-size=1MB", {}).value();
  EXPECT_EQ(file.scheme, "file");
  EXPECT_EQ(file.target, "/tmp/a=b.json");
  EXPECT_THAT(file.options, ElementsAre(Pair("format", "csv"), Pair("rotate-size", "1MB")));
  EXPECT_EQ(parse_sink_spec("stdout", {})->target, "");
  EXPECT_THAT(parse_sink_spec("stdout?format=csv", {})->options, ElementsAre(Pair("format", "csv")));
}

TEST(SinkSpecTest, HttpOptionsLeaveTheQueryOfTheServerAlone) {
  const auto http = parse_sink_spec("https://h:1/p?x=a%20b&batch=5&y&header=A%3A%20b", kHttpOptions).value();
  EXPECT_EQ(http.scheme, "https");
  EXPECT_EQ(http.target, "https://h:1/p?x=a%20b&y");
  EXPECT_THAT(http.options, ElementsAre(Pair("batch", "5"), Pair("header", "A: b")));
}

TEST(SinkSpecTest, ErrorsNameTheNearest) {
  const auto error = [](std::string_view spec) { return parse_sink_spec(spec, kHttpOptions).error().message; };
  EXPECT_THAT(error("fiel:/x"), AllOf(HasSubstr("'fiel'"), HasSubstr("did you mean 'file'?")));
  EXPECT_THAT(error("kafka://x"), AllOf(HasSubstr("unknown sink 'kafka'"), HasSubstr("there are: stdout, file:PATH")));
  EXPECT_THAT(error("/tmp/x.json"), HasSubstr("write file:/tmp/x.json"));
  EXPECT_THAT(error("flows.json"), HasSubstr("write file:flows.json"));
  EXPECT_THAT(error(""), HasSubstr("there are"));
  EXPECT_THAT(error("stdout:/x"), HasSubstr("file:/x"));
  EXPECT_THAT(error("file:x?format"), HasSubstr("write key=value"));
}

TEST(SinkOptionsTest, TakesTypedValues) {
  SinkOptions options({{"a", "7"}, {"b", "2s"}, {"c", "true"}, {"d", "two"}, {"e", "1kB"}, {"f", "x"}, {"f", "y"}});
  static constexpr std::string_view kChoices[] = {"one", "two"};
  EXPECT_EQ(options.take_number("a", 1, 0, 10), 7U);
  EXPECT_EQ(options.take_duration("b", {}), std::chrono::seconds(2));
  EXPECT_TRUE(options.take_flag("c", false));
  EXPECT_EQ(options.take_choice("d", kChoices, 0), 1U);
  EXPECT_EQ(options.take_size("e", 0), 1000U);
  EXPECT_THAT(options.take_all("f"), ElementsAre("x", "y"));
  EXPECT_EQ(options.take_text("g", "default"), "default");
  EXPECT_TRUE(options.finish().has_value());
}

TEST(SinkOptionsTest, ErrorsNameTheOption) {
  const auto error = [](SinkOptions::Entry entry) {
    SinkOptions options({std::move(entry)});
    options.take_number("batch", 1, 1, 10);
    options.take_size("rotate-size", 0);
    options.take_duration("flush", {});
    options.take_flag("gzip", false);
    return options.finish().error().message;
  };
  EXPECT_THAT(error({"rotate-siz", "1"}), HasSubstr("unknown option 'rotate-siz'; did you mean 'rotate-size'?"));
  EXPECT_THAT(error({"batch", "11"}), HasSubstr("batch=11: it must be a number from 1 to 10"));
  EXPECT_THAT(error({"batch", "5x"}), HasSubstr("batch=5x"));
  EXPECT_THAT(error({"rotate-size", "0"}), HasSubstr("must not be zero"));
  EXPECT_THAT(error({"flush", "10"}), HasSubstr("write it like"));
  EXPECT_THAT(error({"flush", "4000d"}), HasSubstr("less than ten years"));
  EXPECT_THAT(error({"gzip", "yes"}), HasSubstr("one of false, true"));
  SinkOptions twice({{"a", "1"}, {"a", "2"}});
  twice.take_text("a");
  EXPECT_THAT(twice.finish().error().message, HasSubstr("given twice"));
}

}  // namespace
}  // namespace weir
