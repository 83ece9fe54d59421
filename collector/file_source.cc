#include "collector/file_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/file.h"

namespace weir {
namespace {

constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kMaxUdpPayload = 65535;
constexpr std::size_t kIpfixHeader = 16;

std::uint16_t version_of(Bytes message) { return message.size() < 2 ? std::uint16_t{0} : load_be16(message.data()); }

// The length of a version's header; 0 for versions that are none.
std::size_t header_length(std::uint16_t version) {
  switch (version) {
    case 1: return 16;
    case 5:
    case 7: return 24;
    case 9: return 20;
    case 10: return kIpfixHeader;
    default: return 0;
  }
}

// The records of the versions whose header is a promise of how many follow.
std::size_t record_length(std::uint16_t version) { return version == 5 ? 48 : 52; }

// The length that the header of `message` states: in NetFlow v1, v5 and v7 by its record count. NetFlow v9 states none.
std::size_t stated_length(Bytes message) {
  const std::uint16_t version = version_of(message);
  const std::size_t header = header_length(version);
  if (header == 0 || message.size() < header || version == 9) return message.size();
  const std::size_t length_or_count = load_be16(&message[2]);
  return version == 10 ? length_or_count : header + length_or_count * record_length(version);
}

bool looks_like_export(Bytes payload) {
  const std::uint16_t version = version_of(payload);
  const std::size_t header = header_length(version);
  if (header == 0 || payload.size() < header) return false;
  // Other protocols begin with 1 too (STUN); version 1 always has records, and no more than 24 (Cisco's description).
  if (version != 1) return true;
  const std::uint16_t count = load_be16(&payload[2]);
  return count >= 1 && count <= 24 && payload.size() >= stated_length(payload);
}

// When the exporter says that it sent the message; 0 where the header is cut.
std::uint64_t export_time_ns(Bytes message) {
  const std::uint16_t version = version_of(message);
  if (header_length(version) == 0 || message.size() < header_length(version)) return 0;
  if (version == 10) return load_be32(&message[4]) * kNsPerSecond;
  const std::uint64_t seconds = load_be32(&message[8]);
  const std::uint64_t residual_ns = version == 9 ? 0 : load_be32(&message[12]);
  return seconds * kNsPerSecond + residual_ns;
}

// Names under which test suites and tools keep a single UDP payload.
bool is_payload_name(const std::string& path) {
  constexpr std::array<std::string_view, 4> kEndings = {".dat", ".bin", ".dump", ".raw"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return path.ends_with(ending); });
}

// The first bytes of a file; none when it cannot be read, of which opening it again will tell.
std::array<std::uint8_t, 4> first_bytes(const std::string& path) {
  std::array<std::uint8_t, 4> bytes{};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file || std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) return {};
  return bytes;
}

// A pipe cannot be looked into and read from the start again; it is taken for a capture.
bool is_pipe(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode));
}

}  // namespace

FileSource::FileSource(std::vector<std::uint16_t> ports, Deliver deliver)
    : ports_(std::move(ports)), deliver_(std::move(deliver)) {}

Result<void> FileSource::read(const std::string& path) {
  if (!is_pipe(path) && !PacketFile::recognises(first_bytes(path))) return read_messages(path);
  auto capture = PacketFile::open(path);
  if (!capture) return std::unexpected(capture.error());
  return read(*capture);
}

Result<void> FileSource::read(PacketFile& capture) {
  for (;;) {
    const auto captured = capture.next();
    if (!captured) return std::unexpected(captured.error());
    if (!*captured) return {};
    packet(**captured);
  }
}

void FileSource::packet(const CapturedPacket& captured) {
  DissectedPacket dissected = dissect(captured.link_type, captured.frame, captured.original_length);
  if (dissected.is_fragment && dissected.problem == PacketProblem::kNone) return fragment(dissected, captured.time_ns);
  whole_packet(dissected, captured.time_ns);
}

void FileSource::fragment(DissectedPacket& packet, std::uint64_t time_ns) {
  ++counts_.fragments;
  const auto whole = reassembler_.add(packet, time_ns);
  if (!whole) return;
  dissect_reassembled(packet, whole->proto, whole->payload);
  whole_packet(packet, time_ns);
}

