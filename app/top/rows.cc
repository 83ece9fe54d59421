#include "app/top/rows.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <map>

#include "flow/address.h"
#include "query/words.h"

namespace weir {
namespace {

// Names from DNS may hold anything.
std::string as_ascii(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

// By the system's list; empty when it has none.
std::string service_name(std::uint16_t port, const std::string& protocol) {
  static std::map<std::pair<std::uint16_t, std::string>, std::string> known;
  const auto [at, is_new] = known.try_emplace({port, protocol});
  if (!is_new || (protocol != "tcp" && protocol != "udp")) return at->second;
  servent found{};
  servent* result = nullptr;
  char buffer[1024];
  if (::getservbyport_r(htons(port), protocol.c_str(), &found, buffer, sizeof buffer, &result) == 0 &&
      result != nullptr) {
    at->second = result->s_name;
  }
  return at->second;
}

std::string service_of(const TalkerAnswer& row) {
  const std::string protocol = lower(row.proto);
  for (const std::uint16_t port :
       {row.port, std::min(row.src_port, row.dst_port), std::max(row.src_port, row.dst_port)}) {
    if (port == 0) continue;
    const std::string name = service_name(port, protocol);
    if (!name.empty()) return row.proto + " " + name;
  }
  return row.proto;
}

std::string endpoint(const std::string& shown, std::uint16_t port) {
  if (port == 0) return shown;
  const bool brackets = shown.find(':') != std::string::npos;
  return (brackets ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

// An address or block takes what lies in it; any other text what contains it.
class Filter {
 public:
  explicit Filter(const std::string& text) : text_(lower(text)), block_(Prefix::parse(text)) {}

  bool takes(const TalkerAnswer& row, const TopTextRow& shown) const {
    if (text_.empty()) return true;
    if (block_) {
      return std::ranges::any_of(std::initializer_list<std::string>{row.src_addr, row.dst_addr, row.addr},
                                 [&](const std::string& one) {
                                   const auto address = IpAddress::parse(one);
                                   return address && block_->contains(*address);
                                 });
    }
    return lower(shown.from + " " + shown.to + " " + shown.service).find(text_) != std::string::npos;
  }

 private:
  std::string text_;
  std::optional<Prefix> block_;
};

}  // namespace

std::uint64_t value_of(const TopTextRow& row, TopColumn column) {
  return column == TopColumn::kTotal ? row.bytes : row.rates[static_cast<std::size_t>(column)];
}

std::array<std::uint64_t, 3> in_unit(const RatesAnswer& rates, TopUnit unit) {
  if (unit == TopUnit::kPackets) return rates.packets_per_s;
  std::array<std::uint64_t, 3> all = rates.bits_per_s;
  if (unit == TopUnit::kBytes) {
    for (std::uint64_t& one : all) one /= 8;
  }
  return all;
}

std::vector<TopTextRow> top_rows(const TopPicture& picture, const TopChoices& choices) {
  const auto shown = [&](const std::string& address) {
    const auto name = choices.names && picture.name ? picture.name(address) : std::nullopt;
    return as_ascii(name.value_or(address));
  };
  const Filter filter(choices.filter);
  std::vector<TopTextRow> rows;
  for (const TalkerAnswer& one : picture.top.rows) {
    TopTextRow row;
    if (choices.by == "flows") {
      row.from = endpoint(shown(one.src_addr), one.src_port);
      row.to = endpoint(shown(one.dst_addr), one.dst_port);
    } else {
      row.from = choices.by == "hosts" ? shown(one.addr) : std::to_string(one.port);
    }
    row.service = as_ascii(service_of(one));
    row.rates = in_unit(one.rates, choices.unit);
    row.bytes = one.bytes;
    if (filter.takes(one, row)) rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, [&](const TopTextRow& l, const TopTextRow& r) {
    return value_of(l, choices.sort) > value_of(r, choices.sort);
  });
  return rows;
}

}  // namespace weir
