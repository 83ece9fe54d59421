#include "openobserve/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "openobserve/api.h"
#include "openobserve/assets.h"
#include "sinks/http_options.h"

namespace weir {
namespace {

constexpr std::size_t kLargestPasswordFile = 4096;

// What the options come to.
struct Target {
  HttpOptions http;
  std::string org;
  std::string stream;
};

// How objects of a kind are called, listed, made and replaced.
struct KindApi {
  const char* word;
  const char* list;    // path behind /api/ORG or /api/v2/ORG
  const char* create;  // likewise
  const char* member;  // of the list's answer that has the objects
  const char* title;   // member of an object by which it is found
  const char* id;      // member that stands in the path of one object
  bool v2;
};

constexpr KindApi kKinds[] = {
    {"dashboard", "/dashboards?title=weir", "/dashboards?folder=default", "dashboards", "title", "dashboard_id", false},
    {"template", "/alerts/templates", "/alerts/templates", "list", "name", "name", false},
    {"destination", "/alerts/destinations?module=alert", "/alerts/destinations?module=alert", "list", "name", "name",
     false},
    {"alert", "/alerts", "/alerts?folder=default", "list", "name", "alert_id", true},
};

const KindApi& api_of(AssetKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool is_word(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  });
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

std::string text_in(const JsonTexts& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? std::string() : found->second;
}

// Takes /api/ORG/STREAM/_json, or any other path behind /api, off the URL.
void split_path(Target& target) {
  std::string& url = target.http.url;
  url.erase(std::min(url.find_first_of("?#"), url.size()));
  const std::size_t api = url.find("/api/");
  if (api != std::string::npos) {
    const std::string path = url.substr(api + 5);
    const std::size_t org_end = path.find('/');
    if (org_end != std::string::npos) {
      target.org = path.substr(0, org_end);
      const std::size_t stream_end = path.find('/', org_end + 1);
      if (stream_end != std::string::npos) target.stream = path.substr(org_end + 1, stream_end - org_end - 1);
    }
    url.erase(api);
  }
  while (url.ends_with('/')) url.pop_back();
}

Result<void> set_credentials(const OpenObserveSetup& setup, HttpOptions& http) {
  if (setup.user.empty() != setup.password_file.empty()) {
    return fail("--user and --password-file go together: the password stands on the file's first line");
  }
  if (setup.user.empty()) return {};
  auto password = read_file(setup.password_file, kLargestPasswordFile);
  if (!password) return std::unexpected(password.error());
  http.user = setup.user;
  http.password = password->substr(0, password->find_first_of("\r\n"));
  std::erase_if(http.headers, [](const std::string& header) {
    constexpr std::string_view kName = "authorization:";
    return header.size() >= kName.size() && std::equal(kName.begin(), kName.end(), header.begin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  });
  return {};
}

Result<void> check_notify(const std::string& url) {
  const bool is_http = url.starts_with("http://") || url.starts_with("https://");
  const bool plain = std::ranges::all_of(
      url, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '{' && c != '}'; });
  if (url.empty() || (is_http && plain)) return {};
  return fail("--notify: '" + url + "' is not a URL that alerts can be posted to (http://… or https://…)");
}

Result<Target> target_of(const OpenObserveSetup& setup) {
  if (!setup.url.starts_with("http://") && !setup.url.starts_with("https://")) {
    return fail("--url: '" + setup.url + "' is not the URL of a server, such as http://localhost:5080");
  }
  auto http = parse_http_options(setup.url);
  if (!http) return fail("--url: " + http.error().message);
  Target target{std::move(*http), "default", std::string(kAssetStream)};
  target.http.target = {};  // JSON, whatever the path says
  target.http.compression = HttpCompression::kNone;
  split_path(target);
  if (!setup.org.empty()) target.org = setup.org;
  if (!setup.stream.empty()) target.stream = setup.stream;
  if (!is_word(target.org, "_-")) {
    return fail("--org: '" + target.org + "' is no name of an organization: letters, digits, _ and -");
  }
  if (!is_word(target.stream, "_")) {
    return fail("--stream: '" + target.stream + "' is no name of a stream: letters, digits and _, which OpenObserve " +
                "puts in the place of all others");
  }
  if (auto ok = set_credentials(setup, target.http); !ok) return std::unexpected(ok.error());
  if (auto ok = check_notify(setup.notify); !ok) return std::unexpected(ok.error());
  return target;
}

std::vector<Asset> assets_for(const OpenObserveSetup& setup) {
  std::vector<Asset> assets;
  for (const Asset& asset : openobserve_assets()) {
    if (asset.kind == AssetKind::kDashboard || !setup.notify.empty()) assets.push_back(asset);
  }
  return assets;
}

std::string text_of(const Asset& asset, const OpenObserveSetup& setup, const Target& target) {
  std::string text(asset.text);
  replace_all(text, kAssetStream, target.stream);
  replace_all(text, kAssetNotifyUrl, setup.notify);
  return text;
}

std::string base_path(const KindApi& api, const Target& target) { return (api.v2 ? "/api/v2/" : "/api/") + target.org; }

// The path of one object that is there. OpenObserve replaces a dashboard only by one who knows its latest hash.
std::string path_of(AssetKind kind, const Target& target, const JsonTexts& object) {
  const KindApi& api = api_of(kind);
  const std::string create = api.create;
  std::string path = base_path(api, target) + create.substr(0, create.find('?')) + "/" + text_in(object, api.id);
  const std::string folder = text_in(object, "folder_id");
  if (kind == AssetKind::kDestination) path += "?module=alert";
  if (!folder.empty()) path += "?folder=" + folder;
  if (kind == AssetKind::kDashboard) path += (folder.empty() ? "?hash=" : "&hash=") + text_in(object, "hash");
  return path;
}

Result<void> check_organization(OpenObserveApi& api, const Target& target) {
  const auto organizations = api.list("/api/organizations", "data");
  if (!organizations) return std::unexpected(organizations.error());
  std::string known;
  for (const JsonTexts& one : *organizations) {
    const std::string name = text_in(one, "identifier");
    if (name == target.org) return {};
    known += (known.empty() ? "" : ", ") + name;
  }
  return fail(fmt::format("{} has no organization '{}' for this user; it has: {}", target.http.url, target.org, known));
}

Result<void> set_up_one(OpenObserveApi& api, const Asset& asset, const OpenObserveSetup& setup, const Target& target,
                        const std::vector<JsonTexts>& present, const SetupReport& report) {
  const KindApi& kind = api_of(asset.kind);
  const std::string text = text_of(asset, setup, target);
  const std::string title = text_in(json_texts(text).value_or(JsonTexts()), kind.title);
  const auto found = std::ranges::find_if(present, [&](const auto& one) { return text_in(one, kind.title) == title; });
  if (found != present.end() && !setup.replace) {
    report(fmt::format("{} '{}' is there already, left as it is", kind.word, title));
    return {};
  }
  const bool create = found == present.end();
  const auto done = create ? api.send(HttpMethod::kPost, base_path(kind, target) + kind.create, text)
                           : api.send(HttpMethod::kPut, path_of(asset.kind, target, *found), text);
  if (!done) {
    const bool no_stream = asset.kind == AssetKind::kAlert && done.error().message.contains("404: Stream");
    return fail(fmt::format("{} '{}': {}{}", kind.word, title, done.error().message,
                            no_stream ? "; send flows first, then repeat this" : ""));
  }
  report(fmt::format("{} '{}' {}", kind.word, title, create ? "created" : "replaced"));
  return {};
}

constexpr const char* kNoAlerts = "no alerts: --notify URL says where they are to be posted, and none can be without";

}  // namespace

Result<void> check_openobserve_setup(const OpenObserveSetup& setup) {
  const auto target = target_of(setup);
  if (!target) return std::unexpected(target.error());
  return {};
}

Result<void> set_up_openobserve(const OpenObserveSetup& setup, const SetupReport& report) {
  const auto target = target_of(setup);
  if (!target) return std::unexpected(target.error());
  OpenObserveApi api(target->http);
  if (auto ok = check_organization(api, *target); !ok) return ok;
  std::vector<JsonTexts> present;
  const KindApi* listed = nullptr;
  for (const Asset& asset : assets_for(setup)) {
    const KindApi& kind = api_of(asset.kind);
    if (listed != &kind) {
      auto list = api.list(base_path(kind, *target) + kind.list, kind.member);
      if (!list) return std::unexpected(list.error());
      present = std::move(*list);
      listed = &kind;
    }
    if (auto ok = set_up_one(api, asset, setup, *target, present, report); !ok) return ok;
  }
  if (setup.notify.empty()) report(kNoAlerts);
  return {};
}

Result<void> print_openobserve_requests(const OpenObserveSetup& setup, const SetupReport& report) {
  const auto target = target_of(setup);
  if (!target) return std::unexpected(target.error());
  for (const Asset& asset : assets_for(setup)) {
    const KindApi& kind = api_of(asset.kind);
    report(fmt::format("POST {}{}{}", target->http.url, base_path(kind, *target), kind.create));
    report(text_of(asset, setup, *target));
  }
  if (setup.notify.empty()) report(kNoAlerts);
  return {};
}

}  // namespace weir
