// The texts of a query: the first byte picks columns, condition, time or interfaces. None may crash, hang, or grow out
// of proportion; what a condition's uniform text says must parse again, to itself.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "query/request.h"

namespace weir {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Result<std::vector<IpAddress>> resolve(const std::string& name) {
  if (name.size() % 3 == 0) return fail("no such host");
  return std::vector{IpAddress::v4(0x0a000001), IpAddress::v6(AddressBytes{0x20, 0x01}.data())};
}

unsigned depth_of(const Condition& condition) {
  unsigned deepest = 0;
  for (const Condition& child : condition.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

void check_condition(std::string_view text) {
  const auto condition = parse_condition(text, resolve);
  if (!condition) {
    const std::string& message = condition.error().message;
    require(text.size() > 64 << 10 || std::ranges::count(message, '\n') == 2);
    return;
  }
  require(!condition->flows || depth_of(*condition->flows) < 1000);
  const auto again = parse_condition(condition->text, resolve);
  require(again.has_value() && again->text == condition->text && again->direction == condition->direction);
}

void check_columns(std::string_view text) {
  const auto columns = parse_columns(text);
  require(!columns || (!columns->empty() && columns->size() <= kFieldCount + 4));
}

void check_interfaces(std::string_view text) {
  const std::size_t end = text.find('\n');
  const auto filter = InterfaceFilter::parse(text.substr(0, end));
  if (filter && end != std::string_view::npos) filter->matches(text.substr(end + 1));
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A copy of exact size: a read past its end is a read past the allocation's.
  const std::string copy(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<char> exact(copy.begin(), copy.end());
  const std::string_view text(exact.data(), exact.size());
  switch (data[0] % 4) {
    case 0: weir::check_condition(text); break;
    case 1: weir::check_columns(text); break;
    case 2: static_cast<void>(weir::parse_time(text, 1'790'000'000'000'000'000)); break;
    default: weir::check_interfaces(text); break;
  }
  return 0;
}
