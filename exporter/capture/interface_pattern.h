// Which interfaces to capture: names, "any", "!name", "/regex/", "!/regex/".
//
// Thread rules: read only once made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

class InterfacePattern {
 public:
  // Exclusions alone mean all others. Errors: nothing given, a regular expression that is none.
  static Result<InterfacePattern> parse(const std::vector<std::string>& items);
  InterfacePattern(InterfacePattern&&) noexcept;
  InterfacePattern& operator=(InterfacePattern&&) noexcept;
  ~InterfacePattern();

  bool matches(const std::string& name) const;
  // Those written out, in their order, without those taken out again.
  const std::vector<std::string>& names() const;
  // Interfaces whose names are not written out can match.
  bool is_open() const;

 private:
  struct Impl;
  explicit InterfacePattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
