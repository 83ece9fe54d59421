#include "sinks/extras_json.h"

#include <array>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "codecs/element_json.h"
#include "codecs/registry.h"
#include "flow/field_table.h"

namespace weir {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kNameRoom = kMaxName + 32;  // with quotes and a suffix

bool is_record_key(std::string_view name) {
  static const auto keys = [] {
    std::unordered_set<std::string_view> names;
    for (const FieldInfo& field : kFields) names.insert(field.name);
    return names;
  }();
  return keys.contains(name);
}

// The names given out in one record. Small records take no heap memory.
class Names {
 public:
  // Writes what tells `name` apart from its equals before. `name` must live as long as this.
  char* write_suffix(char* out, std::string_view name) {
    const auto [entry, is_new] = seen_.try_emplace(name, is_record_key(name) ? 2 : 1);
    if (!is_new) ++entry->second;
    if (entry->second == 1) return out;
    *out++ = '_';
    return write_number(out, entry->second);
  }

 private:
  std::array<std::byte, 2048> buffer_;
  std::pmr::monotonic_buffer_resource memory_{buffer_.data(), buffer_.size()};
  std::pmr::unordered_map<std::string_view, unsigned> seen_{&memory_};
};

char* write_name(char* out, const ElementInfo* element, const Extra& extra) {
  if (element != nullptr) return copy_text(out, element->name.substr(0, kMaxName));
  *out++ = 'e';
  out = write_number(out, extra.enterprise);
  *out++ = '_';
  return write_number(out, extra.element);
}

char* write_extra(char* out, const Extra& extra, Bytes value, Names& names) {
  const ElementInfo* element = find_element(extra.enterprise, extra.element);
  out = copy_text(out, ",\"");
  char* const name_end = write_name(out, element, extra);
  out = names.write_suffix(name_end, {out, name_end});
  out = copy_text(out, "\":");
  if ((extra.flags & kExtraRendered) != 0) return copy_text(out, as_text(value));
  return write_element(out, element == nullptr ? ElementType::kOctetArray : element->type, value);
}

}  // namespace

std::size_t max_extras_length(const FlowBatch& batch, const Flow& flow) {
  std::size_t length = 0;
  batch.for_each_extra(flow, [&](const Extra& extra, Bytes) { length += kNameRoom + element_room(extra.length); });
  return length;
}

char* write_extras(char* out, const FlowBatch& batch, const Flow& flow, ExtrasOf which) {
  if (flow.extras == 0) return out;
  Names names;
  batch.for_each_extra(flow, [&](Extra extra, Bytes value) {
    const bool reverse = extra.enterprise == kReverseEnterprise;
    if (which != ExtrasOf::kFlow && reverse != (which == ExtrasOf::kReverse)) return;
    if (which == ExtrasOf::kReverse) extra.enterprise = 0;
    out = write_extra(out, extra, value, names);
  });
  return out;
}

}  // namespace weir
