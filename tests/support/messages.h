// Small export messages, made by hand from the protocols' descriptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::test {

using Message = std::vector<std::uint8_t>;

// NetFlow v5 with `count` records; record i: 10.0.0.1:40000 → 10.0.1.i:443, TCP, 10 packets, 1000 + i bytes.
Message v5_datagram(std::uint32_t sequence, std::size_t count);
// The same, in which record i has `first` + i packets: what tells it from all others.
Message keyed_v5_datagram(std::uint32_t first, std::size_t count);

// IPFIX: a message around sets; a template of addresses, ports, protocol and counters; a data set of `count` records
// for it, like v5_datagram's.
Message ipfix_message(std::uint32_t domain, std::uint32_t sequence, const Message& sets);
Message ipfix_template(std::uint16_t id);
Message ipfix_data(std::uint16_t id, std::size_t count);

Message operator+(Message a, const Message& b);

}  // namespace weir::test
