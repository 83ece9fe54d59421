// A flow that is being put together from text, field by field, before it goes into a batch.
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "flow/batch.h"
#include "flow/field_table.h"

namespace weir {

class FlowDraft {
 public:
  // What is wrong with a text, in words; nothing when it was taken.
  using Trouble = std::optional<std::string>;

  void clear();

  // A value as JSON and CSV write it (docs/json.md), items of lists separated by blanks. Empty: absent.
  Trouble set(FieldId id, std::string_view text);
  // REQUIRES a field that is a number, and a value of its width.
  void set_number(FieldId id, std::uint64_t value);
  void set_address(FieldId id, const IpAddress& address);
  // Lists item by item.
  void clear_list(FieldId id);
  Trouble add_item(FieldId id, std::string_view text);
  void add_extra(const Extra& extra, Bytes value);

  bool has(FieldId id) const { return flow_.has(id); }
  const Flow& flow() const { return flow_; }
  Origin& origin() { return origin_; }
  const std::string& host() const { return host_; }

  // A full record writes what is absent as 0, [] or 00:00:00:00:00:00, so that such a value says nothing, but for bytes
  // and packets. In a compact record it says that the field is there.
  void keep_zeros();
  // A flow without a time of receipt was received at its end. Trouble when it has neither.
  Trouble settle_times();

  // As a flow of `writer`, whose origin is set. False when it is larger than any batch.
  bool write(BatchWriter& writer) const;

 private:
  std::uint8_t* member(const FieldInfo& field);
  Trouble set_prefix(const FieldInfo& field, std::string_view text);
  void mark(FieldId id, bool zero);
  std::size_t arena_needed() const;
  void write_slices(BatchWriter& writer, Flow& flow) const;
  std::size_t place_needed(FieldHome home) const;
  std::uint16_t write_place(FieldHome home, Place place, BatchWriter& writer) const;
  void write_extras(BatchWriter& writer, Flow& flow) const;

  Flow flow_{};
  FlowCold cold_{};
  Place src_place_{}, dst_place_{};
  Origin origin_{};
  std::string host_;
  std::uint64_t zeros_[2] = {};  // like Flow::present
  // Texts and lists of FlowCold and of places, those that are present.
  std::array<std::string, kFieldCount> slices_;
  std::vector<Extra> extras_;
  std::string extra_bytes_;
};

}  // namespace weir
