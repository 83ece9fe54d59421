#include <algorithm>

#include "store/segment.h"

namespace weir {
namespace {

std::uint32_t v4_number(const AddressBytes& bytes) { return load_be32(bytes.data()); }

// The last address of a prefix.
AddressBytes last_of(const Prefix& prefix) {
  AddressBytes bytes = prefix.address.bytes;
  for (unsigned bit = prefix.length; bit < 128; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80U >> bit % 8);
  }
  return bytes;
}

// The codes of the entries from `low` to `high`, the first entry having code `first_code`.
template <typename T>
AddressDictionary::Codes codes_between(const std::vector<T>& sorted, const T& low, const T& high,
                                       std::uint32_t first_code) {
  const auto from = std::lower_bound(sorted.begin(), sorted.end(), low);
  const auto to = std::upper_bound(from, sorted.end(), high);
  if (from == to) return {};
  return {first_code + static_cast<std::uint32_t>(from - sorted.begin()),
          first_code + static_cast<std::uint32_t>(to - sorted.begin()) - 1};
}

}  // namespace

IpAddress AddressDictionary::address(std::uint32_t code) const {
  if (code == 0) return {};
  if (code <= v4_.size()) return IpAddress::v4(v4_[code - 1]);
  return IpAddress::v6(v6_[code - 1 - v4_.size()].data());
}

AddressDictionary::Codes AddressDictionary::find(const Prefix& prefix) const {
  switch (prefix.address.family) {
    case Family::kV4: return codes_between(v4_, v4_number(prefix.address.bytes), v4_number(last_of(prefix)), 1);
    case Family::kV6: return codes_between(v6_, prefix.address.bytes, last_of(prefix), v4_count() + 1);
    case Family::kNone: break;
  }
  return {};
}

std::uint32_t AddressDictionary::find(const IpAddress& address) const {
  const unsigned length = address.family == Family::kV4 ? 32 : 128;
  const Codes codes = find(Prefix{address, static_cast<std::uint8_t>(length)});
  return codes.empty() ? 0 : codes.first;
}

std::string_view BytesDictionary::bytes(std::uint32_t code) const {
  if (code == 0) return {};
  return std::string_view(content_).substr(offsets_[code - 1], offsets_[code] - offsets_[code - 1]);
}

std::uint32_t BytesDictionary::find(std::string_view wanted) const {
  std::uint32_t low = 1, high = size() + 1;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (bytes(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low <= size() && bytes(low) == wanted ? low : 0;
}

}  // namespace weir
