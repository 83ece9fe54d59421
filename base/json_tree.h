// A small JSON document as a whole, for what is read once and looked into by name: the status of a running daemon.
//
// Hostile input: depth and number of values are bounded. What is not there, or is of another kind, reads as empty, 0
// or false, so that one version of weir can read what another wrote.
//
// Thread rules: a value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir {

class JsonTree {
 public:
  static constexpr std::size_t kMostDepth = 32;
  static constexpr std::size_t kMostValues = 4 << 20;

  JsonTree() = default;
  static Result<JsonTree> parse(std::string_view text, std::size_t most_values = kMostValues);

  // A member of an object.
  const JsonTree& operator[](std::string_view name) const;
  // The items of a list or the members of an object, in their order.
  std::span<const JsonTree> items() const { return items_; }
  // The name of a member; empty for others.
  const std::string& name() const { return name_; }

  // Strings as they are, numbers by their digits, "true" and "false".
  const std::string& text() const { return text_; }
  // Of whole numbers from 0.
  std::uint64_t number() const;
  bool flag() const { return text_ == "true"; }

 private:
  struct Builder;

  std::string name_, text_;
  std::vector<JsonTree> items_;
};

}  // namespace weir
