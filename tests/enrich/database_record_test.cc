#include "enrich/database_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/enrich/places.h"
#include "tests/support/mmdb_writer.h"

namespace weir::test {
namespace {

using testing::IsEmpty;

// What is read of a record; {"damaged", ""} when it cannot be.
Words read(const std::string& record) {
  PlaceDraft place;
  if (!read_database_record(as_bytes(record), 0, place)) return {{"damaged", ""}};
  return words(place);
}

TEST(DatabaseRecord, FlatForms) {
  using namespace mmdb;
  EXPECT_EQ(read(map({{"city", text("Berlin")},
                      {"country_code", text("DE")},
                      {"latitude", single(52.52F)},
                      {"longitude", single(-0.1F)},
                      {"postcode", text("10115")},
                      {"state1", text("Land Berlin")},
                      {"timezone", text("Europe/Berlin")}})),
            (Words{{"geo_city_name", "Berlin"},
                   {"geo_country_code", "DE"},
                   {"geo_latitude", "52.52"},
                   {"geo_longitude", "-0.1"},
                   {"geo_region_name", "Land Berlin"}}));
  EXPECT_EQ(read(map({{"asn", text("AS64500")}, {"as_name", text("Example")}, {"country", text("Germany")}})),
            (Words{{"asn_autonomous_system_number", "64500"},
                   {"asn_autonomous_system_organization", "Example"},
                   {"geo_country_name", "Germany"}}));
  EXPECT_EQ(read(map({{"country", text("DE")}, {"latitude", text("7")}})),
            (Words{{"geo_country_code", "DE"}, {"geo_latitude", "7"}}));
}

TEST(DatabaseRecord, NestedForms) {
  using namespace mmdb;
  const auto names = [](const char* name) { return map({{"names", map({{"en", text(name)}, {"fr", text("x")}})}}); };
  EXPECT_EQ(read(map({{"subdivisions", array({names("England"), names("West Berkshire")})},
                      {"traits", map({{"isp", text("A")},
                                      {"is_anonymous_vpn", flag(true)},
                                      {"is_tor_exit_node", flag(false)},
                                      {"autonomous_system_number", number(7)}})}})),
            (Words{{"asn_autonomous_system_number", "7"},
                   {"geo_region_name", "England"},
                   {"is_anonymous_vpn", "1"},
                   {"isp", "A"}}));
  EXPECT_THAT(read(map({{"subdivisions", array({})}, {"city", map({})}})), IsEmpty());
}

TEST(DatabaseRecord, WhatSaysNothingIsAbsent) {
  using namespace mmdb;
  EXPECT_THAT(read(map({{"country_code", text("")},
                        {"autonomous_system_number", number(0)},
                        {"latitude", decimal(180.5)},
                        {"longitude", decimal(std::numeric_limits<double>::quiet_NaN())},
                        {"city", number(3)},
                        {"is_anonymous", text("true")}})),
              IsEmpty());
  EXPECT_THAT(read(text("a record that is no map")), IsEmpty());
}

TEST(DatabaseRecord, LongTextsAreCutBetweenCharacters) {
  std::string name;
  while (name.size() < 300) name += "ä";
  EXPECT_EQ(read(mmdb::map({{"city", mmdb::text(name)}})).at("geo_city_name"), name.substr(0, 254));
}

TEST(DatabaseRecord, DeepAndEndlessOnesAreRefused) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i)
    deep +=
        "\xe1\x41"
        "a";
  EXPECT_EQ(read(deep), (Words{{"damaged", ""}}));
  EXPECT_EQ(read(std::string("\x20\x00", 2)), (Words{{"damaged", ""}})) << "a pointer to itself";
  EXPECT_EQ(read(std::string("\xe1\x41"
                             "a\x20\x00",
                             5)),
            (Words{}))
      << "a pointer to its own map, not looked into";
  EXPECT_EQ(read(std::string("\xe1\x47"
                             "country\x20\x00",
                             11)),
            (Words{}))
      << "looked into once";
  EXPECT_EQ(read("\xff\xff\xff\xff"), (Words{{"damaged", ""}})) << "16 million members";
}

// Whatever bytes there are, reading ends and stays inside (the sanitizers watch).
TEST(DatabaseRecord, AnyBytesAreRead) {
  std::mt19937 random(7);
  const std::string good = mmdb::city("GB", "United Kingdom", "Boxford", 51.75, -1.25);
  for (int i = 0; i < 20'000; ++i) {
    std::string record = good;
    for (int changes = 0; changes < 4; ++changes) record[random() % record.size()] = static_cast<char>(random());
    record.resize(random() % (record.size() + 1));
    (void)read(record);
  }
}

}  // namespace
}  // namespace weir::test
