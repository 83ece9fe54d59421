#include "enrich/enrichment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/json_text.h"
#include "enrich/enricher.h"
#include "enrich/file_watch.h"
#include "tests/enrich/places.h"
#include "tests/support/mmdb_writer.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::HasSubstr;

std::string city_file(const std::string& name, std::uint32_t built) {
  return mmdb::file("City", built, {{"0.0.0.0/1", mmdb::city("DE", "Germany", name, 1, 2)}});
}

void replace(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path fresh = path.string() + ".new";
  write_file(fresh, content);
  std::filesystem::rename(fresh, path);
}

std::string city_of(const Enrichment& enrichment) {
  const auto knowledge = enrichment.knowledge();
  const Words known = words(knowledge->describe(knowledge->find({1, 2, 3, 4}, Family::kV4)));
  return known.contains("geo_city_name") ? known.at("geo_city_name") : "";
}

TEST(FileWatch, ReportsAChangeOnceItHasSettled) {
  const FileStamp one{1, 1, 10, 1}, two{1, 1, 20, 2}, three{1, 1, 30, 3};
  FileWatch watch(one);
  EXPECT_FALSE(watch.changed(one));
  EXPECT_FALSE(watch.changed(two)) << "perhaps it still grows";
  EXPECT_FALSE(watch.changed(three));
  EXPECT_TRUE(watch.changed(three));
  EXPECT_FALSE(watch.changed(three));
  watch.take(one);
  EXPECT_FALSE(watch.changed(one));
}

class EnrichmentTest : public testing::Test {
 protected:
  std::shared_ptr<Enrichment> open(std::chrono::milliseconds look_every) {
    write_file(city_, city_file("Old", 100));
    write_file(networks_, "prefix,name\n10.0.0.0/8,ours\n");
    auto opened = Enrichment::open({.databases = {city_}, .networks = networks_, .look_every = look_every});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }

  TempDir dir_;
  std::filesystem::path city_ = dir_ / "city.mmdb", networks_ = dir_ / "networks.csv";
};

TEST_F(EnrichmentTest, TakesUpANewFileByItself) {
  const auto enrichment = open(std::chrono::milliseconds(5));
  EXPECT_EQ(city_of(*enrichment), "Old");
  replace(city_, city_file("New and longer", 200));
  EXPECT_TRUE(wait_until([&] { return city_of(*enrichment) == "New and longer"; }));
  const EnrichmentStatus status = enrichment->status();
  ASSERT_EQ(status.files.size(), 2U);
  EXPECT_EQ(status.files[0].build_time, 200U);
  EXPECT_EQ(status.files[0].loads, 2U);
  EXPECT_EQ(status.files[1].loads, 1U);
  EXPECT_EQ(status.files[1].entries, 1U);
}

TEST_F(EnrichmentTest, RefusesABrokenFileAndKeepsTheOld) {
  const auto enrichment = open(std::chrono::milliseconds(5));
  const std::string fresh = city_file("New", 200);
  replace(city_, fresh.substr(0, fresh.size() / 2));
  EXPECT_TRUE(wait_until([&] { return enrichment->status().files[0].refused == 1; }));
  EXPECT_EQ(city_of(*enrichment), "Old");
  EXPECT_THAT(enrichment->status().files[0].last_error, HasSubstr(city_.string()));
  EXPECT_EQ(enrichment->status().files[0].build_time, 100U);
  replace(city_, fresh);
  EXPECT_TRUE(wait_until([&] { return city_of(*enrichment) == "New"; }));
  EXPECT_EQ(enrichment->status().files[0].last_error, "");
  EXPECT_EQ(enrichment->status().files[0].refused, 1U) << "once a file, not once a look";
}

// Pipes, directories, nothing: each is refused, nothing waits for it, and the next good file is taken.
TEST_F(EnrichmentTest, WhatIsNoFileIsRefusedAndTheOldStays) {
  const auto enrichment = open(std::chrono::milliseconds(5));
  std::uint64_t refused = 0;
  const auto expect_refusal = [&](const std::string& what) {
    ++refused;
    EXPECT_TRUE(wait_until([&] {
      const EnrichmentStatus status = enrichment->status();
      return status.files[0].refused == refused && status.files[1].refused == refused;
    })) << what;
    EXPECT_EQ(city_of(*enrichment), "Old") << what;
  };
  for (const auto& path : {city_, networks_}) std::filesystem::remove(path);
  expect_refusal("no file");
  for (const auto& path : {city_, networks_}) ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_refusal("a pipe");
  for (const auto& path : {city_, networks_}) {
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
  }
  expect_refusal("a directory");
  for (const auto& path : {city_, networks_}) {
    std::filesystem::remove(path);
    write_file(path, "");
    std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
  }
  expect_refusal("a huge file");
  replace(city_, city_file("New", 200));
  replace(networks_, "prefix,name\n10.0.0.0/8,theirs\n");
  EXPECT_TRUE(wait_until([&] { return city_of(*enrichment) == "New" && enrichment->status().files[1].loads == 2; }));
}

