// Names of interfaces by index, as options data tell them (IEs 82 and 83).
//
// Thread rules: owned by one decoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"

namespace weir {

// Text as exporters send it: cut at the first NUL, blanks at its end removed, bytes that are no UTF-8 or control
// characters replaced by '?', at most 255 bytes.
std::string clean_text(Bytes value);

class InterfaceNames {
 public:
  static constexpr std::size_t kMaxEntries = 4096;
  static constexpr std::size_t kMaxName = 255;

  // True when this changed the table. Beyond kMaxEntries new interfaces are ignored.
  bool set(std::uint32_t index, std::string name);
  // Empty where nothing is known.
  std::string_view find(std::uint32_t index) const;
  // Tells one state of a table from every other, of this one or of another.
  std::uint32_t version() const { return version_; }
  bool empty() const { return names_.empty(); }
  const std::unordered_map<std::uint32_t, std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::uint32_t, std::string> names_;
  std::uint32_t version_ = 0;
};

}  // namespace weir
