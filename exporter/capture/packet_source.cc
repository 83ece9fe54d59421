#include "exporter/capture/packet_source.h"

namespace weir {

std::string_view reason_name(CaptureDrop reason) {
  switch (reason) {
    case CaptureDrop::kRingFull: return "ring_full";
    case CaptureDrop::kUnknownOffload: return "unknown_offload";
    case CaptureDrop::kBadBlock: return "bad_block";
    case CaptureDrop::kCount: break;
  }
  return "unknown";
}

CaptureStats& CaptureStats::operator+=(const CaptureStats& other) {
  packets += other.packets;
  super_packets += other.super_packets;
  freezes += other.freezes;
  return *this;
}

}  // namespace weir
