// The tail of a record: what comes after its groups of fields. Lists (an element repeated) and extras differ from flow
// to flow, so a flow's own tail is part of its template's shape.
//
// Thread rules: owned by one encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/encode_groups.h"
#include "codecs/encoder.h"

namespace weir {

// Which of a biflow's extras a record takes, as text sinks do: reverse elements (RFC 5103) go with the reverse record,
// as forward ones.
enum class ExportExtras : std::uint8_t {
  kAll,
  kForward,      // all but the reverse ones
  kReverse,      // those, as forward ones
  kReverseOnly,  // those first, then the others: there is no forward record to take them
};

// Calls visit(Extra, Bytes) for the extras of `which`, in the order of the record.
template <typename Visit>
void for_each_exported(const FlowBatch& batch, const Flow& flow, ExportExtras which, Visit visit) {
  if (which != ExportExtras::kAll && which != ExportExtras::kForward) {
    batch.for_each_extra(flow, [&](Extra extra, Bytes value) {
      if (extra.enterprise != kReverseEnterprise) return;
      extra.enterprise = 0;
      visit(extra, value);
    });
    if (which == ExportExtras::kReverse) return;
  }
  batch.for_each_extra(flow, [&](const Extra& extra, Bytes value) {
    if (which == ExportExtras::kAll || extra.enterprise != kReverseEnterprise) visit(extra, value);
  });
}

struct RecordTail {
  // Elements of each list, unused ones included: they are zero, which says nothing.
  std::uint8_t labels = 0;
  std::uint8_t communities = 0;
  std::uint8_t label_edges4 = 0;  // mpls_ip
  std::uint8_t label_edges6 = 0;
  // Of every extra, in order. Length kVariableLength: the record tells it; 0: left out.
  std::vector<FieldSpec> extras;

  bool empty() const { return (labels | communities | label_edges4 | label_edges6) == 0 && extras.empty(); }
  bool operator==(const RecordTail& other) const;
};

// Works out the tail of one flow after the other.
class TailReader {
 public:
  explicit TailReader(const EncoderOptions& options);

  // The tail of `source`, good until the next call. `groups` are those of the record; those that an extra tells as
  // well are taken out. What cannot be carried is counted. `room` is what a record, and a template, may take.
  const RecordTail& read(const RecordSource& source, ExportExtras which, GroupSet& groups, EncoderStats& stats);
  // Bytes that the extras of variable length take in the record of the last tail, their lengths included.
  std::size_t variable_bytes() const { return variable_bytes_; }

 private:
  void read_lists(const RecordSource& source, EncoderStats& stats);
  std::uint8_t take_items(std::size_t items, std::size_t width, EncoderStats& stats);
  FieldSpec take_extra(const Extra& extra, EncoderStats& stats);
  bool translate(const Extra& extra, FieldSpec& spec) const;

  bool v9_;
  std::span<const GroupLayout, kGroupCount> layouts_;
  std::size_t room_;
  std::size_t record_room_ = 0;
  std::size_t template_room_ = 0;
  std::size_t variable_bytes_ = 0;
  RecordTail tail_;
};

// Announced fields of the tail: calls visit(FieldSpec) for each.
template <typename Visit>
void for_each_tail_spec(const RecordTail& tail, Visit visit) {
  constexpr std::uint16_t kTopLabel = 70, kLastLabel = 79;  // mplsTopLabelStackSection and the nine below it
  for (std::uint16_t i = 0; i < tail.labels; ++i) {
    const int id = kTopLabel + i;
    visit(FieldSpec{static_cast<std::uint16_t>(id < kLastLabel ? id : kLastLabel), 3});
  }
  for (std::size_t i = 0; i < tail.communities; ++i) visit(FieldSpec{483, 4});    // bgpCommunity
  for (std::size_t i = 0; i < tail.label_edges4; ++i) visit(FieldSpec{47, 4});    // mplsTopLabelIPv4Address
  for (std::size_t i = 0; i < tail.label_edges6; ++i) visit(FieldSpec{140, 16});  // mplsTopLabelIPv6Address
  for (const FieldSpec& extra : tail.extras) {
    if (extra.length != 0) visit(extra);
  }
}

// Writes the tail's values at `p`. REQUIRES the room that the tail's lengths say.
void write_tail(std::uint8_t* p, const RecordTail& tail, const RecordSource& source, ExportExtras which);

}  // namespace weir
