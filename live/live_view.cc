#include "live/live_view.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json_text.h"
#include "flow/names.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(TopBy::kCount)> kNames{"flows", "hosts", "ports"};

struct Placed {
  TopKey key;
  bool from_b;
};

Placed conversation(const Talk& talk) {
  const bool from_b = std::tie(talk.dst, talk.dst_port) < std::tie(talk.src, talk.src_port);
  return {from_b ? TopKey{talk.dst, talk.src, talk.dst_port, talk.src_port, talk.proto, talk.family, 0}
                 : TopKey{talk.src, talk.dst, talk.src_port, talk.dst_port, talk.proto, talk.family, 0},
          from_b};
}

TopKey host(const AddressBytes& address, Family family) { return {address, {}, 0, 0, 0, family, 0}; }

TopKey service(const Talk& talk) { return {{}, {}, talk.service_port, 0, talk.proto, Family::kNone, 0}; }

void count_into(TopTable& table, TopBy by, const Talk& talk, std::uint64_t second) {
  table.add_total(talk.amount, second);
  if (by == TopBy::kPorts) {
    if (talk.service_port != 0) table.add(service(talk), false, talk.amount, second);
  } else if (talk.family == Family::kNone) {
    return;
  } else if (by == TopBy::kHosts) {
    table.add(host(talk.src, talk.family), false, talk.amount, second);
    if (talk.src != talk.dst) table.add(host(talk.dst, talk.family), false, talk.amount, second);
  } else {
    const auto [key, from_b] = conversation(talk);
    table.add(key, from_b, talk.amount, second);
  }
}

std::string address_text(const AddressBytes& bytes, Family family) { return IpAddress{bytes, family}.to_string(); }

void write_key(JsonText& json, TopBy by, const TopRow& row) {
  const TopKey& key = row.key;
  if (by == TopBy::kFlows) {
    json.text("src_addr", address_text(row.b_is_busier ? key.b : key.a, key.family));
    json.text("dst_addr", address_text(row.b_is_busier ? key.a : key.b, key.family));
    json.number("src_port", row.b_is_busier ? key.port_b : key.port_a);
    json.number("dst_port", row.b_is_busier ? key.port_a : key.port_b);
  } else if (by == TopBy::kHosts) {
    json.text("addr", address_text(key.a, key.family));
    return;
  } else {
    json.number("port", key.port_a);
  }
  json.text("proto", protocol_name(key.proto));
}

