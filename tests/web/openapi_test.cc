// web/openapi.json against what is served: every path and method, and every field of the answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <set>
#include <vector>

#include "tests/support/json.h"
#include "tests/web/sample_status.h"
#include "tests/web/store_dir.h"
#include "web/exporter_health.h"
#include "web/http_routes.h"
#include "web/pages.h"

namespace weir::test {
namespace {

// Where values stand in a JSON text: "rows[].labels.host".
class Places : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Places> {
 public:
  bool Default() {
    found.insert(path());
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    keys_.back() = std::string(text, length);
    return true;
  }
  bool StartObject() {
    keys_.emplace_back();
    return true;
  }
  bool StartArray() {
    keys_.emplace_back("[]");
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  std::set<std::string> found;

 private:
  bool end() {
    keys_.pop_back();
    found.insert(path());
    return true;
  }
  std::string path() const {
    std::string text;
    for (const std::string& key : keys_) text += (key == "[]" || text.empty() ? "" : ".") + key;
    return text;
  }
  std::vector<std::string> keys_;
};

std::set<std::string> places_in(const std::string& json) {
  Places places;
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  EXPECT_FALSE(reader.Parse(stream, places).IsError()) << json.substr(0, 200);
  places.found.erase("");
  return places.found;
}

class OpenApiTest : public testing::Test {
 protected:
  OpenApiTest() {
    HttpRequest request;
    request.params = {{"query", "sip,host"}, {"first", "0"}, {"ifaces", "eth0"}, {"condition", "dport = 443"}};
    request_ = request;
  }

  const HttpAnswer get(const std::string& path) { return routes_.find(path)->get(request_for(path)); }
  HttpRequest request_for(const std::string& path) const { return path == "/api/v1/query" ? request_ : HttpRequest(); }

  // Every place that a schema has; one that says no more of an object's members, as "place.*".
  void add_places(const Record& schema, const std::string& at, std::set<std::string>& places) const {
    if (schema.contains("$ref")) {
      const std::string ref = schema.at("$ref");
      return add_places(parse_record(schemas_.at(ref.substr(ref.rfind('/') + 1))), at, places);
    }
    places.insert(at);
    if (schema.contains("items")) add_places(parse_record(schema.at("items")), at + "[]", places);
    if (!schema.contains("properties")) return;
    const Record properties = parse_record(schema.at("properties"));
    if (properties.empty()) places.insert(at + ".*");
    for (const auto& [name, member] : properties) {
      add_places(parse_record(member), at.empty() ? name : at + "." + name, places);
    }
  }

  void expect_fields(const std::string& path, const std::string& schema) {
    const HttpAnswer answer = get(path);
    ASSERT_EQ(answer.status, 200) << path << ' ' << answer.body;
    std::set<std::string> documented;
    add_places(parse_record(schemas_.at(schema)), "", documented);
    const std::set<std::string> found = places_in(answer.body);
    EXPECT_GT(found.size(), 2U);
    for (const std::string& place : found) {
      const bool known = documented.contains(place) || documented.contains(place.substr(0, place.rfind('.')) + ".*");
      EXPECT_TRUE(known) << path << " answers " << place << ", which openapi.json does not tell of";
    }
    for (const std::string& place : documented) {
      const bool given = place.empty() || place.ends_with("*") || place == "status.message" || found.contains(place);
      EXPECT_TRUE(given) << path << " lacks " << place;
    }
  }

