// A segment: an immutable stretch of rows, column by column, as one file or as one frame of the journal. Its layout is
// described byte by byte in docs/store-format.md.
//
// Rows come in blocks of kBlockRows (the last one shorter); a column is a page for each block. Addresses of all columns
// share one dictionary, sorted (IPv4 before IPv6, each by its bytes), so that codes compare like addresses and a prefix
// is a range of codes. Texts and lists have a sorted dictionary per column. Code 0 is "absent" in both; the first entry
// has code 1.
//
// Every part has a CRC32C that is checked when it is read: what was damaged is an error, never an answer. Reading
// copies (pread), so that a bad disk is an error and not a signal.
//
// Thread rules: a Segment may be used from any number of threads; each brings its own Scratch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "flow/address.h"
#include "store/column.h"
#include "store/time_range.h"

namespace weir {

inline constexpr std::size_t kBlockRows = 16384;

enum class Tier : std::uint8_t {
  kRaw,     // a row is a flow as it was received
  kRollup,  // a row is the traffic of one biflow key in one five-minute block (rollup.h)
};

// The traffic that one interface saw in a segment, for `weir list`. A flow counts as in at the interface it entered and
// as out at the one it left; reverse counters of a merged biflow the other way round.
struct InterfaceTotals {
  IpAddress exporter;
  std::string host;       // the exporter's name, empty where unknown
  std::string interface;  // its name, else "if<index>"; empty: flows that name no interface
  std::uint64_t flows = 0;
  std::uint64_t in_packets = 0;
  std::uint64_t out_packets = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;
  TimeRange times = TimeRange::none();
};

// An exporter of which flows are known.
struct ExporterTotals {
  IpAddress exporter;
  std::string host;
  std::uint64_t flows = 0;
  std::uint64_t packets = 0;  // reverse ones included
  std::uint64_t bytes = 0;
  TimeRange times = TimeRange::none();
  bool ingress = false;  // it sent flows with flow_direction 0
  bool egress = false;   // it sent flows with flow_direction 1
};

// What is known of a segment without reading a column.
struct SegmentSummary {
  std::uint64_t id = 0;
  Tier tier = Tier::kRaw;
  std::uint32_t rows = 0;
  TimeRange times = TimeRange::none();  // of kTimeColumn
  std::uint64_t flows = 0;
  std::uint64_t packets = 0;  // reverse ones included, as in bytes
  std::uint64_t bytes = 0;
  // The journal files whose rows it holds. When it was made from segments the first is 0, and the last the largest of
  // theirs: journals up to it are in segments.
  std::uint64_t journal_first = 0;
  std::uint64_t journal_last = 0;
  // The segments that it took the place of, when it was made from segments: should the MANIFEST be lost, this tells
  // what is live.
  std::vector<std::uint64_t> replaces;
  // At most kMaxTotals entries each; what does not fit is summed in a last one with an empty exporter and the
  // interface "(others)".
  std::vector<InterfaceTotals> interfaces;
  std::vector<ExporterTotals> exporters;
  static constexpr std::size_t kMaxTotals = 4096;
  // Names of hosts and interfaces are cut to this: SNMP's ifName and names in the DNS are no longer.
  static constexpr std::size_t kMaxName = 255;
  static constexpr std::size_t kMaxReplaces = 65536;
};

// The smallest and largest value of a page, absent ones counted as 0. Codes for dictionary columns.
struct Zone {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

// The sorted addresses of a segment. Codes start at 1.
class AddressDictionary {
 public:
  // Inclusive range of codes; first > last: none.
  struct Codes {
    std::uint32_t first = 1;
    std::uint32_t last = 0;
    bool empty() const { return first > last; }
  };

  std::uint32_t size() const { return static_cast<std::uint32_t>(v4_.size() + v6_.size()); }
  // Of the codes, the first `v4_count()` are IPv4: their addresses, in host order, stand in v4()[code - 1].
  std::uint32_t v4_count() const { return static_cast<std::uint32_t>(v4_.size()); }
  std::span<const std::uint32_t> v4() const { return v4_; }
  std::span<const AddressBytes> v6() const { return v6_; }
  // REQUIRES 0 <= code <= size(); code 0 is an address without family.
  IpAddress address(std::uint32_t code) const;
  Codes find(const Prefix& prefix) const;
  // The code of exactly this address, 0 when the segment does not have it.
  std::uint32_t find(const IpAddress& address) const;

