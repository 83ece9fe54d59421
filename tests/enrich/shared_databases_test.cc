// MaxMind's test databases and two of real size, in ../shared/mmdb: every network of their source data and every
// expected look-up, and the files that are broken on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "enrich/geo_database.h"
#include "flow/degrees.h"
#include "tests/enrich/places.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

namespace fs = std::filesystem;

const fs::path& shared() {
  static const fs::path dir = fs::path(WEIR_SOURCE_DIR) / "../shared/mmdb";
  return dir;
}

class SharedDatabases : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(shared())) GTEST_SKIP() << "no " << shared();
  }
};

// The elements of a JSON array as texts; those of an object as "key":value.
std::vector<std::string> elements(std::string_view json) {
  std::vector<std::string> found;
  int depth = 0;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '[' || c == '{') {
      if (++depth == 1) begin = i + 1;
    }
    const bool closes = c == ']' || c == '}';
    if ((closes && depth == 1) || (c == ',' && depth == 1)) {
      const std::string_view one = json.substr(begin, i - begin);
      if (one.find_first_not_of(" \t\r\n") != std::string_view::npos) found.emplace_back(one);
      begin = i + 1;
    }
    if (closes) --depth;
  }
  return found;
}

std::string at(const Record& record, const std::string& key) {
  const auto found = record.find(key);
  return found == record.end() ? "" : found->second;
}

Record object(const std::string& json) { return json.empty() ? Record{} : parse_record(json); }

std::string degrees(const std::string& json) {
  if (json.empty()) return "";
  char text[32];
  return {text, write_degrees(text, degrees_from(std::stod(json)).value())};
}

// What a record of the source data means to weir.
Words expected(const std::string& json) {
  const Record record = object(json);
  const Record country = object(at(record, "country")), city = object(at(record, "city"));
  const Record location = object(at(record, "location")), traits = object(at(record, "traits"));
  Words words;
  const auto put = [&](const std::string& name, const std::string& value) {
    if (!value.empty() && value != "0") words.emplace(name, value);
  };
  put("geo_country_code", at(country, "iso_code") + at(record, "country.iso_code"));
  put("geo_country_name", at(object(at(country, "names")), "en") + at(record, "country.names.en"));
  put("geo_city_name", at(object(at(city, "names")), "en"));
  put("geo_latitude", degrees(at(location, "latitude")));
  put("geo_longitude", degrees(at(location, "longitude")));
  const std::vector<std::string> regions = elements(at(record, "subdivisions"));
  if (!regions.empty()) put("geo_region_name", at(object(at(object(regions[0]), "names")), "en"));
  for (const Record* level : {&record, &traits}) {
    put("asn_autonomous_system_number", at(*level, "autonomous_system_number"));
    put("asn_autonomous_system_organization", at(*level, "autonomous_system_organization"));
    put("isp", at(*level, "isp"));
    put("organization", at(*level, "organization"));
    for (const char* flag : {"is_anonymous", "is_anonymous_vpn", "is_hosting_provider", "is_public_proxy",
                             "is_residential_proxy", "is_tor_exit_node"}) {
      if (at(*level, flag) == "true") put(flag, "1");
    }
  }
  return words;
}

struct SourceNetwork {
  Prefix prefix;
  Words words;
};

std::vector<SourceNetwork> source_of(const fs::path& path) {
  std::vector<SourceNetwork> networks;
  for (const std::string& element : elements(slurp(path))) {
    for (const std::string& member : elements(element)) {
      const Record one = parse_record("{" + member + "}");
      networks.push_back({Prefix::parse(one.begin()->first).value(), expected(one.begin()->second)});
    }
  }
  return networks;
}

