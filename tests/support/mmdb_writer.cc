#include "tests/support/mmdb_writer.h"

#include <bit>
#include <optional>
#include <stdexcept>

#include "flow/address.h"

namespace weir::test::mmdb {
namespace {

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string control(int type, std::size_t size) {
  const std::size_t low = size < 29 ? size : size < 285 ? 29 : 30;
  std::string out;
  out += static_cast<char>(type < 8 ? static_cast<std::size_t>(type) << 5 | low : low);
  if (type >= 8) out += static_cast<char>(type - 7);
  if (low == 29) out += big_endian(size - 29, 1);
  if (low == 30) out += big_endian(size - 285, 2);
  return out;
}

struct Node {
  std::optional<std::size_t> child[2];
  std::optional<std::size_t> record[2];  // offset in the data section
};

}  // namespace

Encoded text(std::string_view value) { return control(2, value.size()) + std::string(value); }
Encoded number(std::uint32_t value) { return control(6, 4) + big_endian(value, 4); }
Encoded decimal(double value) { return control(3, 8) + big_endian(std::bit_cast<std::uint64_t>(value), 8); }
Encoded single(float value) { return control(15, 4) + big_endian(std::bit_cast<std::uint32_t>(value), 4); }
Encoded flag(bool value) { return control(14, value ? 1 : 0); }

Encoded map(const std::vector<std::pair<std::string, Encoded>>& members) {
  std::string out = control(7, members.size());
  for (const auto& [key, value] : members) out += text(key) + value;
  return out;
}

Encoded array(const std::vector<Encoded>& items) {
  std::string out = control(11, items.size());
  for (const Encoded& item : items) out += item;
  return out;
}

std::string file(const std::string& type, std::uint32_t build_time, const std::vector<Entry>& entries) {
  std::vector<Node> nodes(1);
  std::string data;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {  // the shorter prefix first
    const auto prefix = Prefix::parse(entry->prefix);
    if (!prefix) throw std::runtime_error(entry->prefix + " is no prefix");
    const bool v4 = prefix->address.family == Family::kV4;
    AddressBytes bytes{};
    for (std::size_t i = 0; i < (v4 ? 4U : 16U); ++i) bytes[v4 ? i + 12 : i] = prefix->address.bytes[i];
    const unsigned length = prefix->length + (v4 ? 96U : 0U);
    std::size_t at = 0;
    for (unsigned bit = 0; bit + 1 < length; ++bit) {
      const int side = bytes[bit / 8] >> (7 - bit % 8) & 1;
      if (!nodes[at].child[side]) {
        nodes[at].child[side] = nodes.size();
        Node node;
        node.record[0] = node.record[1] = std::exchange(nodes[at].record[side], std::nullopt);
        nodes.push_back(node);
      }
      at = *nodes[at].child[side];
    }
    const int side = bytes[(length - 1) / 8] >> (7 - (length - 1) % 8) & 1;
    nodes[at].child[side].reset();
    nodes[at].record[side] = data.size();
    data += entry->record;
  }
  std::string out;
  for (const Node& node : nodes) {
    for (int side = 0; side < 2; ++side) {
      const std::size_t value = node.child[side]    ? *node.child[side]
                                : node.record[side] ? nodes.size() + 16 + *node.record[side]
                                                    : nodes.size();
      out += big_endian(value, 4);
    }
  }
  out += std::string(16, '\0') + data + "\xab\xcd\xefMaxMind.com";
  const auto small = [](std::uint32_t value) { return control(5, 2) + big_endian(value, 2); };
  return out + map({{"binary_format_major_version", small(2)},
                    {"binary_format_minor_version", small(0)},
                    {"build_epoch", control(9, 8) + big_endian(build_time, 8)},
                    {"database_type", text(type)},
                    {"description", map({})},
                    {"ip_version", small(6)},
                    {"languages", array({})},
                    {"node_count", number(static_cast<std::uint32_t>(nodes.size()))},
                    {"record_size", small(32)}});
}

Encoded city(std::string_view code, std::string_view country, std::string_view city, double latitude,
             double longitude) {
  const auto names = [](std::string_view name) { return map({{"de", text("anders")}, {"en", text(name)}}); };
  return map({{"city", map({{"names", names(city)}})},
              {"country", map({{"iso_code", text(code)}, {"names", names(country)}})},
              {"location", map({{"latitude", decimal(latitude)}, {"longitude", decimal(longitude)}})}});
}

Encoded asn(std::uint32_t number_of, std::string_view organization) {
  return map({{"autonomous_system_number", number(number_of)}, {"autonomous_system_organization", text(organization)}});
}

}  // namespace weir::test::mmdb
