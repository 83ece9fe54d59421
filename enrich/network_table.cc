#include "enrich/network_table.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <tuple>

#include "base/suggest.h"
#include "enrich/place_draft.h"

namespace weir {
namespace {

constexpr std::string_view kColumnsInWords = "prefix, name, site, role, tenant";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// One line's cells; a cell in quotes may hold commas, and quotes written twice. None where a quote is not closed.
std::optional<std::vector<std::string>> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (;;) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    std::string cell;
    if (line.starts_with('"')) {
      line.remove_prefix(1);
      for (;;) {
        const std::size_t quote = line.find('"');
        if (quote == std::string_view::npos) return std::nullopt;
        cell += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        cell += '"';
        line.remove_prefix(1);
      }
      if (!trimmed(line.substr(0, line.find(','))).empty()) return std::nullopt;
    } else {
      cell = trimmed(line.substr(0, line.find(',')));
    }
    cells.push_back(std::move(cell));
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

// The last address of a prefix.
AddressBytes last_of(const Prefix& prefix) {
  AddressBytes last = prefix.address.bytes;
  const unsigned bits = prefix.address.family == Family::kV4 ? 32 : 128;
  for (unsigned bit = prefix.length; bit < bits; ++bit) {
    last[bit / 8] = static_cast<std::uint8_t>(last[bit / 8] | 0x80 >> bit % 8);
  }
  return last;
}

// The address after another; none after the last of all.
std::optional<AddressBytes> next_of(AddressBytes address, Family family) {
  for (std::size_t i = family == Family::kV4 ? 4 : 16; i-- > 0;) {
    if (++address[i] != 0) return address;
  }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {}

  Result<std::vector<Network>> parse(std::string_view csv) {
    if (csv.starts_with("\xef\xbb\xbf")) csv.remove_prefix(3);
    while (!csv.empty()) {
      const std::size_t end = std::min(csv.find('\n'), csv.size());
      const std::string_view line = trimmed(csv.substr(0, end));
      csv.remove_prefix(std::min(end + 1, csv.size()));
      ++line_;
      if (line.empty() || line.starts_with('#')) continue;
      const auto cells = cells_of(line);
      if (!cells) return wrong("a quote is not closed, or something stands behind it");
      if (auto taken = columns_.empty() ? take_heading(*cells) : take_row(*cells); !taken) {
        return std::unexpected(taken.error());
      }
    }
    if (columns_.empty())
      return fail(file_ +
                  ": there is no heading line; the first one names the columns: " + std::string(kColumnsInWords));
    if (auto unique = check_for_duplicates(); !unique) return std::unexpected(unique.error());
    return std::move(networks_);
  }

 private:
  using Column = std::string Network::*;
  static constexpr std::array<std::pair<std::string_view, Column>, 5> kColumns = {{{"prefix", nullptr},
                                                                                   {"name", &Network::name},
                                                                                   {"site", &Network::site},
                                                                                   {"role", &Network::role},
                                                                                   {"tenant", &Network::tenant}}};

  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(file_ + ", line " + std::to_string(line_) + ": " + what);
  }

  Result<void> take_heading(const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) {
      const auto known = std::ranges::find(kColumns, std::string_view(cell), &decltype(kColumns)::value_type::first);
      if (known == kColumns.end()) {
        constexpr auto kNames = std::to_array<std::string_view>({"prefix", "name", "site", "role", "tenant"});
        return wrong("'" + cell + "' is no column; the heading line names them: " + std::string(kColumnsInWords) +
                     did_you_mean(cell, kNames));
      }
      if (std::ranges::find(columns_, known->second) != columns_.end())
        return wrong("column " + cell + " stands twice");
      columns_.push_back(known->second);
    }
    if (std::ranges::find(columns_, nullptr) == columns_.end()) return wrong("there is no column 'prefix'");
    return {};
  }

