#include "web/page_assets.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/embedded.h"
#include "base/text.h"

namespace weir {
namespace {

#include "web_assets.inc"

constexpr std::string_view kApiDocument = "openapi.json";
constexpr std::size_t kTagBytes = 16;

std::string type_of(std::string_view name) {
  constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webmanifest", "application/manifest+json"},
  });
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return std::string(type);
  }
  return "application/octet-stream";
}

// As a gzip file; empty where that is not smaller.
std::string gzip(std::string_view content) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(content.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool smaller = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(smaller ? stream.total_out : 0);
  ::deflateEnd(&stream);
  return out;
}

// Names the content, in quotes: the start of its SHA-256.
std::string tag_of(std::string_view content) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  ::EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::string tag(2 * kTagBytes + 2, '"');
  write_hex(tag.data() + 1, Bytes(digest).first(kTagBytes));
  return tag;
}

struct PageAsset {
  std::string_view content;
  std::string type, gzipped, tag;
};

bool has_tag(std::string_view list, const std::string& tag) {
  return list == "*" || list.find(tag) != std::string_view::npos;
}

HttpAnswer answer(const PageAsset& asset, const HttpRequest& request) {
  HttpAnswer answer{.type = asset.type,
                    .headers = {{"ETag", asset.tag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}}};
  if (has_tag(request.if_none_match, asset.tag)) {
    answer.status = 304;
  } else if (request.takes_gzip && !asset.gzipped.empty()) {
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.body = asset.gzipped;
  } else {
    answer.body = asset.content;
  }
  return answer;
}

HttpRoute route_of(const EmbeddedFile& file, std::string path, bool open) {
  const auto asset = std::make_shared<PageAsset>();
  asset->content = file.content;
  asset->type = type_of(file.name);
  asset->gzipped = gzip(file.content);
  asset->tag = tag_of(file.content);
  return {.path = std::move(path),
          .description = "",
          .get = [asset](const HttpRequest& request) { return answer(*asset, request); },
          .open = open};
}

}  // namespace

std::vector<HttpRoute> page_routes() {
  std::vector<HttpRoute> routes;
  for (const EmbeddedFile& file : kEmbedded) {
    if (file.name == kApiDocument) continue;
    routes.push_back(route_of(file, "/" + std::string(file.name), true));
    if (file.name == "index.html") routes.push_back(route_of(file, "/", true));
  }
  return routes;
}

HttpRoute openapi_route() {
  for (const EmbeddedFile& file : kEmbedded) {
    if (file.name == kApiDocument) return route_of(file, "/api/v1/openapi.json", false);
  }
  return {};
}

}  // namespace weir