void write_rates(JsonText& json, const TopRates& rates) {
  json.numbers("bits_per_s", rates.bits_per_s);
  json.numbers("packets_per_s", rates.packets_per_s);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// "top flows 50" → "top", "flows", "50".
std::vector<std::string_view> words_of(std::string_view command) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at <= command.size();) {
    const std::size_t end = std::min(command.find(' ', at), command.size());
    words.push_back(command.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

LiveTime live_time() { return {wall_time_ns(), steady_time_ns()}; }

LiveView::LiveView(std::chrono::nanoseconds settle, std::function<LiveTime()> clock)
    : settle_ns_(static_cast<std::uint64_t>(settle.count())),
      clock_(std::move(clock)),
      began_(clock_().wall_ns / kNsPerSecond) {}

void LiveView::add(const ProtocolSums& sums, std::uint64_t second) {
  const std::uint64_t now = clock_().wall_ns / kNsPerSecond;
  const std::scoped_lock lock(seconds_mutex_);
  began_ = std::min(began_, now);  // the clock was put back
  seconds_.add(sums, second, now);
}

void LiveView::add(const FlowBatch& batch) {
  ProtocolSums sums{};
  std::uint64_t second = 0;
  std::uint32_t origin = 0;  // 0 stands for none
  for (const Flow& flow : batch.flows()) {
    if (flow.origin != origin) {
      origin = flow.origin;
      const std::uint64_t received = batch.origin(flow).time_received_ns / kNsPerSecond;
      if (received != second && second != 0) add(std::exchange(sums, {}), second);
      second = received;
    }
    ProtocolSum& sum = sums[static_cast<std::size_t>(live_protocol(flow.proto))];
    sum.traffic += forward_amount(flow);
    sum.traffic += reverse_amount(batch, flow);
    ++sum.flows;
  }
  add(sums, second);
  if (!is_watched()) return;

  const std::uint64_t now = clock_().steady_ns;
  const std::scoped_lock lock(top_mutex_);
  for (const Flow& flow : batch.flows()) {
    const Amount reverse = reverse_amount(batch, flow);
    const bool is_biflow = reverse.bytes != 0 || reverse.packets != 0;
    const Talk forward = talk_of(flow, is_biflow);
    if (forward.amount.bytes != 0 || forward.amount.packets != 0) count(forward, now);
    if (is_biflow) count(forward.reversed(reverse), now);
  }
}

void LiveView::add(std::span<const Talk> talks, std::uint64_t steady_ns) {
  if (!is_watched()) return;
  const std::scoped_lock lock(top_mutex_);
  for (const Talk& talk : talks) count(talk, steady_ns);
}

// REQUIRES top_mutex_.
void LiveView::count(const Talk& talk, std::uint64_t steady_ns) {
  for (std::size_t i = 0; i < rankings_.size(); ++i) {
    Ranking& ranking = rankings_[i];
    if (ranking.table == nullptr) continue;
    count_into(*ranking.table, static_cast<TopBy>(i), talk, ranking.second(steady_ns));
  }
}

bool LiveView::is_watched() {
  if (watched_until_ns_.load(std::memory_order_relaxed) == 0) return false;
  const std::uint64_t now = clock_().steady_ns;
  if (now < watched_until_ns_.load(std::memory_order_relaxed)) return true;
  const std::scoped_lock lock(top_mutex_);
  give_up(now);
  return watched_until_ns_ != 0;
}

// REQUIRES top_mutex_.
void LiveView::give_up(std::uint64_t steady_ns) {
  std::uint64_t until = 0;
  for (Ranking& ranking : rankings_) {
    if (steady_ns >= ranking.until_ns) ranking = {};
    until = std::max(until, ranking.until_ns);
  }
  watched_until_ns_ = until;
}

std::string LiveView::live(std::uint64_t since) {
  const std::uint64_t wall_ns = clock_().wall_ns;
  const std::scoped_lock lock(seconds_mutex_);
  const std::uint64_t end = (wall_ns - settle_ns_) / kNsPerSecond;  // of the seconds that are complete
  const std::uint64_t first = std::min(
      end, std::max({saturating_add(since, 1), end - std::min<std::uint64_t>(end, ProtocolSeconds::kSeconds), began_}));
  std::vector<ProtocolSums> seconds;
  for (std::uint64_t second = first; second < end; ++second) seconds.push_back(seconds_.at(second));

  JsonText json;
  json.begin_object();
  json.number("now", end - 1);
  json.number("first", first);
  std::array<LiveProtocol, kLiveProtocols> protocols;
  for (std::size_t i = 0; i < kLiveProtocols; ++i) protocols[i] = static_cast<LiveProtocol>(i);
  json.objects("protocols", protocols, [&](LiveProtocol protocol) {
    std::vector<std::uint64_t> bits, packets, flows;
    for (const ProtocolSums& sums : seconds) {
      const ProtocolSum& sum = sums[static_cast<std::size_t>(protocol)];
      bits.push_back(saturating_product(sum.traffic.bytes, 8));
      packets.push_back(sum.traffic.packets);
      flows.push_back(sum.flows);
    }
    json.text("name", live_protocol_name(protocol));
    json.numbers("bits", bits);
    json.numbers("packets", packets);
    json.numbers("flows", flows);
  });
  json.end_object();
  return json.take();
}

std::string LiveView::top(TopBy by, std::size_t limit) {
  const LiveTime now = clock_();
  std::vector<TopRow> rows;
  TopRates total;
  std::uint64_t watched = 0, dropped = 0;
  {
    const std::scoped_lock lock(top_mutex_);
    give_up(now.steady_ns);
    Ranking& ranking = rankings_[static_cast<std::size_t>(by)];
    if (ranking.table == nullptr) ranking = {now.steady_ns, 0, std::make_unique<TopTable>()};
    ranking.until_ns = now.steady_ns + kWatch;
    watched_until_ns_ = std::max(ranking.until_ns, watched_until_ns_.load());
    const std::uint64_t second = ranking.second(now.steady_ns - settle_ns_);
    watched = std::min(second - std::min<std::uint64_t>(second, 1), kTopWindows.back());
    rows = ranking.table->rows(limit, second, watched);
    total = ranking.table->total(second, watched);
    dropped = ranking.table->dropped();
  }

  JsonText json;
  json.begin_object();
  json.text("by", kNames[static_cast<std::size_t>(by)]);
  json.number("now", now.wall_ns / kNsPerSecond);
  json.number("window_s", watched);
  json.objects("rows", rows, [&](const TopRow& row) {
    write_key(json, by, row);
    write_rates(json, row.rates);
    json.number("bytes", row.bytes);
  });
  json.begin_object("total");
  write_rates(json, total);
  json.end_object();
  json.number("dropped", dropped);
  json.end_object();
  return json.take();
}

std::optional<Result<std::string>> LiveView::answer(std::string_view command) {
  const std::vector<std::string_view> words = words_of(command);
  if (words[0] == "live") {
    const auto since = words.size() == 2 ? whole_number(words[1]) : std::nullopt;
    if (!since) return fail("live needs a time: live SINCE, in seconds since 1970, 0 for all there is");
    return live(*since);
  }
  if (words[0] != "top") return std::nullopt;
  const auto by = words.size() == 3 ? std::ranges::find(kNames, words[1]) : kNames.end();
  const auto limit = words.size() == 3 ? whole_number(words[2]) : std::nullopt;
  if (by == kNames.end() || !limit || *limit == 0 || *limit > kMaxRows) {
    return fail("top needs a ranking and a number of rows: top flows|hosts|ports LIMIT, with LIMIT from 1 to " +
                std::to_string(kMaxRows));
  }
  return top(static_cast<TopBy>(by - kNames.begin()), *limit);
}

}  // namespace weir
