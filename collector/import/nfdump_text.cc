#include "collector/import/nfdump_text.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iterator>

#include "flow/names.h"

namespace weir {
namespace {

// Protocols that nfdump does not call by IANA's names, or calls by another's.
struct ProtocolName {
  std::string_view name;
  std::uint8_t number;
};
// clang-format off
constexpr ProtocolName kProtocols[] = {
    {"IPIP", 4}, {"BBN", 10}, {"NVPII", 11}, {"ENCOM", 14}, {"DCN", 19}, {"XNS", 22}, {"Trnk1", 23}, {"Trnk2", 24},
    {"Leaf1", 25}, {"Leaf2", 26}, {"ISO-4", 29}, {"NETBK", 30}, {"MFESP", 31}, {"MEINP", 32}, {"Rte6", 43},
    {"Frag6", 44}, {"MHRP", 48}, {"INLSP", 52}, {"MOBIL", 55}, {"NOHE6", 59}, {"OPTS6", 60}, {"HOST", 61},
    {"NET", 63}, {"SATNT", 64}, {"KLAN", 65}, {"FS", 68}, {"SATM", 69}, {"BSATM", 76}, {"SUNND", 77}, {"WBMON", 78},
    {"WBEXP", 79}, {"ISOIP", 80}, {"SVMTP", 82}, {"TTP", 84}, {"NSIGP", 85}, {"OSPF", 89}, {"S-RPC", 90}, {"OS", 94},
    {"SCCSP", 96}, {"ETHIP", 97}, {"IPcmp", 108}, {"CpqPP", 110}, {"IPXIP", 111}, {"0hop", 114}, {"ISIS4", 124},
    {"MHEAD", 135}, {"UDP-L", 136}, {"MPLS", 137},
};
// clang-format on

}  // namespace

std::optional<std::uint8_t> nfdump_protocol(std::string_view name) {
  const auto at = std::ranges::find(kProtocols, name, &ProtocolName::name);
  return at != std::end(kProtocols) ? std::optional(at->number) : protocol_number(name);
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> milliseconds(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto seconds = point == 0 ? std::optional<std::uint64_t>(0) : whole_number(text.substr(0, point), UINT32_MAX);
  std::string decimals(text.substr(std::min(point + 1, text.size())));
  decimals.resize(3, '0');
  const auto ms = whole_number(decimals, 999);
  if (!seconds || !ms) return std::nullopt;
  return *seconds * 1000 + *ms;
}

std::optional<std::uint64_t> nfdump_flags(std::string_view text) {
  constexpr std::string_view kLetters = "CEUAPRSF";
  if (text.size() != kLetters.size()) return std::nullopt;
  std::uint64_t flags = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != kLetters[i] && text[i] != '.') return std::nullopt;
    flags = flags << 1 | (text[i] == kLetters[i] ? 1 : 0);
  }
  return flags;
}

std::optional<std::uint64_t> LocalTime::seconds(std::string_view text) {
  constexpr std::size_t kMinute = sizeof("2026-01-02 15:04") - 1;
  if (text.size() != kMinute + 3 || text[kMinute] != ':') return std::nullopt;
  const auto second = whole_number(text.substr(kMinute + 1), 60);
  if (!second) return std::nullopt;
  if (text.substr(0, kMinute) != minute_) {
    const auto start = parse_minute(text.substr(0, kMinute));
    if (!start) return std::nullopt;
    minute_ = text.substr(0, kMinute);
    start_ = *start;
  }
  return start_ + *second;
}

std::optional<std::uint64_t> LocalTime::parse_minute(std::string_view text) {
  const auto part = [&](std::size_t at, std::size_t length) { return whole_number(text.substr(at, length), 9999); };
  const auto year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2), minute = part(14, 2);
  if (!year || !month || !day || !hour || !minute || text[4] != '-' || text[7] != '-' || text[10] != ' ' ||
      text[13] != ':') {
    return std::nullopt;
  }
  std::tm local{};
  local.tm_year = static_cast<int>(*year) - 1900;
  local.tm_mon = static_cast<int>(*month) - 1;
  local.tm_mday = static_cast<int>(*day);
  local.tm_hour = static_cast<int>(*hour);
  local.tm_min = static_cast<int>(*minute);
  local.tm_isdst = -1;
  const std::time_t time = std::mktime(&local);
  if (time < 0 || local.tm_mday != static_cast<int>(*day)) return std::nullopt;
  return static_cast<std::uint64_t>(time);
}

}  // namespace weir
