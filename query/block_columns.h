// The columns of one block, read when they are first asked for, whole or only for the rows that are still of interest.
//
// Thread rules: one thread; reading is into buffers of its own that are used again for the next block.
#pragma once

#include <array>
#include <memory>

#include "base/error.h"
#include "query/matcher.h"
#include "store/segment.h"

namespace weir {

class BlockColumns {
 public:
  // `icmp_has_no_ports`: src_port and dst_port read as 0 in rows of ICMP and ICMPv6, which keep type and code there.
  explicit BlockColumns(bool icmp_has_no_ports) : icmp_has_no_ports_(icmp_has_no_ports) {}

  // Until the next call or block only rows of this selection will be asked for: what is picked of a column is picked
  // for all of them at once. `rows.picks` stays as long. Without picks: any rows.
  void focus(const Selection& rows);

  // Goes on to another block. `segment` stays until the next call.
  void open(const Segment& segment, unsigned block);
  const Segment& segment() const { return *segment_; }
  unsigned block() const { return block_; }
  std::size_t rows() const { return rows_; }
  Scratch& scratch() { return scratch_; }

  // Value i is that of the selection's row i. Good until the same column is asked for again, in a buffer of kBlockRows.
  // narrow() REQUIRES a column that is not kWide.
  Result<const std::uint32_t*> narrow(ColumnId column, const Selection& selection);
  Result<const std::uint64_t*> wide(ColumnId column, const Selection& selection);
  // False: all zeros.
  bool has(ColumnId column) const { return segment_->has(column); }
  Result<Zone> zone(ColumnId column) const;

 private:
  template <typename T>
  struct Buffer {
    std::unique_ptr<T[]> whole;
    std::unique_ptr<T[]> focused;
    std::unique_ptr<T[]> picked;
    std::uint64_t read = 0;   // which opening `whole` is of
    std::uint64_t focus = 0;  // which focus `focused` is of
  };

  template <typename T>
  Result<const T*> values(Buffer<T>& buffer, ColumnId column, const Selection& selection);
  template <typename T>
  Result<const T*> focused_values(Buffer<T>& buffer, ColumnId column, const Selection& selection);
  template <typename T>
  Result<void> gather(ColumnId column, const Selection& selection, T* out);
  template <typename T>
  Result<void> clear_icmp_ports(ColumnId column, const Selection& selection, T* values);

  bool icmp_has_no_ports_;
  const Segment* segment_ = nullptr;
  unsigned block_ = 0;
  std::size_t rows_ = 0;
  std::uint64_t opening_ = 0;
  // The rows in focus, where they are so few that they are picked, and where each of them stands among them.
  Selection focus_;
  bool focused_ = false;
  std::uint64_t focus_number_ = 0;
  std::unique_ptr<std::uint16_t[]> place_in_focus_;
  std::array<Buffer<std::uint32_t>, kColumnCount> narrow_;
  std::array<Buffer<std::uint64_t>, kColumnCount> wide_;
  Scratch scratch_;
};

constexpr bool is_port(ColumnId column) {
  return column == column_of(FieldId::src_port) || column == column_of(FieldId::dst_port);
}

// Whether ICMP or ICMPv6 can be among protocols of this zone.
bool may_be_icmp(const Zone& protocols);

}  // namespace weir
