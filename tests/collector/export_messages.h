// Export messages made by hand, for tests.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace weir {

class MessageBuilder {
 public:
  MessageBuilder& u8(std::uint8_t v) { return append(v, 1); }
  MessageBuilder& u16(std::uint16_t v) { return append(v, 2); }
  MessageBuilder& u32(std::uint32_t v) { return append(v, 4); }
  MessageBuilder& zeros(std::size_t n) {
    text_.append(n, '\0');
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  MessageBuilder& append(std::uint64_t v, int width) {
    for (int i = width - 1; i >= 0; --i) text_.push_back(static_cast<char>(v >> (8 * i)));
    return *this;
  }

  std::string text_;
};

// NetFlow v5 with `flows` records; record i has `octets` + i bytes.
inline std::string netflow_v5(std::uint16_t flows, std::uint32_t sequence, std::uint32_t octets = 100) {
  MessageBuilder m;
  m.u16(5).u16(flows).u32(60'000).u32(1'700'000'000).u32(0).u32(sequence).u32(0);
  for (std::uint16_t i = 0; i < flows; ++i) {
    m.u32(0x0a000001).u32(0x0a000002 + i).u32(0).u16(1).u16(2);
    m.u32(3).u32(octets + i).u32(1000).u32(2000);
    m.u16(1234).u16(443).u8(0).u8(0x18).u8(6).u8(0).zeros(8);
  }
  return m.text();
}

inline std::string ipfix_message(std::uint32_t sequence, std::uint32_t domain, const std::string& sets) {
  MessageBuilder m;
  m.u16(10).u16(static_cast<std::uint16_t>(16 + sets.size())).u32(1'700'000'000).u32(sequence).u32(domain);
  return m.text() + sets;
}

// Template 256: sourceIPv4Address, destinationIPv4Address, octetDeltaCount.
inline std::string ipfix_template(std::uint32_t domain = 1) {
  MessageBuilder m;
  m.u16(2).u16(20).u16(256).u16(3).u16(8).u16(4).u16(12).u16(4).u16(1).u16(4);
  return ipfix_message(0, domain, m.text());
}

// One record by that template.
inline std::string ipfix_data(std::uint32_t sequence, std::uint32_t octets, std::uint32_t domain = 1) {
  MessageBuilder m;
  m.u16(256).u16(16).u32(0x0a000001).u32(0x0a000002).u32(octets);
  return ipfix_message(sequence, domain, m.text());
}

}  // namespace weir
