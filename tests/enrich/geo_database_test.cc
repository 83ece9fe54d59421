#include "enrich/geo_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/enrich/places.h"
#include "tests/support/mmdb_writer.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class GeoDatabaseTest : public testing::Test {
 protected:
  std::shared_ptr<const GeoDatabase> open(const std::string& content) {
    write_file(path_, content);
    auto opened = GeoDatabase::open(path_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }
  std::string error(const std::string& content) {
    write_file(path_, content);
    const auto opened = GeoDatabase::open(path_);
    return opened ? "" : opened.error().message;
  }

  TempDir dir_;
  std::filesystem::path path_ = dir_ / "a.mmdb";
};

const std::string& sample() {
  static const std::string content =
      mmdb::file("Sample-City", 1'700'000'000,
                 {{"192.0.2.128/25", mmdb::city("SE", "Sweden", "Umeå", 63.83, 20.26)},
                  {"192.0.2.0/24", mmdb::city("DE", "Germany", "Berlin", 52.52, 13.405)},
                  {"2001:db8::/32", mmdb::city("JP", "Japan", "Tokyo", 35.68536, 139.75309)}});
  return content;
}

TEST_F(GeoDatabaseTest, FindsTheLongestPrefix) {
  const auto database = open(sample());
  ASSERT_TRUE(database);
  EXPECT_EQ(database->type(), "Sample-City");
  EXPECT_EQ(database->build_time(), 1'700'000'000U);
  EXPECT_EQ(look_up(*database, "192.0.2.127").at("geo_city_name"), "Berlin");
  EXPECT_EQ(look_up(*database, "192.0.2.128"), (Words{{"geo_city_name", "Umeå"},
                                                      {"geo_country_code", "SE"},
                                                      {"geo_country_name", "Sweden"},
                                                      {"geo_latitude", "63.83"},
                                                      {"geo_longitude", "20.26"}}));
  EXPECT_EQ(look_up(*database, "2001:db8::1").at("geo_longitude"), "139.75309");
  EXPECT_THAT(look_up(*database, "192.0.3.0"), IsEmpty());
  EXPECT_THAT(look_up(*database, "2001:db9::"), IsEmpty());
  EXPECT_EQ(database->find({}, Family::kNone), 0U);
}

TEST_F(GeoDatabaseTest, TheFileMayGoOrBeCutShort) {
  const auto database = open(sample());
  ASSERT_TRUE(database);
  write_file(path_, "x");
  EXPECT_EQ(look_up(*database, "192.0.2.1").at("geo_country_code"), "DE");
  std::filesystem::remove(path_);
  EXPECT_EQ(look_up(*database, "192.0.2.1").at("geo_country_code"), "DE");
}

TEST_F(GeoDatabaseTest, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(error(""), AllOf(HasSubstr(path_.string()), HasSubstr("a.mmdb")));
  EXPECT_THAT(error("prefix,name\n"), HasSubstr("no MaxMind DB file"));
  EXPECT_THAT(error(mmdb::file("Speed", 1, {{"10.0.0.0/8", mmdb::map({{"connection_type", mmdb::text("DSL")}})}})),
              AllOf(HasSubstr("type 'Speed'"), HasSubstr("tells nothing")));
  std::string damaged = sample();
  const std::size_t at = damaged.find("Germany");
  damaged[at - 1] = '\x1f';
  EXPECT_THAT(error(damaged), HasSubstr("it is damaged: its record at "));
  const auto none = GeoDatabase::open(dir_ / "none.mmdb");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("No such file"));
  EXPECT_FALSE(GeoDatabase::open(dir_.path()));
}

// Cut anywhere, a file is refused or tells what it told.
TEST_F(GeoDatabaseTest, TruncatedFiles) {
  for (std::size_t length = 0; length < sample().size(); length += 7) {
    EXPECT_NE(error(sample().substr(0, length)), "") << length;
  }
}

// Whatever a file says of itself, it is refused or can be asked.
TEST_F(GeoDatabaseTest, EveryByteMayBeWrong) {
  const std::size_t metadata = sample().rfind("MaxMind.com");
  for (const unsigned value : {0x00U, 0x7fU, 0xe0U, 0xffU}) {
    for (std::size_t at = value % 61; at < sample().size(); at += at < metadata ? 61 : 1) {
      if (static_cast<std::uint8_t>(sample()[at]) == value) continue;
      std::string wrong = sample();
      wrong[at] = static_cast<char>(value);
      write_file(path_, wrong);
      const auto opened = GeoDatabase::open(path_);
      if (!opened) continue;
      for (const char* const address : {"192.0.2.1", "192.0.2.200", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"})
        look_up(**opened, address);
    }
  }
}

TEST_F(GeoDatabaseTest, WhatIsNoFileIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto pipe = GeoDatabase::open(path_);
  ASSERT_FALSE(pipe);
  EXPECT_THAT(pipe.error().message, HasSubstr("it is no file"));
}

// Neither is read into memory.
TEST_F(GeoDatabaseTest, HugeFilesAreRefused) {
  write_file(path_, sample());
  std::filesystem::resize_file(path_, std::uintmax_t{3} << 30);
  const auto empty = GeoDatabase::open(path_);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("no MaxMind DB file"));
  std::filesystem::resize_file(path_, std::uintmax_t{1} << 40);
  const auto larger = GeoDatabase::open(path_);
  ASSERT_FALSE(larger);
  EXPECT_THAT(larger.error().message, HasSubstr("larger than 4 GiB"));
}

}  // namespace
}  // namespace weir::test
