#include "tests/support/traffic.h"

#include <fstream>

#include "flow/address.h"
#include "flow/names.h"

namespace weir::test {
namespace {

void put16(std::vector<std::uint8_t>& out, unsigned v) {
  out.push_back(static_cast<std::uint8_t>(v >> 8));
  out.push_back(static_cast<std::uint8_t>(v));
}

template <typename T>
void put_native(std::ofstream& file, T v) {
  file.write(reinterpret_cast<const char*>(&v), sizeof v);
}

IpAddress host(bool v6, unsigned net, unsigned number) {
  const std::string text = v6 ? "2001:db8:" + std::to_string(net) + "::" + std::to_string(number)
                              : "10." + std::to_string(net) + ".0." + std::to_string(number);
  return *IpAddress::parse(text);
}

// A transport header and `payload` bytes; ICMP is an echo request.
std::vector<std::uint8_t> transport(unsigned protocol, unsigned sport, unsigned dport, unsigned payload) {
  std::vector<std::uint8_t> out;
  switch (protocol) {
    case kProtoTcp:
      put16(out, sport);
      put16(out, dport);
      out.insert(out.end(), {0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0});
      break;
    case kProtoUdp:
      put16(out, sport);
      put16(out, dport);
      put16(out, 8 + payload);
      put16(out, 0);
      break;
    default: out.insert(out.end(), {static_cast<std::uint8_t>(protocol == kProtoIcmp ? 8 : 128), 0, 0, 0, 0, 1, 0, 1});
  }
  out.resize(out.size() + payload, 0x55);
  return out;
}

std::vector<std::uint8_t> ip_packet(const IpAddress& src, const IpAddress& dst, unsigned protocol,
                                    const std::vector<std::uint8_t>& body) {
  std::vector<std::uint8_t> out;
  const auto size = static_cast<unsigned>(body.size());
  if (src.family == Family::kV6) {
    out = {0x60, 0, 0, 0};
    put16(out, size);
    out.insert(out.end(), {static_cast<std::uint8_t>(protocol), 64});
    out.insert(out.end(), src.bytes.begin(), src.bytes.end());
    out.insert(out.end(), dst.bytes.begin(), dst.bytes.end());
  } else {
    out = {0x45, 0};
    put16(out, 20 + size);
    out.insert(out.end(), {0, 1, 0, 0, 64, static_cast<std::uint8_t>(protocol), 0, 0});
    out.insert(out.end(), src.bytes.begin(), src.bytes.begin() + 4);
    out.insert(out.end(), dst.bytes.begin(), dst.bytes.begin() + 4);
  }
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace

Traffic::Traffic(Versions versions) {
  for (unsigned number = 1; number <= 12; ++number) {
    add_flow(number, kProtoTcp, false);
    add_flow(number, kProtoUdp, false);
    if (versions == Versions::kBoth) {
      add_flow(number, kProtoTcp, true);
      add_flow(number, kProtoUdp, true);
    }
  }
  add_flow(13, kProtoIcmp, false);
  if (versions == Versions::kBoth) add_flow(13, kProtoIcmpv6, true);
}

void Traffic::add_flow(unsigned number, unsigned protocol, bool v6) {
  const IpAddress src = host(v6, 1, number), dst = host(v6, 2, number);
  const bool ports = protocol == kProtoTcp || protocol == kProtoUdp;
  const unsigned sport = ports ? 40000 + number : 0, dport = ports ? 443 : 0;
  auto& [packets, bytes] =
      totals_[src.to_string() + ":" + std::to_string(sport) + ">" + dst.to_string() + ":" + std::to_string(dport) +
              "/" + std::string(protocol_name(static_cast<std::uint8_t>(protocol)))];
  for (unsigned i = 0; i <= number; ++i) {
    // Long enough that Ethernet would not pad the frame: some exporters count padding.
    auto packet = ip_packet(src, dst, protocol, transport(protocol, sport, dport, 40 + 37 * i + number));
    ++packets;
    bytes += packet.size();
    add_packet(std::move(packet), v6);
  }
}

void Traffic::add_packet(std::vector<std::uint8_t> packet, bool v6) {
  std::vector<std::uint8_t> frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  put16(frame, v6 ? kEtypeIpv6 : kEtypeIpv4);
  frame.insert(frame.end(), packet.begin(), packet.end());
  frames_.push_back(std::move(frame));
}

void Traffic::write_pcap(const std::filesystem::path& path) const {
  std::ofstream file(path, std::ios::binary);
  put_native<std::uint32_t>(file, 0xa1b2c3d4);
  put_native<std::uint16_t>(file, 2);
  put_native<std::uint16_t>(file, 4);
  put_native<std::uint64_t>(file, 0);
  put_native<std::uint32_t>(file, 65535);
  put_native<std::uint32_t>(file, 1);  // Ethernet
  std::uint32_t microseconds = 0;
  for (const auto& frame : frames_) {
    put_native<std::uint32_t>(file, 1'790'000'000);
    put_native<std::uint32_t>(file, microseconds += 1000);
    put_native<std::uint32_t>(file, static_cast<std::uint32_t>(frame.size()));
    put_native<std::uint32_t>(file, static_cast<std::uint32_t>(frame.size()));
    file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
  }
}

}  // namespace weir::test