  AddressDictionary() = default;
  // REQUIRES both sorted and without doubles.
  AddressDictionary(std::vector<std::uint32_t> v4, std::vector<AddressBytes> v6)
      : v4_(std::move(v4)), v6_(std::move(v6)) {}

 private:
  std::vector<std::uint32_t> v4_;
  std::vector<AddressBytes> v6_;
};

// The sorted byte strings of one column. Codes start at 1.
class BytesDictionary {
 public:
  std::uint32_t size() const { return offsets_.empty() ? 0 : static_cast<std::uint32_t>(offsets_.size() - 1); }
  // REQUIRES code <= size(); code 0 is empty. Good as long as the dictionary.
  std::string_view bytes(std::uint32_t code) const;
  std::uint32_t find(std::string_view bytes) const;

  BytesDictionary() = default;
  // Entry i is content[offsets[i], offsets[i + 1]).
  BytesDictionary(std::vector<std::uint32_t> offsets, std::string content)
      : offsets_(std::move(offsets)), content_(std::move(content)) {}

 private:
  std::vector<std::uint32_t> offsets_;
  std::string content_;
};

// What a thread needs to read pages: buffers and a decompressor that are used again and again.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(Scratch&&) noexcept;

  struct Impl;
  Impl& impl() { return *impl_; }

  // Bytes read from segments so far, for --explain.
  std::uint64_t bytes_read() const;

 private:
  std::unique_ptr<Impl> impl_;
};

// The extras of a block's rows. Row r's are bytes[offsets[r], offsets[r + 1]).
struct ExtrasBlock {
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint8_t> bytes;
};

class Segment {
 public:
  // Reads and checks the summary and the list of columns; errors name the file and what is wrong with it.
  static Result<std::shared_ptr<const Segment>> open(const std::filesystem::path& path);
  // One that lies in memory, such as a frame of the journal; `name` is used in errors.
  static Result<std::shared_ptr<const Segment>> from_image(std::string image, std::string name);
  ~Segment();

  const std::string& name() const;
  const SegmentSummary& summary() const;
  std::uint64_t size_on_disk() const;

  unsigned blocks() const;
  // kBlockRows, less in the last block.
  std::size_t rows_in(unsigned block) const;

  // False: absent in every row. Reading such a column gives zeros.
  bool has(ColumnId column) const;
  // Bytes that a column takes on disk, dictionary and zone map included; for `weir db stats`.
  std::uint64_t column_size(ColumnId column) const;

  // The zone map of a column, an entry a block; all zeros where !has(column). Read at first use and kept.
  Result<std::span<const Zone>> zones(ColumnId column) const;

  // Values of a block, absent ones as 0. `out` has room for kBlockRows values. The 32-bit form REQUIRES a column that
  // is not kWide; the 64-bit form takes any but kExtras.
  Result<void> read(ColumnId column, unsigned block, Scratch& scratch, std::uint32_t* out) const;
  Result<void> read(ColumnId column, unsigned block, Scratch& scratch, std::uint64_t* out) const;
  // The values of the rows `picks` (ascending positions in the block) only: out[i] is row picks[i]'s.
  Result<void> gather(ColumnId column, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                      std::uint32_t* out) const;
  Result<void> gather(ColumnId column, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                      std::uint64_t* out) const;
  // out[row] = 1 where the row has a value, else 0.
  Result<void> read_presence(ColumnId column, unsigned block, Scratch& scratch, std::uint8_t* out) const;
  Result<void> read_extras(unsigned block, Scratch& scratch, ExtrasBlock& out) const;

  // Read at first use and kept. dictionary() REQUIRES a kBytes column.
  Result<const AddressDictionary*> addresses() const;
  Result<const BytesDictionary*> dictionary(ColumnId column) const;

  // Reads everything and checks it: checksums, that every value decodes, that codes lie within their dictionaries.
  Result<void> verify() const;

 private:
  struct Impl;
  explicit Segment(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