void FileSource::whole_packet(const DissectedPacket& packet, std::uint64_t time_ns) {
  ++counts_.packets.in;
  const PacketSkip reason = skip_reason(packet);
  if (reason != PacketSkip::kCount) return counts_.packets.drop(reason);
  ++counts_.packets.out;
  deliver_({.remote = packet.src,
            .local = packet.dst,
            .remote_port = packet.src_port,
            .local_port = packet.dst_port,
            .transport = Transport::kUdp},
           packet.l4_payload, time_ns);
}

// kCount for a packet that is to be delivered.
PacketSkip FileSource::skip_reason(const DissectedPacket& packet) const {
  const auto is_wanted = [&](std::uint16_t port) { return std::ranges::find(ports_, port) != ports_.end(); };
  if (packet.problem == PacketProblem::kNotIp) return PacketSkip::kNotIp;
  if (packet.problem == PacketProblem::kUnknownLinkType) return PacketSkip::kUnknownLinkType;
  if (packet.src.family != Family::kNone && packet.proto != kUdp) return PacketSkip::kNotUdp;
  if (packet.has_ports && !ports_.empty() && !is_wanted(packet.src_port) && !is_wanted(packet.dst_port))
    return PacketSkip::kOtherPort;
  const Bytes payload = packet.l4_payload;
  const bool anything = !ports_.empty();
  if (!anything && payload.size() >= 2 && header_length(version_of(payload)) == 0) return PacketSkip::kNotExport;
  if (packet.is_cut || packet.problem == PacketProblem::kTruncated) return PacketSkip::kTruncated;
  // A fragment is left here only when a reassembled packet was fragmented inside once more.
  if (packet.problem != PacketProblem::kNone || packet.is_fragment) return PacketSkip::kMalformed;
  if (!anything && !looks_like_export(payload)) return PacketSkip::kNotExport;
  return PacketSkip::kCount;
}

std::string_view reason_name(PacketSkip reason) {
  switch (reason) {
    case PacketSkip::kNotIp: return "not_ip";
    case PacketSkip::kNotUdp: return "not_udp";
    case PacketSkip::kOtherPort: return "other_port";
    case PacketSkip::kNotExport: return "not_export";
    case PacketSkip::kTruncated: return "truncated";
    case PacketSkip::kMalformed: return "malformed";
    case PacketSkip::kUnknownLinkType: return "unknown_link_type";
    case PacketSkip::kCount: break;
  }
  return "";
}

Result<void> FileSource::read_messages(const std::string& path) {
  const auto content = read_file(path, kMaxFile);
  if (!content) return std::unexpected(content.error());
  const Bytes bytes = as_bytes(*content);
  if (bytes.empty()) return fail(path + " is empty");
  const bool is_ipfix = version_of(bytes) == 10;
  if (is_ipfix && (!is_payload_name(path) || bytes.size() > kMaxUdpPayload)) return ipfix_file(path, bytes);
  if (bytes.size() > kMaxUdpPayload || (!is_payload_name(path) && !looks_like_export(bytes)))
    return fail(path +
                " is neither a pcap or pcapng capture nor a NetFlow or IPFIX message (compressed files must be "
                "unpacked first)");
  const std::size_t length = std::clamp(stated_length(bytes), std::min(bytes.size(), kIpfixHeader), bytes.size());
  message(bytes.first(length));
  counts_.trailing_bytes += bytes.size() - length;
  return {};
}

Result<void> FileSource::ipfix_file(const std::string& path, Bytes content) {
  for (std::size_t at = 0; at < content.size();) {
    const Bytes rest = content.subspan(at);
    if (rest.size() < kIpfixHeader || version_of(rest) != 10 || stated_length(rest) < kIpfixHeader) {
      counts_.trailing_bytes += rest.size();
      return fail(path + " has no IPFIX message at byte " + std::to_string(at) + ", where one should begin");
    }
    const std::size_t length = std::min(stated_length(rest), rest.size());  // the decoder tells of one cut short
    message(rest.first(length));
    at += length;
  }
  return {};
}

void FileSource::message(Bytes bytes) {
  ++counts_.messages;
  deliver_({.remote = {}, .local = {}, .transport = Transport::kFile}, bytes, export_time_ns(bytes));
}

}  // namespace weir
