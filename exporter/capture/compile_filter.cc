#include <pcap/pcap.h>

#include <array>
#include <memory>

#include "exporter/capture/kernel_filter.h"

namespace weir {
namespace {

struct ClosePcap {
  void operator()(pcap_t* pcap) const { ::pcap_close(pcap); }
};
using PcapPointer = std::unique_ptr<pcap_t, ClosePcap>;

// libpcap compiles "vlan" for tags that the kernel took off only where it captures itself. The loopback has Ethernet's
// link type, and is the one interface that is everywhere.
PcapPointer live_ethernet(std::uint32_t snaplen) {
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  PcapPointer pcap(::pcap_create("lo", message.data()));
  if (!pcap) return {};
  ::pcap_set_snaplen(pcap.get(), static_cast<int>(snaplen));
  ::pcap_set_buffer_size(pcap.get(), 64 << 10);
  if (::pcap_activate(pcap.get()) < 0 || ::pcap_datalink(pcap.get()) != DLT_EN10MB) return {};
  return pcap;
}

PcapPointer open_pcap(LinkType type, std::uint32_t snaplen) {
  if (type == LinkType::kEthernet)
    if (auto live = live_ethernet(snaplen)) return live;
  return PcapPointer(::pcap_open_dead(type == LinkType::kRaw ? DLT_RAW : DLT_EN10MB, static_cast<int>(snaplen)));
}

}  // namespace

Result<FilterProgram> compile_filter(const std::string& expression, LinkType type, std::uint32_t snaplen) {
  const PcapPointer pcap = open_pcap(type, snaplen);
  bpf_program compiled{};
  if (::pcap_compile(pcap.get(), &compiled, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return fail("the filter \"" + expression + "\" does not compile: " + ::pcap_geterr(pcap.get()) +
                " (its syntax: man pcap-filter)");
  FilterProgram program;
  for (unsigned i = 0; i < compiled.bf_len; ++i) {
    const bpf_insn& instruction = compiled.bf_insns[i];
    program.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
  }
  ::pcap_freecode(&compiled);
  return program;
}

}  // namespace weir
