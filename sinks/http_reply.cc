#include "sinks/http_reply.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <unordered_map>

namespace weir {
namespace {

template <typename Handler>
bool parse(std::string_view body, Handler& handler) {
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(body.data(), body.size());
  // Iterative: a body nested a thousand deep must not use up the stack.
  return !reader.Parse<rapidjson::kParseIterativeFlag>(stream, handler).IsError();
}

struct OpenObserveReader : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, OpenObserveReader> {
  OpenObserveReply found;
  std::string key;
  std::uint64_t code = 0;
  bool has_status = false, odd_count = false;

  bool Default() {
    odd_count = odd_count || key == "failed";  // no count that could be believed
    key.clear();
    return true;
  }
  bool StartArray() {
    has_status = has_status || key == "status";
    return Default();
  }
  bool Uint(unsigned v) { return Uint64(v); }
  bool Uint64(std::uint64_t v) {
    if (key == "failed") found.failed += std::min<std::uint64_t>(v, UINT32_MAX);
    if (key == "code") code = v;
    key.clear();
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (key == "error" && found.error.empty()) found.error = excerpt({text, length});
    return Default();
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key.assign(text, length);
    return true;
  }
};

// Depths of objects and arrays: 1 the answer, 2 "items", 3 one item, 4 what its action did, 5 and more its error.
struct BulkReader : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, BulkReader> {
  static constexpr unsigned kAnswer = 1, kItems = 2, kItem = 3, kAction = 4;

  BulkReply found;
  std::string key;
  unsigned depth = 0;
  bool in_items = false, has_errors = false;

  bool in_action() const { return in_items && depth >= kAction && !found.items.empty(); }

  bool StartObject() {
    ++depth;
    if (in_items && depth == kItem) found.items.emplace_back();
    return Default();
  }
  bool EndObject(rapidjson::SizeType) {
    --depth;
    return Default();
  }
  bool StartArray() {
    ++depth;
    if (depth == kItems && key == "items") in_items = true;
    return Default();
  }
  bool EndArray(rapidjson::SizeType) {
    if (depth == kItems) in_items = false;
    --depth;
    return Default();
  }
  bool Default() {
    key.clear();
    return true;
  }
  bool Bool(bool v) {
    if (depth == kAnswer && key == "errors") {
      has_errors = true;
      found.errors = v;
    }
    return Default();
  }
  bool Uint(unsigned v) {
    if (in_action() && depth == kAction && key == "status") found.items.back().status = v;
    return Default();
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (in_action()) {
      BulkItem& item = found.items.back();
      if (depth == kAction && key == "_id") item.id.assign(text, length);
      const bool reason = key == "reason" || (depth == kAction && key == "error");
      if (reason && item.error.empty()) item.error = excerpt({text, length});
    }
    return Default();
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key.assign(text, length);
    return true;
  }
};

bool may_pass(unsigned status) { return status == 408 || status == 429 || status >= 500; }
// 409: a record of this id is there, from a try whose answer was lost.
bool is_taken(unsigned status) { return (status >= 200 && status < 300) || status == 409; }

}  // namespace

HttpVerdict judge(const HttpReply& reply) {
  if (reply.status >= 200 && reply.status < 300) return HttpVerdict::kTaken;
  if (reply.status == 413) return HttpVerdict::kTooLarge;
  if (reply.status == 401 || reply.status == 403) return HttpVerdict::kUnauthorized;
  const bool again = reply.status < 400 || may_pass(static_cast<unsigned>(reply.status));
  return again ? HttpVerdict::kRetry : HttpVerdict::kRefuse;
}

bool may_have_taken(const HttpReply& reply) {
  if (reply.status == 0) return reply.connected;
  return reply.status >= 400 && reply.status != 429 && reply.status != 503 && judge(reply) == HttpVerdict::kRetry;
}

OpenObserveReply read_openobserve_reply(std::string_view body) {
  OpenObserveReader reader;
  if (!parse(body, reader)) return {};
  reader.found.confirmed = reader.has_status && !reader.odd_count && reader.code == 200;
  return std::move(reader.found);
}

BulkReply read_bulk_reply(std::string_view body) {
  BulkReader reader;
  if (!parse(body, reader)) return {};
  reader.found.confirmed = reader.has_errors;
  return std::move(reader.found);
}

BulkOutcome read_outcome(const BulkReply& reply, std::size_t count,
                         const std::function<std::string(std::size_t)>& id_of_record) {
  BulkOutcome outcome;
  outcome.settled.assign(count, true);
  if (!reply.errors) return outcome;
  std::unordered_map<std::string, std::size_t> by_id;
  for (std::size_t i = 0; i < count; ++i) by_id.emplace(id_of_record(i), i);
  std::vector<bool> told(count);
  for (std::size_t i = 0; i < reply.items.size(); ++i) {
    const BulkItem& item = reply.items[i];
    if (is_taken(item.status)) continue;
    if (outcome.error.empty()) outcome.error = std::to_string(item.status) + " " + item.error;
    const auto found = by_id.find(item.id);
    const bool by_place = found == by_id.end() && item.id.empty() && reply.items.size() == count;
    if (found == by_id.end() && !by_place) {
      ++outcome.doubtful;
      continue;
    }
    const std::size_t record = by_place ? i : found->second;
    if (told[record]) continue;
    told[record] = true;
    if (may_pass(item.status)) {
      outcome.settled[record] = false;
    } else {
      outcome.refused.push_back({record, item.status, item.error});
    }
  }
  return outcome;
}

std::string excerpt(std::string_view text, std::size_t most) {
  std::string result(text.substr(0, most));
  std::ranges::replace_if(result, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return result;
}

std::string describe(const HttpReply& reply) {
  if (reply.status == 0) return reply.error;
  std::string status = "the server answered " + std::to_string(reply.status);
  if (reply.status >= 300 && reply.status < 400) status += ", a redirection: correct the URL";
  return reply.body.empty() ? status : status + ": " + excerpt(reply.body);
}

}  // namespace weir
