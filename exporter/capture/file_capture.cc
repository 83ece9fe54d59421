#include "exporter/capture/file_capture.h"

#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "packet/packet_file.h"

namespace weir {
namespace {

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
  explicit FileCapture(PacketFile file) : file_(std::move(file)) {}

  Result<std::span<const Frame>> next(std::chrono::milliseconds) override {
    if (is_woken_.exchange(false)) return std::span<const Frame>();
    const auto n = file_.next(packets_);
    if (!n) return std::unexpected(n.error());
    if (*n == 0) has_ended_ = true;
    for (std::size_t i = 0; i < *n; ++i) frames_[i] = frame_of(packets_[i]);
    const std::lock_guard lock(mutex_);
    count_ += *n;
    return std::span<const Frame>(frames_.data(), *n);
  }

  bool ended() const override { return has_ended_; }
  void wake() override { is_woken_ = true; }

  CaptureStats stats() const override {
    const std::lock_guard lock(mutex_);
    CaptureStats stats;
    stats.packets.in = stats.packets.out = count_;
    return stats;
  }

 private:
  static Frame frame_of(const CapturedPacket& packet) {
    const auto captured = static_cast<std::uint32_t>(packet.frame.size());
    return {.time_ns = packet.time_ns,
            .data = packet.frame.data(),
            .captured = captured,
            .wire_length = std::max(packet.original_length, captured),
            .interface = packet.interface + 1,
            .link_type = packet.link_type,
            .direction = direction_of(packet.link_type, packet.frame)};
  }

  PacketFile file_;
  std::array<CapturedPacket, kBatch> packets_;
  std::array<Frame, kBatch> frames_;
  std::atomic<bool> has_ended_ = false;
  std::atomic<bool> is_woken_ = false;
  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;  // under mutex_
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_file_capture(const std::string& path) {
  auto file = PacketFile::open(path);
  if (!file) return std::unexpected(file.error());
  return std::make_unique<FileCapture>(std::move(*file));
}

}  // namespace weir
