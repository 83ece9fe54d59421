#include "packet/packet_file.h"

#include <pcap/pcap.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct ClosePcap {
  void operator()(pcap_t* pcap) const { ::pcap_close(pcap); }
};
using FilePointer = std::unique_ptr<std::FILE, CloseFile>;
using PcapPointer = std::unique_ptr<pcap_t, ClosePcap>;

std::string name_of(int link_type) {
  const char* name = ::pcap_datalink_val_to_name(link_type);
  return name != nullptr ? name : "number " + std::to_string(link_type);
}

// libpcap's message for `name`, with what to do about it where that is known.
std::unexpected<Error> fail_pcap(const std::string& name, std::string_view message) {
  std::string text = name + ": " + std::string(message);
  if (message.find("different from the type of the first interface") != std::string_view::npos) {
    text += "; a capture of several link types must be split first, one file for each interface: tshark -r " + name +
            " -Y 'frame.interface_id == 0' -F pcap -w out.pcap";
  } else if (message.find("different from the snapshot length of the first interface") != std::string_view::npos) {
    text += "; convert it first: editcap -F pcap " + name + " out.pcap";
  } else if (message.find("unknown file format") != std::string_view::npos) {
    text = name + " is not a pcap or pcapng capture";
  }
  return fail(std::move(text));
}

std::uint64_t to_ns(const timeval& time) {  // libpcap puts nanoseconds into tv_usec when asked for them
  constexpr std::uint64_t kMaxSeconds = std::numeric_limits<std::uint64_t>::max() / kNsPerSecond - 1;
  if (time.tv_sec < 0 || time.tv_usec < 0) return 0;
  const auto seconds = static_cast<std::uint64_t>(time.tv_sec);
  if (seconds > kMaxSeconds) return std::numeric_limits<std::uint64_t>::max();
  return seconds * kNsPerSecond + static_cast<std::uint64_t>(time.tv_usec) % kNsPerSecond;
}

}  // namespace

struct PacketFile::Impl {
  std::string name;
  PcapPointer pcap;
  LinkType link_type;
  std::uint64_t packets = 0;

  static Result<std::unique_ptr<Impl>> open(FilePointer file, std::string name) {
    std::array<char, PCAP_ERRBUF_SIZE> message{};
    PcapPointer pcap(
        ::pcap_fopen_offline_with_tstamp_precision(file.get(), PCAP_TSTAMP_PRECISION_NANO, message.data()));
    if (!pcap) return fail_pcap(name, message.data());
    file.release();  // now the pcap_t's
    const int number = ::pcap_datalink(pcap.get());
    const auto link_type = static_cast<LinkType>(number);
    if (std::to_underlying(link_type) != number || !is_supported(link_type))
      return fail(name + " has link type " + name_of(number) + ", which weir does not read IP packets from");
    return std::unique_ptr<Impl>(new Impl{std::move(name), std::move(pcap), link_type});
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
  if (S_ISREG(info.st_mode) && info.st_size == 0) return fail(path + " is empty");
  auto impl = Impl::open(std::move(file), path);
  if (!impl) return std::unexpected(impl.error());
  return PacketFile(std::move(*impl));
}

Result<PacketFile> PacketFile::open(Bytes content) {
  const std::string name = "capture in memory";
  if (content.empty()) return fail(name + " is empty");
  // fmemopen() takes a pointer to non-const for its other modes; "r" only reads.
  FilePointer file(::fmemopen(const_cast<std::uint8_t*>(content.data()), content.size(), "r"));
  if (!file) return fail_errno("cannot open " + name, errno);
  auto impl = Impl::open(std::move(file), name);
  if (!impl) return std::unexpected(impl.error());
  return PacketFile(std::move(*impl));
}

PacketFile::PacketFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PacketFile::PacketFile(PacketFile&&) noexcept = default;
PacketFile& PacketFile::operator=(PacketFile&&) noexcept = default;
PacketFile::~PacketFile() = default;

LinkType PacketFile::link_type() const { return impl_->link_type; }

Result<std::optional<CapturedPacket>> PacketFile::next() {
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  switch (::pcap_next_ex(impl_->pcap.get(), &header, &data)) {
    case 1: break;
    case PCAP_ERROR_BREAK: return std::nullopt;  // the end of the file
    default:
      return fail_pcap(impl_->name + ", after packet " + std::to_string(impl_->packets),
                       ::pcap_geterr(impl_->pcap.get()));
  }
  ++impl_->packets;
  return CapturedPacket{to_ns(header->ts), header->len, Bytes(data, header->caplen)};
}

}  // namespace weir