TEST_F(SharedDatabases, EveryNetworkOfTheSourceData) {
  std::size_t databases = 0, networks = 0;
  for (const auto& entry : fs::directory_iterator(shared() / "source-data")) {
    const fs::path file = shared() / "test-data" / entry.path().filename().replace_extension(".mmdb");
    if (!fs::exists(file)) continue;
    const std::vector<SourceNetwork> source = source_of(entry.path());
    ASSERT_FALSE(source.empty()) << file;
    const bool tells = std::ranges::any_of(source, [](const SourceNetwork& n) { return !n.words.empty(); });
    const auto database = GeoDatabase::open(file);
    EXPECT_EQ(database.has_value(), tells) << file << (database ? "" : ": " + database.error().message);
    if (!database) continue;
    ++databases;
    for (const SourceNetwork& one : source) {
      const IpAddress& address = one.prefix.address;
      const SourceNetwork* last = &one;  // a later network takes the place of what lies in it
      for (const SourceNetwork& other : source) {
        if (other.prefix.contains(address)) last = &other;
      }
      EXPECT_EQ(look_up(**database, address.to_string()), last->words) << file << " " << address.to_string();
      ++networks;
    }
  }
  EXPECT_GE(databases, 10U);
  EXPECT_GE(networks, 1000U);
}

void expect_lookups(const std::string& json, const std::string& name, const GeoDatabase& database, std::size_t& seen) {
  const Record databases = object(at(object(json), "databases"));
  for (const std::string& element : elements(at(databases, name))) {
    const Record one = parse_record(element);
    const Words found = look_up(database, at(one, "ip"));
    EXPECT_EQ(found, at(one, "found") == "true" ? expected(at(one, "data")) : Words{}) << name << " " << at(one, "ip");
    ++seen;
  }
}

TEST_F(SharedDatabases, EveryExpectedLookup) {
  const std::string json = slurp(shared() / "expected-lookups.json");
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(shared() / "test-data")) {
    const auto database = GeoDatabase::open(entry.path());
    if (database) expect_lookups(json, entry.path().stem().string(), **database, seen);
  }
  EXPECT_GE(seen, 100U);
}

TEST_F(SharedDatabases, RealOnes) {
  const TempDir dir;
  const std::string json = slurp(shared() / "real-size/expected-lookups.json");
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(shared() / "real-size")) {
    if (entry.path().extension() != ".gz") continue;
    const fs::path file = dir / entry.path().stem().string();
    std::string content;
    gzFile in = ::gzopen(entry.path().c_str(), "rb");
    std::vector<char> piece(1 << 20);
    for (int n = 0; (n = ::gzread(in, piece.data(), 1 << 20)) > 0;)
      content.append(piece.data(), static_cast<std::size_t>(n));
    ::gzclose(in);
    write_file(file, content);
    const auto database = GeoDatabase::open(file);
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_GT((*database)->build_time(), 1'600'000'000U);
    expect_lookups(json, file.stem().string(), **database, seen);
  }
  EXPECT_GE(seen, 10U);
}

// A clear error or an answer, never a crash (the sanitizers watch).
TEST_F(SharedDatabases, BrokenOnes) {
  std::size_t files = 0;
  for (const char* folder : {"bad-data", "test-data"}) {
    for (const auto& entry : fs::recursive_directory_iterator(shared() / folder)) {
      if (entry.path().extension() != ".mmdb") continue;
      ++files;
      const auto database = GeoDatabase::open(entry.path());
      if (!database) {
        EXPECT_THAT(database.error().message, testing::StartsWith(entry.path().string() + ": "));
        continue;
      }
      EXPECT_STRNE(folder, "bad-data") << entry.path();
      for (const char* address : {"1.1.1.1", "::1", "2.125.160.216", "255.255.255.255", "2001:218::", "ffff::"}) {
        (void)look_up(**database, address);
      }
    }
  }
  EXPECT_GE(files, 50U);
  for (const char* name : {"GeoIP2-City-Test-Broken-Double-Format", "GeoIP2-City-Test-Invalid-Node-Count"}) {
    EXPECT_FALSE(GeoDatabase::open(shared() / "test-data" / (std::string(name) + ".mmdb"))) << name;
  }
}

}  // namespace
}  // namespace weir::test
