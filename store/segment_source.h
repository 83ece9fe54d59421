// Where the bytes of a segment come from: a file or memory.
//
// Thread rules: reading from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "store/segment_format.h"

namespace weir {

class SegmentSource {
 public:
  static Result<SegmentSource> open(const std::filesystem::path& path);
  static SegmentSource memory(std::string image);
  // Of an image that outlives it. Nothing may be read behind it: for footers, not for pages.
  static SegmentSource borrowed(std::string_view image);

  std::uint64_t size() const { return size_; }
  // `length` bytes from `offset`, in `buffer` or where they lie anyway; kPackSlack more may be read behind them.
  // Errors: the system's; the file is shorter now. REQUIRES that they lie within size().
  Result<Bytes> read(std::uint64_t offset, std::uint64_t length, std::vector<std::uint8_t>& buffer) const;
  // Likewise, and checked against the part's checksum.
  Result<Bytes> read(const Part& part, std::vector<std::uint8_t>& buffer) const;

 private:
  UniqueFd fd_;
  std::string image_;  // with kPackSlack bytes behind it
  Bytes borrowed_;     // instead
  std::uint64_t size_ = 0;
};

// Reads and checks the list of columns and the summary of a segment.
Result<Footer> read_footer(const SegmentSource& source);

}  // namespace weir
