#include "packet/packet_file.h"

#include <pcap/pcap.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "packet/pcap_reader.h"
#include "packet/pcapng.h"

namespace weir {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, CloseFile>;

std::string name_of(int link_type) {
  const char* name = ::pcap_datalink_val_to_name(link_type);
  return name != nullptr ? name : "number " + std::to_string(link_type);
}

std::unexpected<Error> fail_link_type(const std::string& name, int link_type) {
  return fail(name + " has link type " + name_of(link_type) + ", which weir does not read IP packets from");
}

std::unexpected<Error> fail_no_capture(const std::string& name) {
  return fail(name + " is not a pcap or pcapng capture (a compressed one must be unpacked first)");
}

}  // namespace

struct PacketFile::Impl {
  using MaybePacket = Result<std::optional<CapturedPacket>>;

  std::string name;
  FilePointer file;
  std::optional<PcapReader> pcap;  // or
  std::optional<PcapngReader> pcapng;
  std::optional<MaybePacket> first;  // of `pcapng`, read ahead
  std::uint64_t packets = 0;

  Result<void> open_pcap(FilePointer opened) {
    file = std::move(opened);
    pcap.emplace(file.get());
    const auto is_pcap = pcap->open();
    if (!is_pcap) return fail(name + ": " + is_pcap.error().message);
    if (!*is_pcap) return fail_no_capture(name);
    const std::uint32_t number = pcap->link_type();
    const auto type = static_cast<LinkType>(number);
    if (std::to_underlying(type) != number || !is_supported(type))
      return fail_link_type(name, static_cast<int>(number));
    return {};
  }

  // Reads up to the first packet, before which every interface in use is described as a rule.
  Result<void> open_pcapng(FilePointer opened) {
    file = std::move(opened);
    pcapng.emplace(file.get());
    first = pcapng->next();
    const auto types = pcapng->link_types();
    if (!*first && types.empty()) return fail(name + ": " + first->error().message);
    if (!types.empty() && std::ranges::none_of(types, is_supported))
      return fail_link_type(name, std::to_underlying(types.front()));
    return {};
  }

  MaybePacket next() {
    if (pcap) return pcap->next();
    if (!first) return pcapng->next();
    MaybePacket packet = *std::move(first);
    first.reset();
    return packet;
  }

  // Tells the formats apart by the first byte, the most that can be put back into a pipe.
  static Result<PacketFile> open(FilePointer file, std::string name) {
    auto impl = std::make_unique<Impl>();
    impl->name = std::move(name);
    const int first_byte = std::getc(file.get());
    if (first_byte == EOF) return fail(impl->name + (std::ferror(file.get()) != 0 ? " cannot be read" : " is empty"));
    std::ungetc(first_byte, file.get());
    constexpr int kPcapngStart = 0x0a;
    auto opened = first_byte == kPcapngStart ? impl->open_pcapng(std::move(file)) : impl->open_pcap(std::move(file));
    if (!opened) return std::unexpected(opened.error());
    return PacketFile(std::move(impl));
  }
};

bool PacketFile::recognises(Bytes content_start) {
  if (content_start.size() < 4) return false;
  switch (load_be32(content_start.data())) {
    case 0xa1b2c3d4:  // pcap, microseconds
    case 0xd4c3b2a1:
    case 0xa1b23c4d:  // pcap, nanoseconds
    case 0x4d3cb2a1:
    case 0xa1b2cd34:  // pcap as patched by Alexey Kuznetsov
    case 0x34cdb2a1:
    case 0x0a0d0d0a: return true;  // pcapng's Section Header Block
    default: return false;
  }
}

Result<PacketFile> PacketFile::open(const std::string& path) {
  FilePointer file(std::fopen(path.c_str(), "rbe"));
  if (!file) return fail_errno("cannot open " + path, errno);
  struct stat info{};
  if (::fstat(::fileno(file.get()), &info) != 0) return fail_errno("cannot read " + path, errno);
  if (S_ISDIR(info.st_mode)) return fail("cannot read " + path + ": it is a directory");
  return Impl::open(std::move(file), path);
}

Result<PacketFile> PacketFile::open(Bytes content) {
  const std::string name = "capture in memory";
  if (content.empty()) return fail(name + " is empty");
  // fmemopen() takes a pointer to non-const for its other modes; "r" only reads.
  FilePointer file(::fmemopen(const_cast<std::uint8_t*>(content.data()), content.size(), "r"));
  if (!file) return fail_errno("cannot open " + name, errno);
  return Impl::open(std::move(file), name);
}

PacketFile::PacketFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PacketFile::PacketFile(PacketFile&&) noexcept = default;
PacketFile& PacketFile::operator=(PacketFile&&) noexcept = default;
PacketFile::~PacketFile() = default;

Result<std::size_t> PacketFile::next(std::span<CapturedPacket> out) {
  if (out.empty()) return 0;
  const auto packet = next();
  if (!packet) return std::unexpected(packet.error());
  if (!*packet) return 0;
  out[0] = **packet;
  const std::size_t more = impl_->pcap ? impl_->pcap->next_buffered(out.subspan(1)) : 0;
  impl_->packets += more;
  return 1 + more;
}

Result<std::optional<CapturedPacket>> PacketFile::next() {
  auto packet = impl_->next();
  if (!packet)
    return fail(impl_->name + ", after packet " + std::to_string(impl_->packets) + ": " + packet.error().message);
  if (*packet) ++impl_->packets;
  return packet;
}

}  // namespace weir
