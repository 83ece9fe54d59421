// Inside app/top: the rows of a ranking as text, filtered and in order.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "app/top/view.h"

namespace weir {

struct TopTextRow {
  std::string from, to;  // hosts and ports have no `to`
  std::string service;   // protocol, and the service by its port's name
  std::array<std::uint64_t, 3> rates{};
  std::uint64_t bytes = 0;
};

// The value that a choice of sorting compares.
std::uint64_t value_of(const TopTextRow& row, TopColumn column);

// Of `rates`, what the unit says.
std::array<std::uint64_t, 3> in_unit(const RatesAnswer& rates, TopUnit unit);

std::vector<TopTextRow> top_rows(const TopPicture& picture, const TopChoices& choices);

}  // namespace weir
