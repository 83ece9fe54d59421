#include "exporter/capture/file_capture.h"

#include <linux/if_packet.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "packet/packet_file.h"

namespace weir {
namespace {

// More than any headers that a flow is made of.
constexpr std::size_t kSnaplen = 512;
constexpr std::size_t kBatch = 256;

// The cooked headers say which way the packet went (https://www.tcpdump.org/linktypes.html: SLL, SLL2).
PacketDirection direction_of(LinkType type, Bytes frame) {
  unsigned packet_type = PACKET_OTHERHOST;
  if (type == LinkType::kLinuxSll && frame.size() >= 2) packet_type = load_be16(frame.data());
  if (type == LinkType::kLinuxSll2 && frame.size() >= 11) packet_type = frame[10];
  switch (packet_type) {
    case PACKET_HOST:
    case PACKET_BROADCAST:
    case PACKET_MULTICAST: return PacketDirection::kIn;
    case PACKET_OUTGOING: return PacketDirection::kOut;
    default: return PacketDirection::kUnknown;
  }
}

class FileCapture final : public PacketSource {
 public:
  explicit FileCapture(PacketFile file) : file_(std::move(file)), bytes_(kBatch * kSnaplen), frames_(kBatch) {}

  Result<std::span<const Frame>> next(std::chrono::milliseconds) override {
    if (is_woken_.exchange(false)) return std::span<const Frame>();
    std::size_t n = 0;
    while (n < kBatch && !has_ended_ && !error_ && read_one(n)) ++n;
    if (n == 0 && error_) return std::unexpected(*error_);
    const std::lock_guard lock(mutex_);
    packets_ += n;
    return std::span<const Frame>(frames_.data(), n);
  }

  bool ended() const override { return has_ended_; }
  void wake() override { is_woken_ = true; }

  CaptureStats stats() const override {
    const std::lock_guard lock(mutex_);
    CaptureStats stats;
    stats.packets.in = stats.packets.out = packets_;
    return stats;
  }

 private:
  bool read_one(std::size_t n) {
    const auto packet = file_.next();
    if (!packet) error_ = packet.error();
    if (packet && !*packet) has_ended_ = true;
    if (!packet || !*packet) return false;
    const CapturedPacket& read = **packet;
    const std::size_t captured = std::min(read.frame.size(), kSnaplen);
    std::uint8_t* const copy = &bytes_[n * kSnaplen];
    std::memcpy(copy, read.frame.data(), captured);
    frames_[n] = {.time_ns = read.time_ns,
                  .data = copy,
                  .captured = static_cast<std::uint32_t>(captured),
                  .wire_length = std::max(read.original_length, static_cast<std::uint32_t>(read.frame.size())),
                  .interface = read.interface + 1,
                  .link_type = read.link_type,
                  .direction = direction_of(read.link_type, read.frame)};
    return true;
  }

  PacketFile file_;
  std::vector<std::uint8_t> bytes_;  // of the frames, each in a place of kSnaplen bytes
  std::vector<Frame> frames_;
  std::optional<Error> error_;
  std::atomic<bool> has_ended_ = false;
  std::atomic<bool> is_woken_ = false;
  mutable std::mutex mutex_;
  std::uint64_t packets_ = 0;  // under mutex_
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_file_capture(const std::string& path) {
  auto file = PacketFile::open(path);
  if (!file) return std::unexpected(file.error());
  return std::make_unique<FileCapture>(std::move(*file));
}

}  // namespace weir
