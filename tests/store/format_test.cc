// The writer, the reader and docs/store-format.md agree.
#include <gtest/gtest.h>

#include <set>

#include "store/segment_writer.h"
#include "tests/store/format_reader.h"
#include "tests/store/store_flows.h"

namespace weir {
namespace {

using store_test::FormatColumn;
using store_test::FormatSegment;
using store_test::FormatTotals;
using store_test::Mix;

std::string address_bytes(const IpAddress& a) {
  const std::size_t size = a.family == Family::kNone ? 0 : a.family == Family::kV4 ? 4 : 16;
  return {reinterpret_cast<const char*>(a.bytes.data()), size};
}

void expect_same_summary(const FormatSegment& by_page, const SegmentSummary& s) {
  EXPECT_EQ(by_page.id, s.id);
  EXPECT_EQ(by_page.rows, s.rows);
  EXPECT_EQ(by_page.first, s.times.first);
  EXPECT_EQ(by_page.last, s.times.last);
  EXPECT_EQ(by_page.flows, s.flows);
  EXPECT_EQ(by_page.packets, s.packets);
  EXPECT_EQ(by_page.bytes, s.bytes);
  EXPECT_EQ(by_page.journal_first, s.journal_first);
  EXPECT_EQ(by_page.journal_last, s.journal_last);
  ASSERT_EQ(by_page.interfaces.size(), s.interfaces.size());
  for (std::size_t i = 0; i < s.interfaces.size(); ++i) {
    const FormatTotals& a = by_page.interfaces[i];
    const InterfaceTotals& b = s.interfaces[i];
    EXPECT_EQ(a.address, address_bytes(b.exporter));
    EXPECT_EQ(a.host, b.host);
    EXPECT_EQ(a.interface, b.interface);
    EXPECT_EQ(a.numbers, (std::vector<std::uint64_t>{b.flows, b.in_packets, b.out_packets, b.in_bytes, b.out_bytes,
                                                     b.times.first, b.times.last}));
  }
  ASSERT_EQ(by_page.exporters.size(), s.exporters.size());
  for (std::size_t i = 0; i < s.exporters.size(); ++i) {
    const FormatTotals& a = by_page.exporters[i];
    const ExporterTotals& b = s.exporters[i];
    EXPECT_EQ(a.address, address_bytes(b.exporter));
    EXPECT_EQ(a.host, b.host);
    EXPECT_EQ(a.numbers, (std::vector<std::uint64_t>{b.flows, b.packets, b.bytes, b.times.first, b.times.last,
                                                     b.ingress + 2ULL * b.egress}));
  }
}

void expect_same_extras(const FormatColumn& by_page, const Segment& segment) {
  Scratch scratch;
  ExtrasBlock extras;
  std::vector<std::string> all;
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    ASSERT_TRUE(segment.read_extras(block, scratch, extras));
    for (std::size_t i = 0; i + 1 < extras.offsets.size(); ++i) {
      all.emplace_back(extras.bytes.begin() + extras.offsets[i], extras.bytes.begin() + extras.offsets[i + 1]);
    }
  }
  EXPECT_EQ(by_page.extras, all);
}

void expect_same_column(const FormatColumn& by_page, const Segment& segment, const ColumnInfo& info) {
  if (info.kind == ColumnKind::kExtras) return expect_same_extras(by_page, segment);
  EXPECT_EQ(by_page.values, store_test::read_all(segment, info.id)) << info.name;
  std::vector<bool> present;
  std::vector<std::uint8_t> block_present(kBlockRows);
  Scratch scratch;
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    ASSERT_TRUE(segment.read_presence(info.id, block, scratch, block_present.data()));
    for (std::size_t i = 0; i < segment.rows_in(block); ++i) present.push_back(block_present[i] != 0);
  }
  EXPECT_EQ(by_page.present, present) << info.name;
  if (info.kind != ColumnKind::kBytes) return;
  const BytesDictionary& dictionary = **segment.dictionary(info.id);
  ASSERT_EQ(by_page.dictionary.size(), dictionary.size());
  for (std::uint32_t code = 1; code <= dictionary.size(); ++code) {
    EXPECT_EQ(by_page.dictionary[code - 1], dictionary.bytes(code));
  }
}

// Returns how often each encoding was met.
std::map<unsigned, unsigned> expect_page_tells_the_truth(const std::string& image) {
  const FormatSegment by_page = store_test::read_format(image);
  const auto segment = store_test::open_image(image);
  expect_same_summary(by_page, segment->summary());
  const AddressDictionary& addresses = **segment->addresses();
  EXPECT_EQ(by_page.addresses.size(), addresses.size());
  for (std::uint32_t code = 1; code <= addresses.size(); ++code) {
    EXPECT_EQ(by_page.addresses[code - 1], address_bytes(addresses.address(code)));
  }
  for (const ColumnInfo& info : kColumns) {
    const auto column = by_page.columns.find(std::string(info.name));
    EXPECT_EQ(column != by_page.columns.end(), segment->has(info.id)) << info.name;
    if (column != by_page.columns.end()) expect_same_column(column->second, *segment, info);
  }
  return by_page.forms;
}

TEST(StoreFormatTest, SegmentsAreAsTheirPageTells) {
  std::set<unsigned> met;
  for (const Mix mix : {Mix::kRouter, Mix::kAnything, Mix::kEverything}) {
    for (const Effort effort : {Effort::kQuick, Effort::kSmall}) {
      const RowBuffer buffer = store_test::buffer_of(store_test::make_flows(kBlockRows + 2000, mix));
      const std::string image = encode_segment(
          buffer, 0, buffer.rows(), {.id = 7, .effort = effort, .journal_first = 3, .journal_last = 4, .times = {}});
      for (const auto& [form, times] : expect_page_tells_the_truth(image)) met.insert(form);
    }
  }
  EXPECT_EQ(met, (std::set<unsigned>{0, 1, 2, 3, 4, 5, 16, 17})) << "every encoding was put to the test";
}

TEST(StoreFormatTest, ASingleRow) {
  const RowBuffer buffer = store_test::buffer_of(store_test::make_flows(1, Mix::kEverything));
  expect_page_tells_the_truth(encode_segment(buffer, 0, 1, {.times = {}}));
}

}  // namespace
}  // namespace weir
