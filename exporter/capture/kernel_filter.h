// Programs that the kernel runs on every packet of an interface to decide what enters the ring (classic BPF, the
// kernel's filter document).
//
// Thread rules: pure functions; compile_filter() may ask the name service and libpcap, one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "packet/dissect.h"

namespace weir {

struct FilterInstruction {  // as struct sock_filter
  std::uint16_t code;
  std::uint8_t jump_true, jump_false;
  std::uint32_t k;
};
using FilterProgram = std::vector<FilterInstruction>;

// IP in whatever the dissector unwraps: behind VLAN tags, MPLS labels, PPPoE, LLC/SNAP. `type`: Ethernet or raw. The
// first `snaplen` bytes of a packet are captured.
FilterProgram ip_filter(LinkType type, std::uint32_t snaplen);

// In pcap syntax (pcap-filter(7)). "vlan" sees the tag that the kernel took off the frame where this process may
// capture and the loopback is up. Errors: libpcap's words.
Result<FilterProgram> compile_filter(const std::string& expression, LinkType type, std::uint32_t snaplen);

// Lets pass what `program` does, but no packet on its way out: the loopback shows each packet twice.
FilterProgram without_outgoing(const FilterProgram& program);

// Lets nothing pass.
FilterProgram no_packets();

}  // namespace weir
