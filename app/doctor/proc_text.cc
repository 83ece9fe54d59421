#include "app/doctor/proc_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <string>

namespace weir {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return parts;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0100007F" or four such words: each is a word of the address as the machine holds it.
std::optional<IpAddress> parse_address(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t at = 0; at < hex.size(); at += 8) {
    const auto word = parse_number(hex.substr(at, 8), 16);
    if (!word) return std::nullopt;
    const auto value = static_cast<std::uint32_t>(*word);
    std::memcpy(bytes.data() + at / 2, &value, sizeof value);
  }
  return hex.size() == 8 ? IpAddress::v4(bytes.data()) : IpAddress::v6(bytes.data());
}

// The state of a listening TCP socket; UDP sockets have another, and no peer.
constexpr std::string_view kListening = "0A";

std::optional<BoundSocket> parse_socket(std::string_view line, bool tcp) {
  const auto words = split(line, " ");
  if (words.size() < 10) return std::nullopt;
  const std::size_t colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const bool open = tcp ? words[3] == kListening : words[2].ends_with(":0000");
  const auto address = parse_address(words[1].substr(0, colon));
  const auto port = parse_number(words[1].substr(colon + 1), 16);
  const auto uid = parse_number(words[7], 10), inode = parse_number(words[9], 10);
  if (!open || !address || !port || *port > 65535 || !uid || !inode) return std::nullopt;
  return BoundSocket{tcp, *address, static_cast<std::uint16_t>(*port), *inode, static_cast<unsigned>(*uid), 0, {}};
}

}  // namespace

SoftnetCounters parse_softnet(std::string_view text) {
  SoftnetCounters sum;
  for (const std::string_view line : split(text, "\n")) {
    const auto words = split(line, " ");
    if (words.size() < 3) continue;
    sum.processed += parse_number(words[0], 16).value_or(0);
    sum.dropped += parse_number(words[1], 16).value_or(0);
    sum.squeezed += parse_number(words[2], 16).value_or(0);
  }
  return sum;
}

UdpCounters parse_udp_counters(std::string_view text) {
  std::map<std::string_view, std::uint64_t> counters;
  std::vector<std::string_view> names;
  for (const std::string_view line : split(text, "\n")) {
    if (!line.starts_with("Udp: ")) continue;
    const auto words = split(line, " ");
    for (std::size_t i = 1; i < words.size() && i < names.size(); ++i) {
      counters[names[i]] = parse_number(words[i], 10).value_or(0);
    }
    names = words;
  }
  return {counters["InDatagrams"], counters["RcvbufErrors"], counters["InCsumErrors"]};
}

std::vector<BoundSocket> parse_bound_sockets(std::string_view text, bool tcp) {
  std::vector<BoundSocket> sockets;
  for (const std::string_view line : split(text, "\n")) {
    if (auto socket = parse_socket(line, tcp)) sockets.push_back(std::move(*socket));
  }
  return sockets;
}

std::uint64_t parse_effective_capabilities(std::string_view text) {
  constexpr std::string_view kName = "CapEff:\t";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos) return 0;
  return parse_number(text.substr(at + kName.size(), 16), 16).value_or(0);
}

}  // namespace weir
