#include "query/list_values.h"

#include <cstring>

namespace weir {
namespace {

template <typename T>
std::vector<T> elements(std::string_view bytes) {
  std::vector<T> result(bytes.size() / sizeof(T));
  if (!result.empty()) std::memcpy(result.data(), bytes.data(), result.size() * sizeof(T));
  return result;
}

std::string joined_numbers(std::string_view bytes) {
  std::string text;
  for (const std::uint32_t n : list_numbers(bytes)) {
    if (!text.empty()) text += ' ';
    text += std::to_string(n);
  }
  return text;
}

std::string joined_addresses(std::string_view bytes) {
  std::string text;
  for (const IpAddress& address : list_addresses(bytes)) {
    if (!text.empty()) text += ' ';
    text += address.to_string();
  }
  return text;
}

}  // namespace

std::vector<std::uint32_t> list_numbers(std::string_view bytes) { return elements<std::uint32_t>(bytes); }
std::vector<IpAddress> list_addresses(std::string_view bytes) { return elements<IpAddress>(bytes); }

std::string value_text(FieldType type, std::string_view bytes) {
  switch (type) {
    case FieldType::kUnsignedList: return joined_numbers(bytes);
    case FieldType::kAddressList: return joined_addresses(bytes);
    default: return std::string(bytes);
  }
}

}  // namespace weir
