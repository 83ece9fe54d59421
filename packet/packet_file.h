// Reading packet captures: pcap and pcapng, any byte order and time precision.
//
// Thread rules: one thread per PacketFile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "packet/dissect.h"

namespace weir {

struct CapturedPacket {
  std::uint64_t time_ns = 0;                 // since the Unix epoch
  std::uint32_t original_length = 0;         // on the wire
  LinkType link_type = LinkType::kEthernet;  // in pcapng not the same for all, and not always a supported one
  std::uint32_t interface = 0;               // of a pcapng section, from 0; of pcap 0
  Bytes frame;                               // captured bytes; valid until the next call of next()
};

class PacketFile {
 public:
  // True when `content_start` (the first 4 bytes or more) is that of a pcap or pcapng file.
  static bool recognises(Bytes content_start);

  // Errors: unreadable, a directory, not a capture, or only link types that weir reads no IP from (the
  // message names one).
  static Result<PacketFile> open(const std::string& path);
  // Reads from memory; `content` must outlive the PacketFile. For tests and fuzzing.
  static Result<PacketFile> open(Bytes content);

  PacketFile(PacketFile&&) noexcept;
  PacketFile& operator=(PacketFile&&) noexcept;
  ~PacketFile();

  // The next packet, nothing at the end of the file, or an error when the file is damaged there (a cut last packet
  // too).
  Result<std::optional<CapturedPacket>> next();
  // The same for as many packets as are at hand, at most those that `out` has room for; how many: 0 at the end. All
  // frames are valid until the next call. What stands before a damaged place comes first, the error with the next call.
  Result<std::size_t> next(std::span<CapturedPacket> out);

 private:
  struct Impl;
  explicit PacketFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
