// Frames made by hand, for the tests of what reads them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir::test {

using Buffer = std::vector<std::uint8_t>;

inline Buffer operator+(Buffer left, const Buffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Buffer be16(unsigned v) { return {static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)}; }
inline Buffer be32(std::uint32_t v) { return be16(v >> 16) + be16(v & 0xffff); }

// "45 00 0054" as bytes; blanks are for the reader.
inline Buffer hex(std::string_view text) {
  Buffer bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

inline Buffer ethernet(unsigned type, const Buffer& payload) {
  return hex("0a0000000002 0a0000000001") + be16(type) + payload;
}

inline Buffer udp(unsigned from, unsigned to, const Buffer& payload) {
  return be16(from) + be16(to) + be16(static_cast<unsigned>(8 + payload.size())) + be16(0) + payload;
}

inline Buffer tcp(unsigned from, unsigned to, unsigned flags, const Buffer& payload) {
  return be16(from) + be16(to) + hex("00000001 00000002") + be16(0x5000 | flags) + hex("ffff 0000 0000") + payload;
}

// 192.0.2.1 to 198.51.100.2; `fragment` is the word of flags and offset.
inline Buffer ipv4(unsigned proto, const Buffer& payload, unsigned fragment = 0x4000, unsigned id = 0x1234) {
  return hex("45 b8") + be16(static_cast<unsigned>(20 + payload.size())) + be16(id) + be16(fragment) +
         Buffer{63, static_cast<std::uint8_t>(proto)} + hex("0000 c0000201 c6336402") + payload;
}

// 2001:db8::1 to 2001:db8::2, traffic class 0xb8, flow label 0x12345.
inline Buffer ipv6(unsigned next, const Buffer& payload) {
  return hex("6b812345") + be16(static_cast<unsigned>(payload.size())) + Buffer{static_cast<std::uint8_t>(next), 62} +
         hex("20010db8000000000000000000000001 20010db8000000000000000000000002") + payload;
}

inline Buffer fragment_header(unsigned next, unsigned offset, bool more, std::uint32_t id) {
  return Buffer{static_cast<std::uint8_t>(next), 0} + be16(offset | (more ? 1U : 0U)) + be32(id);
}

// A pcap file in little-endian order with microseconds; add() appends packets.
class PcapBuilder {
 public:
  explicit PcapBuilder(std::uint32_t link_type) {
    for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 262144U, link_type}) put(word);
  }
  PcapBuilder& add(const Buffer& frame, std::uint32_t seconds = 1'700'000'000, std::uint32_t us = 0,
                   std::uint32_t wire_length = 0) {
    put(seconds);
    put(us);
    put(static_cast<std::uint32_t>(frame.size()));
    put(wire_length != 0 ? wire_length : static_cast<std::uint32_t>(frame.size()));
    bytes = bytes + frame;
    return *this;
  }

  Buffer bytes;

 private:
  void put(std::uint32_t v) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(v >> 8 * i));
  }
};

}  // namespace weir::test
