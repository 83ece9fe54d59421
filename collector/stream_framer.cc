#include "collector/stream_framer.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::uint16_t kIpfixVersion = 10;
constexpr std::size_t kFirstBuffer = 4096;

}  // namespace

std::span<std::uint8_t> StreamFramer::space() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(std::clamp(2 * buffer_.size(), kFirstBuffer, kMaxMessage));
  return std::span(buffer_).subspan(end_);
}

Bytes StreamFramer::next() {
  const Bytes waiting(buffer_.data() + begin_, end_ - begin_);
  if (broken_ || waiting.size() < 4) return {};
  const std::size_t length = load_be16(&waiting[2]);
  if (load_be16(waiting.data()) != kIpfixVersion || length < kHeader) {
    broken_ = true;
    return {};
  }
  if (waiting.size() < length) return {};
  begin_ += length;
  return waiting.first(length);
}

}  // namespace weir
