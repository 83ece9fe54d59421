#include "app/top/answers.h"

#include <algorithm>

#include "base/json_tree.h"

namespace weir {
namespace {

constexpr std::size_t kMostValues = 200'000;  // more than the longest answer has

Result<JsonTree> read_answer(std::string_view json) {
  auto tree = JsonTree::parse(json, kMostValues);
  if (!tree) return fail("the answer is not what this weir understands; are both of the same version?");
  return tree;
}

std::vector<std::uint64_t> numbers_of(const JsonTree& list) {
  std::vector<std::uint64_t> numbers;
  for (const JsonTree& one : list.items()) numbers.push_back(one.number());
  return numbers;
}

void read_windows(const JsonTree& list, std::array<std::uint64_t, 3>& rates) {
  const auto items = list.items().first(std::min(list.items().size(), rates.size()));
  std::ranges::transform(items, rates.begin(), &JsonTree::number);
}

RatesAnswer rates_of(const JsonTree& tree) {
  RatesAnswer rates;
  read_windows(tree["bits_per_s"], rates.bits_per_s);
  read_windows(tree["packets_per_s"], rates.packets_per_s);
  return rates;
}

std::uint16_t port_of(const JsonTree& number) { return static_cast<std::uint16_t>(number.number()); }

TalkerAnswer talker_of(const JsonTree& row) {
  TalkerAnswer talker;
  talker.src_addr = row["src_addr"].text();
  talker.dst_addr = row["dst_addr"].text();
  talker.addr = row["addr"].text();
  talker.proto = row["proto"].text();
  talker.src_port = port_of(row["src_port"]);
  talker.dst_port = port_of(row["dst_port"]);
  talker.port = port_of(row["port"]);
  talker.rates = rates_of(row);
  talker.bytes = row["bytes"].number();
  return talker;
}

}  // namespace

Result<LiveAnswer> read_live_answer(std::string_view json) {
  const auto tree = read_answer(json);
  if (!tree) return std::unexpected(tree.error());
  LiveAnswer answer;
  answer.now = (*tree)["now"].number();
  for (const JsonTree& one : (*tree)["protocols"].items()) {
    answer.protocols.push_back({one["name"].text(), numbers_of(one["bits"]), numbers_of(one["packets"])});
  }
  return answer;
}

Result<TopAnswer> read_top_answer(std::string_view json) {
  const auto tree = read_answer(json);
  if (!tree) return std::unexpected(tree.error());
  TopAnswer answer;
  answer.window_s = (*tree)["window_s"].number();
  answer.dropped = (*tree)["dropped"].number();
  answer.total = rates_of((*tree)["total"]);
  for (const JsonTree& row : (*tree)["rows"].items()) answer.rows.push_back(talker_of(row));
  return answer;
}

}  // namespace weir
