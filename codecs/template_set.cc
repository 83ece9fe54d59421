#include "codecs/template_set.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::uint16_t kFirstTemplateId = 256;
constexpr std::uint16_t kEnterpriseBit = 0x8000;

}  // namespace

bool TemplateSetReader::only_padding_left() const {
  const Bytes rest = bytes_.subspan(reader_.position());
  return rest.size() < 4 || std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; });
}

// NetFlow v9 counts an options template's fields in bytes, scopes apart; IPFIX counts fields, scopes among them.
bool TemplateSetReader::read_counts(std::size_t& fields, std::size_t& scopes) {
  const std::size_t first = reader_.u16();
  scopes = 0;
  fields = first;
  if (!options_) return true;
  if (protocol_ == FlowProtocol::kNetflowV9) {
    const std::size_t second = reader_.u16();
    scopes = first / 4;
    fields = scopes + second / 4;
    return first % 4 == 0 && second % 4 == 0;
  }
  if (fields == 0) return true;  // a withdrawal ends here
  scopes = reader_.u16();
  return scopes != 0 && scopes <= fields;
}

TemplateField TemplateSetReader::read_field() {
  TemplateField field{0, reader_.u16(), 0};
  field.length = reader_.u16();
  if (protocol_ == FlowProtocol::kIpfix && (field.id & kEnterpriseBit) != 0) {
    field.id &= static_cast<std::uint16_t>(~kEnterpriseBit);
    field.enterprise = reader_.u32();
  }
  return field;
}

bool TemplateSetReader::next(TemplateSpec& spec) {
  while (!only_padding_left()) {
    spec.id = reader_.u16();
    std::size_t count = 0;
    std::size_t scopes = 0;
    const bool counts_agree = read_counts(count, scopes);
    if (reader_.failed() || !counts_agree || count * 4 > reader_.remaining()) {
      bad_ = unreadable_ = true;
      return false;
    }
    spec.options = options_;
    spec.scope_fields = static_cast<std::uint16_t>(scopes);
    spec.fields.clear();
    spec.fields.reserve(count);
    for (std::size_t i = 0; i < count; ++i) spec.fields.push_back(read_field());
    if (reader_.failed()) {
      bad_ = unreadable_ = true;
      return false;
    }
    const bool withdrawal = count == 0 && protocol_ == FlowProtocol::kIpfix;
    const bool withdraws_all = withdrawal && (spec.id == 2 || spec.id == 3);
    if ((spec.id >= kFirstTemplateId && (count != 0 || withdrawal)) || withdraws_all) return true;
    bad_ = true;  // skipped; what follows may be good
  }
  return false;
}

}  // namespace weir