  const StoreDir store_{{{.src = "10.0.0.1",
                          .dst = "10.0.0.2",
                          .dst_port = 443,
                          .bytes = 700,
                          .packets = 7,
                          .in = "eth0",
                          .out = "eth1"}}};
  const CollectorLink link_{.present = [] { return true; },
                            .ask = [](std::string_view command) -> Result<std::string> {
                              return command == "exporters" ? exporters_json(sample_status()) : std::string("{}");
                            }};
  const HttpRoutes routes_{collector_pages([] { return sample_status(); }, link_,
                                           std::make_shared<StoreApi>(StoreApiOptions{.store = store_.path()}))};
  const Record document_ = parse_record(routes_.find("/api/v1/openapi.json")->get({}).body);
  const Record schemas_ = parse_record(parse_record(document_.at("components")).at("schemas"));
  HttpRequest request_;
};

TEST_F(OpenApiTest, TellsOfWhatIsServedAndNothingElse) {
  std::set<std::string> served, documented;
  for (const auto& [path, route] : routes_.all()) {
    if (path == "/" || route.description.empty()) {
      if (!path.starts_with("/api/")) continue;  // the page and its parts
    }
    served.insert("get " + path);
    if (route.post) served.insert("post " + path);
  }
  for (const auto& [path, methods] : parse_record(document_.at("paths"))) {
    for (const auto& [method, what] : parse_record(methods)) documented.insert(method + " " + path);
  }
  EXPECT_EQ(served, documented);
}

TEST_F(OpenApiTest, AnswersHaveTheFieldsItTellsOf) {
  expect_fields("/api/v1/query", "Result");
  expect_fields("/api/v1/list", "Listing");
  expect_fields("/api/v1/fields", "Fields");
  expect_fields("/api/v1/exporters", "Exporters");
}

TEST_F(OpenApiTest, ParametersBecomeCommandsOnlyWhenTheyAreRight) {
  std::vector<std::string> asked;
  const CollectorLink link{.present = [] { return true; },
                           .ask = [&](std::string_view command) -> Result<std::string> {
                             asked.emplace_back(command);
                             return std::string("{}");
                           }};
  const HttpRoutes routes(collector_pages([] { return sample_status(); }, link, nullptr));
  const auto status = [&](const std::string& path, std::multimap<std::string, std::string> params) {
    HttpRequest request;
    request.params = std::move(params);
    return routes.find(path)->get(request).status;
  };
  EXPECT_EQ(status("/api/v1/live", {}), 200);
  EXPECT_EQ(status("/api/v1/live", {{"since", "17"}}), 200);
  EXPECT_EQ(status("/api/v1/top", {}), 200);
  EXPECT_EQ(status("/api/v1/top", {{"by", "ports"}, {"limit", "500"}}), 200);
  EXPECT_THAT(asked, testing::ElementsAre("live 0", "live 17", "top flows 50", "top ports 500"));
  EXPECT_EQ(status("/api/v1/live", {{"since", "1\nstop"}}), 400);
  EXPECT_EQ(status("/api/v1/live", {{"since", "-1"}}), 400);
  EXPECT_EQ(status("/api/v1/top", {{"by", "flows 5\nstatus"}}), 400);
  EXPECT_EQ(status("/api/v1/top", {{"limit", "501"}}), 400);
  EXPECT_EQ(status("/api/v1/top", {{"count", "1"}}), 400);
  EXPECT_EQ(asked.size(), 4U);
}

TEST_F(OpenApiTest, WithoutStoreOrCollectorThereIs404) {
  const HttpRoutes collector(collector_pages([] { return sample_status(); }, link_, nullptr));
  EXPECT_EQ(collector.find("/api/v1/query")->get(request_).status, 404);
  EXPECT_EQ(collector.find("/api/v1/query")->post({}).status, 404);
  EXPECT_EQ(collector.find("/api/v1/list")->get({}).status, 404);
  const HttpRoutes store(store_pages(std::make_shared<StoreApi>(StoreApiOptions{.store = store_.path()}), {}));
  for (const char* path : {"/api/v1/status", "/api/v1/templates", "/api/v1/live", "/api/v1/top"}) {
    EXPECT_EQ(store.find(path)->get({}).status, 404) << path;
  }
  EXPECT_EQ(store.find("/api/v1/exporters")->get({}).status, 200) << "from the store";
  EXPECT_EQ(store.find("/metrics"), nullptr);
}

}  // namespace
}  // namespace weir::test
