// Writes a capture of known traffic for the exporter's benchmarks: `packets` packets of `flows` conversations that all
// live from the first second to the last, so that the true number of flow records is known: one for each conversation
// and direction.
//
//   make_packets FILE [PACKETS [FLOWS [SECONDS]]]     5,000,000 packets of 20,000 conversations in 50 seconds
//
// Nine conversations in ten are IPv4, seven in ten TCP, the rest UDP; packets of both directions, of 60 to 1,500
// octets, of which 96 are in the file.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/bytes.h"

namespace {

constexpr std::uint32_t kCaptured = 96;
constexpr std::size_t kEthernet = 14;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

void put_address(std::uint8_t* p, bool v6, bool inside, std::uint64_t n) {
  if (v6) {
    std::fill_n(p, 16, std::uint8_t{0});
    p[0] = 0x20, p[1] = 0x01, p[2] = 0x0d, p[3] = 0xb8, p[4] = inside ? 1 : 2;
    weir::store_be32(p + 12, static_cast<std::uint32_t>(n));
  } else {
    weir::store_be32(p, (inside ? 0x0a000000U : 0xc6120000U) + static_cast<std::uint32_t>(n));
  }
}

// The frame of a conversation's packet; its length on the wire.
std::uint32_t make_frame(std::uint64_t conversation, bool reverse, std::uint64_t random, std::uint8_t* frame) {
  const bool v6 = conversation % 10 == 9;
  const bool tcp = conversation / 10 % 10 < 7;
  const std::size_t header = v6 ? 40 : 20;
  const std::uint64_t client = conversation;
  const std::uint64_t server = mix(conversation) % 4096;
  const auto total = static_cast<std::uint32_t>(header + 20 + random % (1500 - header - 20));
  std::fill_n(frame, kCaptured, std::uint8_t{0});
  frame[0] = frame[6] = 2;
  frame[reverse ? 11 : 5] = 1;
  weir::store_be16(frame + 12, v6 ? 0x86dd : 0x0800);
  std::uint8_t* ip = frame + kEthernet;
  const std::size_t width = v6 ? 16 : 4;
  const std::size_t source = v6 ? 8 : 12;
  if (v6) {
    ip[0] = 0x60;
    weir::store_be16(ip + 4, static_cast<std::uint16_t>(total - 40));
    ip[6] = tcp ? 6 : 17;
    ip[7] = 60;
  } else {
    ip[0] = 0x45;
    weir::store_be16(ip + 2, static_cast<std::uint16_t>(total));
    weir::store_be16(ip + 4, static_cast<std::uint16_t>(random >> 32));
    ip[8] = 60;
    ip[9] = tcp ? 6 : 17;
  }
  put_address(ip + source + (reverse ? width : 0), v6, true, client);
  put_address(ip + source + (reverse ? 0 : width), v6, false, server);
  std::uint8_t* transport = ip + header;
  const auto client_port = static_cast<std::uint16_t>(32768 + conversation % 28000);
  weir::store_be16(transport + (reverse ? 2 : 0), client_port);
  weir::store_be16(transport + (reverse ? 0 : 2), tcp ? 443 : 53);
  if (tcp) {
    transport[12] = 0x50;
    transport[13] = 0x10;
  } else {
    weir::store_be16(transport + 4, static_cast<std::uint16_t>(total - header));
  }
  return static_cast<std::uint32_t>(kEthernet) + total;
}

struct FileHeader {
  std::uint32_t magic = 0xa1b23c4d;  // nanoseconds
  std::uint16_t major = 2, minor = 4;
  std::uint32_t zone = 0, figures = 0, snaplen = kCaptured, link = 1;
};

struct PacketHeader {
  std::uint32_t seconds, nanoseconds, captured, length;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: make_packets FILE [PACKETS [FLOWS [SECONDS]]]\n", stderr);
    return 2;
  }
  const std::uint64_t packets = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5'000'000;
  const std::uint64_t flows = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 20'000;
  const std::uint64_t seconds = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 50;
  std::FILE* file = std::fopen(argv[1], "wb");
  if (file == nullptr || packets < 2 * flows) {
    std::fprintf(stderr, "make_packets: %s\n",
                 file == nullptr ? "cannot write the file" : "two packets a flow at least");
    return 2;
  }
  const FileHeader header;
  std::fwrite(&header, sizeof header, 1, file);
  std::array<std::uint8_t, kCaptured> frame;
  for (std::uint64_t i = 0; i < packets; ++i) {
    const std::uint64_t random = mix(i + 1);
    // At first each speaks once in both directions, then at random.
    const std::uint64_t round = i / flows;
    const std::uint64_t conversation = round < 2 ? i % flows : (random >> 16) % flows;
    const bool reverse = round < 2 ? round == 1 : (random & 1) != 0;
    const std::uint32_t length = make_frame(conversation, reverse, random >> 1, frame.data());
    const std::uint64_t ns = i * (seconds * 1'000'000'000 / packets);
    const PacketHeader packet{static_cast<std::uint32_t>(1'700'000'000 + ns / 1'000'000'000),
                              static_cast<std::uint32_t>(ns % 1'000'000'000), std::min(length, kCaptured), length};
    std::fwrite(&packet, sizeof packet, 1, file);
    std::fwrite(frame.data(), packet.captured, 1, file);
  }
  return std::fclose(file) == 0 ? 0 : 1;
}
