// The captures of ../shared/pcaps, metered, held against tshark: packets, IP bytes, first and last time of everything
// that one host sent another, to the byte and the nanosecond.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "packet/packet_file.h"
#include "tests/exporter/metering_rig.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using namespace test;

struct Count {
  std::uint64_t packets = 0, bytes = 0, first_ns = ~std::uint64_t{0}, last_ns = 0;

  void add(std::uint64_t more_packets, std::uint64_t more_bytes, std::uint64_t from, std::uint64_t to) {
    packets += more_packets;
    bytes += more_bytes;
    first_ns = std::min(first_ns, from);
    last_ns = std::max(last_ns, to);
  }
  bool operator==(const Count&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Count& c) {
  return out << c.packets << " packets, " << c.bytes << " bytes, " << c.first_ns << " to " << c.last_ns;
}

using Counts = std::map<std::string, Count>;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, separator);) cells.push_back(cell);
  return cells;
}

// Files of the index that tshark reads without a complaint and that hold no packet it calls malformed.
std::vector<std::filesystem::path> captures() {
  std::vector<std::filesystem::path> files;
  std::ifstream index(shared_dir() / "pcaps/index.csv");
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    if (line.find('"') != std::string::npos) continue;
    const std::vector<std::string> cells = split(line, ',');
    const std::string protocols = " " + cells.at(14) + " ";
    if (cells[5].starts_with("malformed") || protocols.find("_ws.") != std::string::npos) continue;
    // tshark guesses otherwise what a pseudo-wire is, or reads link layers that weir does not.
    if (protocols.find(" pweth") != std::string::npos || protocols.find(" ieee8021ah ") != std::string::npos) continue;
    if (protocols.find(" nsh ") != std::string::npos) continue;  // which weir does not look behind
    // Odd corners of pcapng, which mergecap does not copy truly.
    if (cells[0].find("/pcapgo/tests/") != std::string::npos) continue;
    files.push_back(shared_dir() / "pcaps" / cells[0]);
  }
  return files;
}

struct Metered {
  std::size_t packets = 0;
  Counts counts;
};

// Nothing when the file cannot be read to its end.
std::optional<Metered> meter(const std::filesystem::path& path) {
  auto file = PacketFile::open(path.string());
  if (!file) return std::nullopt;
  MeterRig rig({.max_flows = 5000});
  Metered result;
  for (;;) {
    const auto next = file->next();
    if (!next) return std::nullopt;
    if (!*next) break;
    const CapturedPacket& packet = **next;
    ++result.packets;
    Frame frame;
    frame.time_ns = packet.time_ns;
    frame.data = packet.frame.data();
    frame.captured = static_cast<std::uint32_t>(packet.frame.size());
    frame.wire_length = packet.original_length;
    frame.link_type = packet.link_type;
    rig.meter.add({&frame, 1}, 0);
  }
  for (const Record& r : rig.finish()) {
    if (r.flow.packets != 0)
      result.counts[r.src() + " " + r.dst()].add(r.flow.packets, r.flow.bytes, r.flow.time_flow_start_ns,
                                                 r.flow.time_flow_end_ns);
    if (r.has_reverse())
      result.counts[r.dst() + " " + r.src()].add(r.cold.reverse_packets, r.cold.reverse_bytes,
                                                 r.cold.reverse_time_flow_start_ns, r.cold.reverse_time_flow_end_ns);
  }
  const MeterStatus status = rig.meter.status();
  EXPECT_EQ(status.packets.in, result.packets);
  EXPECT_TRUE(status.packets.balanced());
  EXPECT_EQ(status.packets.held, 0U);
  return result;
}

std::uint64_t to_ns(const std::string& epoch) {
  const std::size_t dot = epoch.find('.');
  return std::stoull(epoch.substr(0, dot)) * kSecond + std::stoull(epoch.substr(dot + 1));
}

// One packet as tshark prints it, by its outermost IP header.
void add_row(Counts& counts, const std::string& row) {
  std::vector<std::string> cells = split(row, '\t');
  cells.resize(8);
  const auto& [time, src4, dst4, length4, src6, dst6, length6, protocols] =
      std::tie(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]);
  const std::size_t at4 = protocols.find(":ip:"), at6 = protocols.find(":ipv6");
  const bool is_v4 = !src4.empty() && (src6.empty() || at4 < at6);
  if (!is_v4 && src6.empty()) return;
  const std::uint64_t at = to_ns(time);
  if (is_v4) {
    counts[src4 + " " + dst4].add(1, std::stoull(length4), at, at);
  } else {
    counts[src6 + " " + dst6].add(1, std::stoull(length6) + 40, at, at);
  }
}

TEST(MeterCaptures, EqualTshark) {
  if (!std::filesystem::exists(shared_dir() / "pcaps")) GTEST_SKIP() << "needs " << shared_dir() / "pcaps";
  if (!have_program("tshark") || !have_program("mergecap")) GTEST_SKIP() << "needs tshark and mergecap";
  std::vector<std::filesystem::path> files;
  std::vector<Metered> metered;
  const TempDir dir;
  const std::string all = (dir / "all.pcapng").string();
  std::vector<std::string> merge = {"mergecap", "-a", "-w", all};
  for (const std::filesystem::path& path : captures()) {
    std::optional<Metered> result = meter(path);
    if (!result) continue;
    files.push_back(path);
    metered.push_back(std::move(*result));
    merge.push_back(path.string());
  }
  ASSERT_GE(files.size(), 300U);
  const Outcome merged = run(merge);
  ASSERT_EQ(merged.code, 0) << merged.err;
  const Outcome told = run({"tshark", "-n",
                            "-r",     all,
                            "-T",     "fields",
                            "-E",     "occurrence=f",
                            "-e",     "frame.time_epoch",
                            "-e",     "ip.src",
                            "-e",     "ip.dst",
                            "-e",     "ip.len",
                            "-e",     "ipv6.src",
                            "-e",     "ipv6.dst",
                            "-e",     "ipv6.plen",
                            "-e",     "frame.protocols"});
  ASSERT_EQ(told.code, 0) << told.err;
  const std::vector<std::string> rows = lines_of(told.out);
  std::size_t row = 0, conversations = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(files[i].string());
    Counts expected;
    for (std::size_t n = 0; n < metered[i].packets; ++n) add_row(expected, rows.at(row++));
    EXPECT_EQ(metered[i].counts, expected);
    conversations += expected.size();
  }
  EXPECT_EQ(row, rows.size());
  EXPECT_GE(conversations, 1000U);
  RecordProperty("files", static_cast<int>(files.size()));
  RecordProperty("conversations", static_cast<int>(conversations));
}

}  // namespace
}  // namespace weir
