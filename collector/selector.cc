#include "collector/selector.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/bytes.h"

namespace weir {
namespace {

constexpr std::uint32_t kMix = 0x9e3779b1;  // 2^32 / golden ratio, odd

// Offsets in the IP header.
constexpr std::uint32_t kIpv4Source = 12;
constexpr std::uint32_t kIpv6Source = 8;

constexpr sock_filter op(unsigned code, std::uint32_t k = 0, unsigned jump_true = 0, unsigned jump_false = 0) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(jump_true), static_cast<std::uint8_t>(jump_false),
          k};
}

// Offsets at SKF_NET_OFF are counted from the IP header, wherever the packet's data begin.
constexpr std::uint32_t network(std::uint32_t offset) { return static_cast<std::uint32_t>(SKF_NET_OFF) + offset; }
constexpr sock_filter load_word(std::uint32_t offset) { return op(BPF_LD | BPF_W | BPF_ABS, network(offset)); }
constexpr sock_filter load_byte(std::uint32_t offset) { return op(BPF_LD | BPF_B | BPF_ABS, network(offset)); }

constexpr sock_filter kMultiply = op(BPF_ALU | BPF_MUL | BPF_K, kMix);
constexpr sock_filter kXorX = op(BPF_ALU | BPF_XOR | BPF_X);
constexpr sock_filter kToX = op(BPF_MISC | BPF_TAX);
constexpr sock_filter kHalve = op(BPF_ALU | BPF_RSH | BPF_K, 16);

std::uint32_t finish(std::uint32_t h) {
  h ^= h >> 16;
  h *= kMix;
  return h ^ h >> 16;
}

Result<void> set_filter(int fd, int option, const sock_filter* code, std::size_t length) {
  const sock_fprog program{static_cast<std::uint16_t>(length), const_cast<sock_filter*>(code)};
  if (::setsockopt(fd, SOL_SOCKET, option, &program, sizeof program) == 0) return {};
  return fail_errno("cannot attach a filter to a socket", errno);
}

}  // namespace

unsigned worker_for(const IpAddress& exporter, unsigned workers) {
  const IpAddress address = exporter.unmapped();
  std::uint32_t h = load_be32(address.bytes.data());
  if (address.family == Family::kV6) {
    for (std::size_t at = 4; at < 16; at += 4) h = h * kMix ^ load_be32(&address.bytes[at]);
  }
  return finish(h) % workers;
}

// The same in BPF's machine: accumulator A, index X, 32 bits, words in network order.
Result<void> attach_selector(int fd, unsigned workers) {
  const std::array code{
      load_byte(0),
      op(BPF_ALU | BPF_RSH | BPF_K, 4),
      op(BPF_JMP | BPF_JEQ | BPF_K, 6, 2, 0),
      load_word(kIpv4Source),
      op(BPF_JMP | BPF_JA, 13),
      load_word(kIpv6Source),
      kMultiply,
      kToX,
      load_word(kIpv6Source + 4),
      kXorX,
      kMultiply,
      kToX,
      load_word(kIpv6Source + 8),
      kXorX,
      kMultiply,
      kToX,
      load_word(kIpv6Source + 12),
      kXorX,
      kToX,
      kHalve,
      kXorX,
      kMultiply,
      kToX,
      kHalve,
      kXorX,
      op(BPF_ALU | BPF_MOD | BPF_K, workers),
      op(BPF_RET | BPF_A),
  };
  return set_filter(fd, SO_ATTACH_REUSEPORT_CBPF, code.data(), code.size());
}

Result<void> refuse_datagrams(int fd) {
  const sock_filter drop = op(BPF_RET | BPF_K, 0);
  return set_filter(fd, SO_ATTACH_FILTER, &drop, 1);
}

Result<void> accept_datagrams(int fd) {
  const int unused = 0;
  if (::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0) return {};
  return fail_errno("cannot detach a filter from a socket", errno);
}

}  // namespace weir