TEST_F(EnrichmentTest, AFileWrittenInPiecesIsTakenWhenItIsWhole) {
  const auto enrichment = open(std::chrono::milliseconds(5));
  const std::string fresh = city_file("New", 200);
  for (std::size_t size = 0; size < fresh.size(); size += 400) {
    write_file(city_, fresh.substr(0, size));
    EXPECT_EQ(city_of(*enrichment), "Old");
    std::this_thread::sleep_for(std::chrono::milliseconds(7));
  }
  write_file(city_, fresh);
  EXPECT_TRUE(wait_until([&] { return city_of(*enrichment) == "New"; }));
}

TEST_F(EnrichmentTest, ReloadLooksAtOnce) {
  const auto enrichment = open(std::chrono::hours(1));
  replace(city_, city_file("New", 200));
  write_file(networks_, "prefix,name\n0.0.0.0/0,all\n");
  enrichment->reload();
  EXPECT_TRUE(wait_until([&] { return city_of(*enrichment) == "New"; }));
  std::filesystem::remove(networks_);
  enrichment->reload();
  EXPECT_TRUE(wait_until([&] { return enrichment->status().files[1].refused == 1; }));
  const auto knowledge = enrichment->knowledge();
  EXPECT_EQ(words(knowledge->describe(knowledge->find({9, 9, 9, 9}, Family::kV4))).at("net_name"), "all");
}

TEST_F(EnrichmentTest, WhatCannotBeOpenedIsNamed) {
  const auto none = Enrichment::open({.databases = {dir_ / "none.mmdb"}, .networks = {}});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("none.mmdb"));
  const auto many = Enrichment::open({.databases = std::vector<std::filesystem::path>(9, city_), .networks = {}});
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message, HasSubstr("9 databases; there may be 8"));
}

// While files are swapped again and again, every flow passes, and each batch is enriched by one file, whole.
TEST_F(EnrichmentTest, SwapsUnderLoad) {
  const auto enrichment = open(std::chrono::hours(1));
  constexpr int kSwaps = 30;
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> mixed = 0, empty = 0, flows = 0;
  const auto work = [&](std::uint64_t& made) {
    const auto publish = [&](const BatchRef& batch) {
      std::string first;
      for (const Flow& flow : batch->flows()) {
        const Words known = words_src(*batch, flow);
        const auto city = known.find("geo_city_name");
        if (city == known.end()) {
          ++empty;
        } else if (first.empty()) {
          first = city->second;
        } else if (city->second != first) {
          ++mixed;
        }
      }
      flows += batch->flows().size();
    };
    BatchWriter writer(BatchPool::create(4), publish, seal_of(enrichment));
    writer.set_origin({});
    while (!done) {
      for (std::uint32_t i = 0; i < 200; ++i) {
        Flow& flow = *writer.add();
        flow.src_addr_family = Family::kV4;
        store_be32(flow.src_addr.data(), static_cast<std::uint32_t>(made++ % 5000));
      }
      writer.flush();
    }
  };
  std::uint64_t made[2] = {};
  std::thread one([&] { work(made[0]); }), two([&] { work(made[1]); });
  for (int i = 0; i < kSwaps; ++i) {
    const std::uint64_t loads = enrichment->status().files[0].loads;
    replace(city_, city_file(i % 2 == 0 ? "Even" : "Odd", static_cast<std::uint32_t>(i + 1)));
    enrichment->reload();
    EXPECT_TRUE(wait_until([&] { return enrichment->status().files[0].loads > loads; }));
  }
  done = true;
  one.join();
  two.join();
  EXPECT_EQ(flows, made[0] + made[1]);
  EXPECT_EQ(enrichment->status().flows, flows);
  EXPECT_EQ(mixed, 0U);
  EXPECT_EQ(empty, 0U);
}

TEST_F(EnrichmentTest, TellsOfItself) {
  const auto enrichment = open(std::chrono::hours(1));
  std::string text;
  append_enrichment(text, enrichment->status(), 86'500'000'000'000);
  EXPECT_THAT(text, HasSubstr("city.mmdb: City, built 1970-01-01, 1 d 0 h old\n"));
  EXPECT_THAT(text, HasSubstr("networks.csv: 1 networks, changed "));
  JsonText json;
  json.begin_object();
  write_enrichment(json, enrichment->status(), 86'500'000'000'000);
  json.end_object();
  EXPECT_THAT(json.take(), HasSubstr("\"type\":\"City\",\"build_time_seconds\":100,\"age_seconds\":86400,"));
  text.clear();
  append_enrichment(text, {}, 1);
  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace weir::test
