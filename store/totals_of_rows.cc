#include "store/totals_of_rows.h"

#include <array>
#include <vector>

namespace weir {
namespace {

constexpr std::array kWide{kTimeColumn,
                           kFlowsColumn,
                           column_of(FieldId::bytes),
                           column_of(FieldId::packets),
                           column_of(FieldId::reverse_bytes),
                           column_of(FieldId::reverse_packets)};
constexpr std::array kNarrow{FieldId::in_if,      FieldId::out_if,      FieldId::flow_direction,
                             FieldId::in_if_name, FieldId::out_if_name, FieldId::sampler_address,
                             FieldId::host};
constexpr std::size_t kWithPresence = 3;  // of the latter, the first ones

// Columns as above.
struct Values {
  std::array<std::vector<std::uint64_t>, kWide.size()> wide;
  std::array<std::vector<std::uint32_t>, kNarrow.size()> narrow;
  std::array<std::vector<std::uint8_t>, kWithPresence> present;
};

Result<Values> read_values(const Segment& segment, unsigned block, std::span<const std::uint16_t> picks,
                           Scratch& scratch) {
  Values values;
  for (std::size_t i = 0; i < kWide.size(); ++i) {
    values.wide[i].resize(picks.size());
    if (auto done = segment.gather(kWide[i], block, picks, scratch, values.wide[i].data()); !done) {
      return std::unexpected(done.error());
    }
  }
  for (std::size_t i = 0; i < kNarrow.size(); ++i) {
    values.narrow[i].resize(picks.size());
    if (auto done = segment.gather(column_of(kNarrow[i]), block, picks, scratch, values.narrow[i].data()); !done) {
      return std::unexpected(done.error());
    }
  }
  std::vector<std::uint8_t> all(kBlockRows);
  for (std::size_t i = 0; i < kWithPresence; ++i) {
    if (auto done = segment.read_presence(column_of(kNarrow[i]), block, scratch, all.data()); !done) {
      return std::unexpected(done.error());
    }
    for (const std::uint16_t row : picks) values.present[i].push_back(all[row]);
  }
  return values;
}

}  // namespace

Result<void> add_totals(const Segment& segment, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                        Totals& totals) {
  const auto addresses = segment.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  const auto values = read_values(segment, block, picks, scratch);
  if (!values) return std::unexpected(values.error());
  const auto host = segment.dictionary(column_of(FieldId::host));
  const auto in = segment.dictionary(column_of(FieldId::in_if_name));
  const auto out = segment.dictionary(column_of(FieldId::out_if_name));
  for (const auto* dictionary : {&host, &in, &out}) {
    if (!*dictionary) return std::unexpected(dictionary->error());
  }
  const auto& [wide, narrow, present] = *values;
  totals.add({.count = picks.size(),
              .time = wide[0].data(),
              .flows = wide[1].data(),
              .bytes = wide[2].data(),
              .packets = wide[3].data(),
              .reverse_bytes = wide[4].data(),
              .reverse_packets = wide[5].data(),
              .exporter = narrow[5].data(),
              .host = narrow[6].data(),
              .in_if = narrow[0].data(),
              .out_if = narrow[1].data(),
              .in_if_name = narrow[3].data(),
              .out_if_name = narrow[4].data(),
              .direction = narrow[2].data(),
              .has_in_if = present[0].data(),
              .has_out_if = present[1].data(),
              .has_direction = present[2].data()},
             {.exporter = [&](std::uint32_t code) { return (*addresses)->address(code); },
              .host = [&](std::uint32_t code) { return (*host)->bytes(code); },
              .in_if_name = [&](std::uint32_t code) { return (*in)->bytes(code); },
              .out_if_name = [&](std::uint32_t code) { return (*out)->bytes(code); }});
  return {};
}

}  // namespace weir
