// What `weir decode` reads: captures of export datagrams and files of bare export messages, one after the other as one
// stream.
//
//   pcap, pcapng   every UDP datagram that looks like an export message, or all on the ports named; fragments are put
//                  together. The session is the packet's addresses and ports, the time that of the capture.
//   IPFIX files    messages back to back by their length field (RFC 5655)
//   anything else  one UDP payload a file. What stands behind its first message is left, and counted.
//
// Files without addresses are one session (Transport::kFile), so that a template file serves the data files after it;
// their time is the message's own export time, so that output does not depend on when it is made.
//
// Thread rules: one thread. Memory is bounded by the reassembler's limits and kMaxFile. What is skipped is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ledger.h"
#include "codecs/decoder.h"
#include "packet/packet_file.h"
#include "packet/reassembly.h"

namespace weir {

// Why a packet of a capture gave no export datagram.
enum class PacketSkip : std::uint8_t {
  kNotIp,
  kNotUdp,
  kOtherPort,
  kNotExport,  // no known version, or shorter than that version's header
  kTruncated,  // the capture holds less than the datagram had
  kMalformed,
  kUnknownLinkType,  // some interface of the capture has a link type that weir reads no IP from
  kCount
};
std::string_view reason_name(PacketSkip reason);

struct FileCounts {
  // Packets of captures, fragments left out and reassembled datagrams put in; out: datagrams delivered.
  Account<PacketSkip> packets;
  std::uint64_t fragments =
      0;                       // packets that went to the reassembler; FileSource::fragments() says what became of them
  std::uint64_t messages = 0;  // delivered from files that are no captures
  std::uint64_t trailing_bytes = 0;  // of those, behind the last message
};

class FileSource {
 public:
  // `message` is valid during the call.
  using Deliver = std::function<void(const Session& session, Bytes message, std::uint64_t time_ns)>;

  static constexpr std::size_t kMaxFile = std::size_t{1} << 30;  // of files that are no captures

  // `ports`: only datagrams from or to one of them; empty for all.
  FileSource(std::vector<std::uint16_t> ports, Deliver deliver);

  // Reads a file to its end. An error names the file, and the place where it is damaged; what stands before the place
  // has been delivered then, and other files can still be read.
  Result<void> read(const std::string& path);
  // Reads the rest of an open capture.
  Result<void> read(PacketFile& capture);

  // After the last file: fragments that still wait are given up.
  void finish() { reassembler_.finish(); }

  const FileCounts& counts() const { return counts_; }
  const Account<Reassembler::Drop>& fragments() const { return reassembler_.account(); }

 private:
  void packet(const CapturedPacket& captured);
  void fragment(DissectedPacket& packet, std::uint64_t time_ns);
  void whole_packet(const DissectedPacket& packet, std::uint64_t time_ns);
  PacketSkip skip_reason(const DissectedPacket& packet) const;
  Result<void> read_messages(const std::string& path);
  Result<void> ipfix_file(const std::string& path, Bytes content);
  void message(Bytes bytes);

  std::vector<std::uint16_t> ports_;
  Deliver deliver_;
  Reassembler reassembler_;
  FileCounts counts_;
};

}  // namespace weir
