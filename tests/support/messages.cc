#include "tests/support/messages.h"

#include <ctime>
#include <initializer_list>

namespace weir::test {
namespace {

void put(Message& out, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint32_t now() { return static_cast<std::uint32_t>(std::time(nullptr)); }

constexpr std::uint32_t kSource = 0x0a000001;
std::uint32_t destination(std::size_t i) { return static_cast<std::uint32_t>(0x0a000100 + i); }

}  // namespace

Message operator+(Message a, const Message& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Message v5_datagram(std::uint32_t sequence, std::size_t count) {
  Message out;
  put(out, 2, 5);
  put(out, 2, count);
  put(out, 4, 1'000'000);  // sysUpTime
  put(out, 4, now());
  put(out, 4, 0);
  put(out, 4, sequence);
  put(out, 4, 0);  // engine, sampling
  for (std::size_t i = 0; i < count; ++i) {
    put(out, 4, kSource);
    put(out, 4, destination(i));
    put(out, 4, 0);
    put(out, 2, 1);
    put(out, 2, 2);
    put(out, 4, 10);
    put(out, 4, 1000 + i);
    put(out, 4, 990'000);
    put(out, 4, 995'000);
    put(out, 2, 40000);
    put(out, 2, 443);
    put(out, 4, 0x001b0600);  // flags, TCP
    put(out, 4, 0);
    put(out, 4, 0);
  }
  return out;
}

Message keyed_v5_datagram(std::uint32_t first, std::size_t count) {
  Message message = v5_datagram(first, count);
  constexpr std::size_t kHeader = 24, kRecord = 48, kPackets = 16;
  for (std::size_t i = 0; i < count; ++i) {
    const auto key = static_cast<std::uint32_t>(first + i);
    for (std::size_t byte = 0; byte < 4; ++byte) {
      message[kHeader + i * kRecord + kPackets + byte] = static_cast<std::uint8_t>(key >> (24 - 8 * byte));
    }
  }
  return message;
}

Message ipfix_message(std::uint32_t domain, std::uint32_t sequence, const Message& sets) {
  Message out;
  put(out, 2, 10);
  put(out, 2, 16 + sets.size());
  put(out, 4, now());
  put(out, 4, sequence);
  put(out, 4, domain);
  return out + sets;
}

Message ipfix_template(std::uint16_t id) {
  Message out;
  put(out, 2, 2);
  put(out, 2, 8 + 7 * 4);
  put(out, 2, id);
  put(out, 2, 7);
  for (const std::uint32_t field :
       {0x00080004U, 0x000c0004U, 0x00070002U, 0x000b0002U, 0x00040001U, 0x00020004U, 0x00010004U}) {
    put(out, 4, field);
  }
  return out;
}

Message ipfix_data(std::uint16_t id, std::size_t count) {
  Message out;
  put(out, 2, id);
  put(out, 2, 4 + count * 21);
  for (std::size_t i = 0; i < count; ++i) {
    put(out, 4, kSource);
    put(out, 4, destination(i));
    put(out, 2, 40000);
    put(out, 2, 443);
    put(out, 1, 6);
    put(out, 4, 10);
    put(out, 4, 1000 + i);
  }
  return out;
}

}  // namespace weir::test
