#include "codecs/interface_names.h"

#include <algorithm>
#include <atomic>

namespace weir {
namespace {

// The length of the UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool bad = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                   (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

// U+0080 to U+009F control terminals; U+202A to U+202E and U+2066 to U+2069 turn the order of what follows.
bool is_control(std::string_view character) {
  if (character.size() == 2) return character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
  return (character >= "\xe2\x80\xaa" && character <= "\xe2\x80\xae") ||
         (character >= "\xe2\x81\xa6" && character <= "\xe2\x81\xa9");
}

std::uint32_t next_version() {
  static std::atomic<std::uint32_t> versions = 0;
  return versions.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

std::string clean_text(Bytes value) {
  std::string_view text = as_text(value);
  text = text.substr(0, text.find('\0'));
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (clean.size() + std::max<std::size_t>(length, 1) > InterfaceNames::kMaxName) break;
    if (length == 0 || is_control(text.substr(0, length))) {
      clean += '?';
    } else {
      clean += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

bool InterfaceNames::set(std::uint32_t index, std::string name) {
  const auto found = names_.find(index);
  if (found == names_.end() && names_.size() >= kMaxEntries) return false;
  if (found != names_.end() && found->second == name) return false;
  names_[index] = std::move(name);
  version_ = next_version();
  return true;
}

std::string_view InterfaceNames::find(std::uint32_t index) const {
  const auto found = names_.find(index);
  return found == names_.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace weir
