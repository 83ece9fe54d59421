// Names of interfaces that an encoder has to tell, learnt from the flows that pass.
//
// Thread rules: owned by one encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/batch.h"

namespace weir {

class ExportNames {
 public:
  static constexpr std::size_t kMaxEntries = 4096;
  static constexpr std::size_t kMaxName = 255;

  // Takes the names of a flow's interfaces. An interface index is one exporter's: where another one uses the same for
  // another name, the first keeps it. Returns how many names of the flow were refused for that.
  std::size_t learn(const FlowBatch& batch, const Flow& flow);

  // Names that are new, or due again; tell() hands each out once.
  bool due() const { return !due_.empty(); }
  void tell_all_again();
  void tell(const std::function<void(std::uint32_t index, std::string_view name)>& write);

 private:
  struct Entry {
    std::string name;
    std::uint64_t teller = 0;  // whose index it is
  };

  bool take(std::uint32_t index, std::string_view name, const Origin& origin);

  std::unordered_map<std::uint32_t, Entry> names_;
  std::vector<std::uint32_t> due_;
};

}  // namespace weir