  Result<void> take_row(const std::vector<std::string>& cells) {
    if (cells.size() > columns_.size()) {
      return wrong(std::to_string(cells.size()) + " cells, where the heading line has " +
                   std::to_string(columns_.size()) + " columns; a text with a comma needs quotes");
    }
    Network network;
    bool named = false, placed = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (columns_[i] == nullptr) {
        const auto prefix = Prefix::parse(cells[i]);
        if (!prefix) return wrong("'" + cells[i] + "' is no prefix, such as 10.1.0.0/16 or 2001:db8::/32");
        network.prefix = *prefix;
        placed = true;
        continue;
      }
      if (cells[i].size() > PlaceDraft::kLongestText) return wrong("a text is longer than 255 bytes");
      named |= !cells[i].empty();
      network.*columns_[i] = cells[i];
    }
    if (!placed) return wrong("there is no prefix");
    if (!named) return wrong(network.prefix.address.to_string() + " has neither a name nor anything else");
    networks_.push_back(std::move(network));
    lines_.push_back(line_);
    return {};
  }

  // Tells of the first line whose prefix stands on an earlier one. Sorting is several times faster than a map.
  Result<void> check_for_duplicates() {
    std::vector<std::uint32_t> order(networks_.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto prefix = [this](std::uint32_t n) {
      return std::tie(networks_[n].prefix.address, networks_[n].prefix.length);
    };
    std::ranges::sort(
        order, [&](std::uint32_t a, std::uint32_t b) { return std::tuple(prefix(a), a) < std::tuple(prefix(b), b); });
    auto again = static_cast<std::uint32_t>(order.size());
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (order[i] >= again || prefix(order[i]) != prefix(order[i - 1])) continue;
      again = order[i];
      first = lines_[order[i - 1]];
    }
    if (again == order.size()) return {};
    line_ = lines_[again];
    return wrong("the same prefix stands on line " + std::to_string(first) + " already");
  }

  const std::string& file_;
  std::size_t line_ = 0;
  std::vector<Column> columns_;  // nullptr: the prefix
  std::vector<Network> networks_;
  std::vector<std::size_t> lines_;  // of networks_
};

}  // namespace

// Prefixes lie inside each other or apart, so that a sweep from the lowest address with a stack of those that are open
// cuts them into ranges.
std::vector<NetworkTable::Range> NetworkTable::ranges_of(std::span<const Network> networks, Family family) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < networks.size(); ++i) {
    if (networks[i].prefix.address.family == family) order.push_back(i + 1);
  }
  const auto prefix = [&](std::uint32_t n) -> const Prefix& { return networks[n - 1].prefix; };
  std::ranges::sort(order, {}, [&](std::uint32_t n) { return std::pair(prefix(n).address.bytes, prefix(n).length); });

  std::vector<Range> ranges;
  std::vector<std::uint32_t> open;
  const auto begin = [&](const AddressBytes& first, std::uint32_t network) {
    if (!ranges.empty() && ranges.back().first == first) {
      ranges.back().network = network;
    } else {
      ranges.push_back({first, network});
    }
  };
  const auto close = [&] {
    const auto next = next_of(last_of(prefix(open.back())), family);
    open.pop_back();
    if (next) begin(*next, open.empty() ? 0 : open.back());
  };
  for (const std::uint32_t n : order) {
    while (!open.empty() && last_of(prefix(open.back())) < prefix(n).address.bytes) close();
    begin(prefix(n).address.bytes, n);
    open.push_back(n);
  }
  while (!open.empty()) close();
  return ranges;
}

NetworkTable::NetworkTable(std::vector<Network> networks)
    : networks_(std::move(networks)), v4_(ranges_of(networks_, Family::kV4)), v6_(ranges_of(networks_, Family::kV6)) {}

Result<NetworkTable> NetworkTable::parse(std::string_view csv, const std::string& file) {
  auto networks = Parser(file).parse(csv);
  if (!networks) return std::unexpected(networks.error());
  return NetworkTable(std::move(*networks));
}

std::uint32_t NetworkTable::find(const AddressBytes& address, Family family) const {
  if (family == Family::kNone) return 0;
  const std::vector<Range>& ranges = family == Family::kV4 ? v4_ : v6_;
  const auto after = std::ranges::upper_bound(ranges, address, {}, &Range::first);
  return after == ranges.begin() ? 0 : std::prev(after)->network;
}

}  // namespace weir
