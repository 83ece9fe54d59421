#include "app/top/answers.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <functional>

namespace weir {
namespace {

// Where a value stands: "rows/bits_per_s" with items {3, 1} is the second number of the fourth row.
struct Place {
  std::string path;
  std::vector<std::size_t> items;
};

// Calls `visit` for every text and whole number of a document.
class Walker : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Walker> {
 public:
  using Visit = std::function<void(const Place&, std::string_view text, std::uint64_t number)>;
  explicit Walker(Visit visit) : visit_(std::move(visit)) {}

  bool String(const char* text, rapidjson::SizeType length, bool) { return value({text, length}, 0); }
  bool Uint(unsigned n) { return value({}, n); }
  bool Uint64(std::uint64_t n) { return value({}, n); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_.assign(text, length);
    return true;
  }
  bool StartObject() { return open(false); }
  bool StartArray() { return open(true); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  struct Level {
    bool is_array;
    std::size_t path_size;  // of the path above
  };

  bool open(bool is_array) {
    const std::size_t above = place_.path.size();
    append_key();
    levels_.push_back({is_array, above});
    if (is_array) place_.items.push_back(0);
    return true;
  }
  bool close() {
    if (levels_.back().is_array) place_.items.pop_back();
    place_.path.resize(levels_.back().path_size);
    levels_.pop_back();
    return next();
  }
  bool value(std::string_view text, std::uint64_t number) {
    const std::size_t above = place_.path.size();
    append_key();
    visit_(place_, text, number);
    place_.path.resize(above);
    return next();
  }
  bool in_array() const { return !levels_.empty() && levels_.back().is_array; }
  bool next() {
    if (in_array()) ++place_.items.back();
    return true;
  }
  // Items of a list have no key.
  void append_key() {
    if (levels_.empty() || in_array()) return;
    if (!place_.path.empty()) place_.path += '/';
    place_.path += key_;
  }

  Visit visit_;
  Place place_;
  std::string key_;
  std::vector<Level> levels_;
};

Result<void> walk(std::string_view json, Walker::Visit visit) {
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(json.data(), json.size());
  Walker walker(std::move(visit));
  if (reader.Parse(stream, walker)) return {};
  return fail("the answer is not what this weir understands; are both of the same version?");
}

template <typename T>
T& item(std::vector<T>& list, std::size_t at) {
  if (list.size() <= at) list.resize(at + 1);
  return list[at];
}

void set_rate(RatesAnswer& rates, const Place& at, std::uint64_t number) {
  const std::size_t window = at.items.empty() ? 3 : at.items.back();
  if (window >= rates.bits_per_s.size()) return;
  (at.path.ends_with("/bits_per_s") ? rates.bits_per_s : rates.packets_per_s)[window] = number;
}

void set_member(TalkerAnswer& row, const Place& at, std::string_view text, std::uint64_t number) {
  const std::string_view member = std::string_view(at.path).substr(at.path.find('/') + 1);
  if (member == "src_addr") row.src_addr = text;
  if (member == "dst_addr") row.dst_addr = text;
  if (member == "addr") row.addr = text;
  if (member == "proto") row.proto = text;
  if (member == "src_port") row.src_port = static_cast<std::uint16_t>(number);
  if (member == "dst_port") row.dst_port = static_cast<std::uint16_t>(number);
  if (member == "port") row.port = static_cast<std::uint16_t>(number);
  if (member == "bytes") row.bytes = number;
  if (member.ends_with("_per_s")) set_rate(row.rates, at, number);
}

}  // namespace

Result<LiveAnswer> read_live_answer(std::string_view json) {
  LiveAnswer answer;
  const auto read = walk(json, [&](const Place& at, std::string_view text, std::uint64_t number) {
    if (at.path == "now") answer.now = number;
    if (at.path == "protocols/name") item(answer.protocols, at.items.front()).name = text;
    if (at.path == "protocols/bits") item(answer.protocols, at.items.front()).bits.push_back(number);
    if (at.path == "protocols/packets") item(answer.protocols, at.items.front()).packets.push_back(number);
  });
  if (!read) return std::unexpected(read.error());
  return answer;
}

Result<TopAnswer> read_top_answer(std::string_view json) {
  TopAnswer answer;
  const auto read = walk(json, [&](const Place& at, std::string_view text, std::uint64_t number) {
    if (at.path == "window_s") answer.window_s = number;
    if (at.path == "dropped") answer.dropped = number;
    if (at.path.starts_with("total/")) set_rate(answer.total, at, number);
    if (at.path.starts_with("rows/")) set_member(item(answer.rows, at.items.front()), at, text, number);
  });
  if (!read) return std::unexpected(read.error());
  return answer;
}

}  // namespace weir
