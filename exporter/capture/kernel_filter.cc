#include "exporter/capture/kernel_filter.h"

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <array>

namespace weir {
namespace {

constexpr std::uint32_t kMaxTags = 4;  // in the frame, beside the one that the kernel took off

// Instructions are made so that all jumps lead over the next few: "if this, go on, else leave out n".
class Assembler {
 public:
  explicit Assembler(std::uint32_t snaplen) : snaplen_(snaplen) {}

  void load16(std::uint32_t at) { put(BPF_LD | BPF_H | BPF_ABS, at); }
  void load32(std::uint32_t at) { put(BPF_LD | BPF_W | BPF_ABS, at); }
  void accept() { put(BPF_RET | BPF_K, snaplen_); }
  void reject() { put(BPF_RET | BPF_K, 0); }
  void accept_if(std::uint32_t value) {
    skip_unless(value, 1);
    accept();
  }
  void skip_if(std::uint32_t value, std::size_t n) { put(BPF_JMP | BPF_JEQ | BPF_K, value, n, 0); }
  void skip_unless(std::uint32_t value, std::size_t n) { put(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n); }
  void skip_if_greater(std::uint32_t value, std::size_t n) { put(BPF_JMP | BPF_JGT | BPF_K, value, n, 0); }
  void put(int code, std::uint32_t k, std::size_t jump_true = 0, std::size_t jump_false = 0) {
    program.push_back({static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(jump_true),
                       static_cast<std::uint8_t>(jump_false), k});
  }

  FilterProgram program;

 private:
  std::uint32_t snaplen_;
};

// With the type at `at` loaded: takes IP and labels, and PPP sessions of IP or labels.
void accept_ip_types(Assembler& code, std::uint32_t at) {
  for (const std::uint32_t type : {0x0800U, 0x86ddU, 0x8847U, 0x8848U}) code.accept_if(type);
  constexpr std::array<std::uint32_t, 4> kPppTypes = {0x0021, 0x0057, 0x0281, 0x0283};
  constexpr std::uint32_t kPppoeHeader = 6;
  code.skip_unless(0x8864, 2 + 2 * kPppTypes.size());
  code.load16(at + 2 + kPppoeHeader);
  for (const std::uint32_t type : kPppTypes) code.accept_if(type);
  code.reject();
}

// A length instead of a type: LLC with IP's own SAP, or SNAP with an IP type.
void accept_llc(Assembler& code, std::uint32_t at) {
  constexpr std::uint32_t kMaxLength = 1500;
  constexpr std::size_t kSize = 11;
  code.skip_if_greater(kMaxLength, kSize);
  code.load16(at + 2);
  code.accept_if(0x0606);
  code.skip_if(0xaaaa, 1);
  code.reject();
  code.load16(at + 8);
  for (const std::uint32_t type : {0x0800U, 0x86ddU}) code.accept_if(type);
  code.reject();
}

FilterProgram ethernet_ip_filter(std::uint32_t snaplen) {
  Assembler code(snaplen);
  for (std::uint32_t tags = 0; tags <= kMaxTags; ++tags) {
    const std::uint32_t at = 12 + 4 * tags;
    code.load16(at);
    accept_ip_types(code, at);
    accept_llc(code, at);
    if (tags == kMaxTags) break;
    constexpr std::array<std::uint32_t, 5> kTags = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
    for (std::size_t i = 0; i < kTags.size(); ++i) code.skip_if(kTags[i], kTags.size() - i);
    code.reject();
  }
  code.reject();
  return std::move(code.program);
}

FilterProgram raw_ip_filter(std::uint32_t snaplen) {
  Assembler code(snaplen);
  code.put(BPF_LD | BPF_B | BPF_ABS, 0);
  code.put(BPF_ALU | BPF_RSH | BPF_K, 4);
  code.accept_if(4);
  code.accept_if(6);
  code.reject();
  return std::move(code.program);
}

}  // namespace

// By what stands in the frame, not by the kernel's idea of its protocol: of frames that a packet socket sent with a tag
// in them, the two differ.
FilterProgram ip_filter(LinkType type, std::uint32_t snaplen) {
  return type == LinkType::kRaw ? raw_ip_filter(snaplen) : ethernet_ip_filter(snaplen);
}

FilterProgram without_outgoing(const FilterProgram& program) {
  Assembler code(0);
  code.load32(static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
  code.skip_unless(PACKET_OUTGOING, 1);
  code.reject();
  code.program.insert(code.program.end(), program.begin(), program.end());
  return std::move(code.program);
}

FilterProgram no_packets() { return {{BPF_RET | BPF_K, 0, 0, 0}}; }

}  // namespace weir
