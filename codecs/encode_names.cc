#include "codecs/encode_names.h"

#include <utility>

namespace weir {
namespace {

std::uint64_t teller_of(const Origin& origin) {
  const IpAddress address{origin.sampler_address, origin.sampler_address_family};
  return std::hash<IpAddress>{}(address) ^ origin.observation_domain_id * 0x9e3779b97f4a7c15;
}

}  // namespace

std::size_t ExportNames::learn(const FlowBatch& batch, const Flow& flow) {
  if ((flow.in_if_name.length | flow.out_if_name.length) == 0) return 0;
  std::size_t refused = 0;
  const auto learn_side = [&](FieldId index_field, std::uint32_t index, FieldId name_field, Slice name) {
    if (!flow.has(name_field) || !flow.has(index_field) || name.length == 0) return;
    if (!take(index, batch.text(name), batch.origin(flow))) ++refused;
  };
  learn_side(FieldId::in_if, flow.in_if, FieldId::in_if_name, flow.in_if_name);
  learn_side(FieldId::out_if, flow.out_if, FieldId::out_if_name, flow.out_if_name);
  return refused;
}

bool ExportNames::take(std::uint32_t index, std::string_view name, const Origin& origin) {
  name = name.substr(0, kMaxName);
  const auto found = names_.find(index);
  if (found != names_.end() && found->second.name == name) return true;
  if (found == names_.end()) {
    if (names_.size() >= kMaxEntries) return false;
    names_[index] = {std::string(name), teller_of(origin)};
  } else {
    if (found->second.teller != teller_of(origin)) return false;
    found->second.name = name;
  }
  due_.push_back(index);
  return true;
}

void ExportNames::tell_all_again() {
  due_.clear();
  due_.reserve(names_.size());
  for (const auto& [index, entry] : names_) due_.push_back(index);
}

void ExportNames::tell(const std::function<void(std::uint32_t, std::string_view)>& write) {
  for (const std::uint32_t index : std::exchange(due_, {})) write(index, names_.at(index).name);
}

}  // namespace weir
