// Every capture of ../shared/pcaps, held against what tshark counted in it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "packet/packet_file.h"
#include "packet/reassembly.h"

namespace weir {
namespace {

const std::filesystem::path kPcaps = WEIR_SOURCE_DIR "/../shared/pcaps";

struct IndexRow {
  std::string path, category, protocols;
  std::uint64_t packets, ipv4_conversations, ipv6_conversations;
};

// The rows of index.csv, without the two whose quoted cells tell that tshark cannot read the file.
std::vector<IndexRow> read_index() {
  std::ifstream file(kPcaps / "index.csv");
  std::vector<IndexRow> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    if (line.find('"') != std::string::npos) continue;
    std::vector<std::string> cells;
    std::stringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    rows.push_back({cells[0], cells[5], " " + cells[14] + " ", std::stoull(cells[8]), std::stoull(cells[10]),
                    std::stoull(cells[11])});
  }
  return rows;
}

// What tshark counts as conversations is not always what dissect() reads: inside tunnels it goes on to the inner
// packets; it breaks off at malformed ones, and guesses otherwise at pseudo-wires.
bool counts_otherwise(const IndexRow& row) {
  if (row.category.starts_with("malformed") || row.path.find("/mip6-") != std::string::npos) return true;
  for (const char* protocol : {"gre", "vxlan", "geneve", "gtp", "teredo", "ayiya", "lisp", "nsh", "cfp", "ieee8021ah",
                               "erspan", "capwap.data", "pweth", "pwethheuristic", "_ws.malformed", "_ws.short"})
    if (row.protocols.find(" " + std::string(protocol) + " ") != std::string::npos) return true;
  return false;
}

using Conversations = std::set<std::pair<IpAddress, IpAddress>>;

struct Summary {
  std::uint64_t packets = 0;
  Conversations ipv4, ipv6;
  bool ip_in_ip = false;
};

void add(Summary& summary, const DissectedPacket& packet) {
  ++summary.packets;
  if (packet.src.family == Family::kNone) return;
  summary.ip_in_ip |= packet.proto == 4 || packet.proto == 41;
  (packet.src.family == Family::kV4 ? summary.ipv4 : summary.ipv6).insert(std::minmax(packet.src, packet.dst));
}

TEST(Captures, AgreeWithTshark) {
  if (!std::filesystem::exists(kPcaps)) GTEST_SKIP() << "needs " << kPcaps;
  std::size_t read = 0, compared = 0;
  for (const IndexRow& row : read_index()) {
    SCOPED_TRACE(row.path);
    auto file = PacketFile::open((kPcaps / row.path).string());
    if (!file) continue;  // what is refused has its own tests
    Summary summary;
    Reassembler reassembler;
    bool whole = false;
    for (;;) {
      const auto next = file->next();
      whole = next && !*next;
      if (!next || !*next) break;
      const DissectedPacket packet = dissect((*next)->link_type, (*next)->frame, (*next)->original_length);
      add(summary, packet);
      if (packet.is_fragment) reassembler.add(packet, (*next)->time_ns);
      ASSERT_TRUE(reassembler.account().balanced());
    }
    if (!whole) continue;
    ++read;
    EXPECT_EQ(summary.packets, row.packets);
    if (counts_otherwise(row) || summary.ip_in_ip) continue;
    ++compared;
    EXPECT_EQ(summary.ipv4.size(), row.ipv4_conversations);
    EXPECT_EQ(summary.ipv6.size(), row.ipv6_conversations);
  }
  EXPECT_GE(read, 510U);
  EXPECT_GE(compared, 300U);
}

}  // namespace
}  // namespace weir
