// The group keys of a block's rows, column by column.
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "query/block_columns.h"
#include "query/key_layout.h"
#include "query/predicate.h"
#include "query/segment_codes.h"

namespace weir {

class KeyBuilder {
 public:
  // `values` outlives this.
  explicit KeyBuilder(KeyValues& values) : values_(values) {}

  // What build() and interfaces() look up in a segment's dictionaries.
  static Result<void> prepare(const KeyLayout& layout, bool interfaces, const Segment& segment, SegmentCodes& codes);

  // Forgets what depends on the codes of the segment before.
  void open_segment();

  // Makes the keys of the selected rows, layout.words() words each, at `keys`; the part of kInterface stays 0.
  // Errors: the segment is damaged, the budget is used up.
  Result<void> build(const KeyLayout& layout, BlockColumns& columns, const SegmentCodes& codes, const Selection& rows,
                     Orientation orientation, std::uint64_t* keys);

  // The interface that the selected rows entered by (`out`: left by): its number among values.interfaces, 0 for none.
  Result<void> interfaces(BlockColumns& columns, const SegmentCodes& codes, const Selection& rows,
                          Orientation orientation, bool out, std::uint32_t* ids);

 private:
  // Texts made of numbers, remembered where they were last needed.
  struct Memo {
    std::uint64_t key = UINT64_MAX;
    std::uint32_t id = 0;
  };
  static constexpr std::size_t kMemos = 4096;
  Memo& memo(std::array<Memo, kMemos>& memos, std::uint64_t key);

  // The rows whose keys are being made.
  struct Rows {
    const KeyLayout& layout;
    BlockColumns& columns;
    const SegmentCodes& codes;
    const Selection& selection;
    Orientation orientation;
    std::uint64_t* keys;
  };
  template <typename Value>
  static Result<void> add_each(const Rows& rows, const KeyPlace& place, Value value);
  static Result<void> add_number(const Rows& rows, const KeyPart& part);
  static Result<void> add_time(const Rows& rows, const KeyPart& part);
  static Result<void> add_duration(const Rows& rows, const KeyPart& part);
  Result<void> add_addresses(const Rows& rows, const KeyPart& part);
  static Result<void> add_texts(const Rows& rows, const KeyPart& part);
  Result<void> add_networks(const Rows& rows, const KeyPart& part);
  Result<void> add_hosts(const Rows& rows, const KeyPart& part);
  std::optional<std::uint32_t> network_text(const SegmentCodes& codes, std::uint32_t address, std::uint32_t length);
  std::optional<std::uint32_t> address_text(const SegmentCodes& codes, std::uint32_t address);
  std::optional<std::uint32_t> index_text(std::uint32_t index);

  KeyValues& values_;
  std::array<std::uint32_t, kBlockRows> addresses_;  // numbers of a block's
  std::array<Memo, kMemos> network_memos_;           // by address code and mask
  std::array<Memo, kMemos> host_memos_;              // by address code
  std::array<Memo, kMemos> index_memos_;             // by index
};

}  // namespace weir
