#include "query/query_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::uint64_t kDay = 86'400 * kNsPerSecond;
constexpr std::size_t kDefaultLimit = 1000;

// "time_resolution" is --time-resolution on the command line.
std::unexpected<TextError> fail_for(const std::string& option, const std::string& reason) {
  std::string flag = option;
  std::ranges::replace(flag, '_', '-');
  return std::unexpected(TextError{{"--" + flag + ": " + reason}, option, reason, {}});
}

bool has_time(const QueryRequest& request) {
  return std::ranges::any_of(request.columns,
                             [](const QueryColumn& c) { return c.field.kind == QueryField::Kind::kTime; });
}

TextResult<TimeRange> time_range(const QueryText& text, std::uint64_t now_ns, bool by_time) {
  TimeRange times{0, now_ns};
  if (!text.last.empty()) {
    const auto last = parse_last_time(text.last, now_ns);
    if (!last) return fail_for("last", last.error().message);
    times.last = *last;
  }
  if (text.first.empty()) {
    const std::uint64_t window = by_time ? kDay : 30 * kDay;
    times.first = times.last > window ? times.last - window : 0;
  } else {
    const auto first = parse_time(text.first, now_ns);
    if (!first) return fail_for("first", first.error().message);
    times.first = *first;
  }
  if (times.first >= times.last) {
    const std::string last = text.last.empty() ? "now" : text.last;
    TextError error{{"the time range is empty: --first '" + text.first + "' is not before --last '" + last + "'"},
                    "first",
                    "the time range is empty: '" + text.first + "' is not before '" + last + "'",
                    {}};
    return std::unexpected(std::move(error));
  }
  return times;
}

Counters counters_of(const QueryText& text) {
  if (text.sum) return Counters::kSum;
  if (text.in != text.out) return text.in ? Counters::kIn : Counters::kOut;
  return Counters::kBoth;
}

// A query of times is read from the first to the last, all of it, unless other wishes are made.
void set_order(const QueryText& text, bool by_time, QueryRequest& request) {
  const std::string sort = !text.sort.empty() ? text.sort : by_time ? "time" : "bytes";
  request.sort = sort == "time" ? SortBy::kTime : sort == "packets" ? SortBy::kPackets : SortBy::kBytes;
  request.ascending = text.ascending || (text.sort.empty() && by_time);
  request.limit = text.limit != 0 ? text.limit : by_time ? std::numeric_limits<std::size_t>::max() : kDefaultLimit;
}

}  // namespace

TextResult<QueryRequest> make_request(const QueryText& text, std::uint64_t now_ns, const ResolveName& resolve) {
  QueryRequest request;
  auto columns = parse_columns(text.columns);
  if (!columns) {
    const std::string& reason = columns.error().message;
    return std::unexpected(TextError{{reason}, "query", reason, {}});
  }
  request.columns = std::move(*columns);
  auto interfaces = InterfaceFilter::parse(text.interfaces);
  if (!interfaces) return fail_for("ifaces", interfaces.error().message);
  request.interfaces = std::move(*interfaces);
  auto condition = parse_condition(text.condition, resolve);
  if (!condition) return std::unexpected(condition.error());
  request.condition = std::move(*condition);
  const auto resolution = parse_time_resolution(text.time_resolution);
  if (!resolution) return fail_for("time_resolution", resolution.error().message);
  request.time_resolution_ns = *resolution;
  const bool by_time = has_time(request);
  const auto times = time_range(text, now_ns, by_time);
  if (!times) return std::unexpected(times.error());
  request.times = *times;
  request.counters = counters_of(text);
  set_order(text, by_time, request);
  request.sampling = text.sampling == "scaled" ? Sampling::kScaled : Sampling::kRaw;
  request.biflow = text.biflow;
  return request;
}

}  // namespace weir
