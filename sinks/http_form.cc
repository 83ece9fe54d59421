#include "sinks/http_form.h"

#include <array>
#include <cstring>

#include "base/bytes.h"
#include "base/text.h"

namespace weir {
namespace {

// The path without its query.
std::string_view only_path(std::string_view path) { return path.substr(0, path.find('?')); }

char* write_record_id(char* out, const Parcel& parcel, std::size_t i) {
  std::array<std::uint8_t, 8> id;
  store_be64(id.data(), parcel.id());
  out = write_hex(out, id);
  *out++ = '-';
  return write_number(out, parcel.number(i));
}

constexpr std::size_t kIdRoom = 16 + 1 + kNumberRoom;

void make_array(std::string_view lines, std::string& body) {
  const std::size_t size = lines.size() + 1;
  // Some libraries tell the function of more room than was asked for.
  body.resize_and_overwrite(size, [&](char* out, std::size_t) {
    *out = '[';
    std::memcpy(out + 1, lines.data(), lines.size());
    char* const end = out + size;
    char* at = out + 1;
    while ((at = static_cast<char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
      *at++ = ',';
      if (at == end) break;
    }
    end[-1] = ']';
    return size;
  });
}

void make_bulk(std::string_view index, const Parcel& parcel, std::string_view lines, std::size_t count,
               std::string& body) {
  std::string before = R"({"create":{)";
  if (!index.empty()) {
    std::string escaped(index.size() * kEscapedByte, '\0');
    escaped.resize(static_cast<std::size_t>(write_json_text(escaped.data(), index) - escaped.data()));
    before += R"("_index":")" + escaped + R"(",)";
  }
  before += R"("_id":")";
  constexpr std::string_view kAfter = "\"}}\n";
  body.clear();
  body.reserve(lines.size() + count * (before.size() + kIdRoom + kAfter.size()));
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = lines.find('\n', at) + 1;
    char id[kIdRoom];
    body += before;
    body.append(id, write_record_id(id, parcel, i));
    body += kAfter;
    body += lines.substr(at, end - at);
    at = end;
  }
}

}  // namespace

HttpTarget recognise_target(std::string_view path) {
  path = only_path(path);
  const bool api = path.starts_with("/api/") || path.find("/api/") != std::string_view::npos;
  if (path.ends_with("/_bulk")) return {HttpForm::kBulk, api, {}};
  if (path.ends_with("/_multi")) return {HttpForm::kMulti, true, {}};
  return {HttpForm::kJson, api && path.ends_with("/_json"), {}};
}

bool names_index(std::string_view path) {
  path = only_path(path);
  if (!path.ends_with("/_bulk") || path.find("/api/") != std::string_view::npos) return false;
  path.remove_suffix(std::string_view("/_bulk").size());
  return !path.empty() && !path.ends_with("/es");
}

std::string_view content_type(HttpForm form) {
  return form == HttpForm::kJson ? "application/json" : "application/x-ndjson";
}

void make_body(const HttpTarget& target, const Parcel& parcel, std::size_t count, std::string& body) {
  const std::string_view lines = parcel.first_lines(count);
  switch (target.form) {
    case HttpForm::kJson: return make_array(lines, body);
    case HttpForm::kBulk: return make_bulk(target.index, parcel, lines, count, body);
    case HttpForm::kNdjson:
    case HttpForm::kMulti: body.assign(lines); return;
  }
}

std::string record_id(const Parcel& parcel, std::size_t i) {
  char id[kIdRoom];
  return {id, write_record_id(id, parcel, i)};
}

}  // namespace weir
