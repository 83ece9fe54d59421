#include "store/conversations.h"

#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "flow/names.h"
#include "store/conversation_table.h"

namespace weir {
namespace {

using conversations::Sighting;

constexpr std::size_t kNarrowWords = 2;  // both endpoints IPv4
constexpr std::size_t kWideWords = 5;

// What decides a row's direction before anything is looked up.
enum class Way : std::uint8_t { kForward, kBackward, kAsConversation };

struct Endpoint {
  std::uint32_t code;  // of the address: codes compare like addresses
  std::uint32_t port;
  auto operator<=>(const Endpoint&) const = default;
};

// What direction depends on, of one block.
struct Rows {
  std::uint32_t src[kBlockRows];
  std::uint32_t dst[kBlockRows];
  std::uint32_t src_port[kBlockRows];
  std::uint32_t dst_port[kBlockRows];
  std::uint32_t proto[kBlockRows];
  std::uint32_t icmp_type[kBlockRows];
  std::uint8_t has_icmp_type[kBlockRows];
  std::uint8_t has_reverse[kBlockRows];
  std::uint64_t start[kBlockRows];
  std::uint64_t end[kBlockRows];
  std::uint8_t present[kBlockRows];  // of whatever is being looked at
};

bool is_icmp(std::uint32_t proto) { return proto == kProtoIcmp || proto == kProtoIcmpv6; }

Way icmp_way(std::uint32_t proto, std::uint32_t type) {
  const bool back = proto == kProtoIcmp ? type == 0 || type == 3 || type == 11 || type == 12 || type == 14
                                        : type == 1 || type == 3 || type == 4 || type == 129;
  return back ? Way::kBackward : Way::kForward;
}

// Of two ports the service's is the smaller: both where one lies below 32768 and the other not, and within one class.
bool ports_reverse(std::uint32_t src_port, std::uint32_t dst_port) { return src_port < dst_port; }

class BlockReader {
 public:
  static Result<std::optional<BlockReader>> open(const Segment& segment, unsigned block, Scratch& scratch,
                                                 bool with_times) {
    if (segment.summary().tier == Tier::kRollup) return std::nullopt;  // biflows all
    BlockReader reader;
    const auto addresses = segment.addresses();
    if (!addresses) return std::unexpected(addresses.error());
    reader.addresses_ = *addresses;
    if (auto ok = reader.read(segment, block, scratch, with_times); !ok) return std::unexpected(ok.error());
    return reader;
  }

  const Rows& rows() const { return *rows_; }
  std::size_t size() const { return size_; }

  Way way(std::size_t row) const {
    const Rows& r = *rows_;
    if (r.has_reverse[row] != 0) return Way::kForward;
    if (is_icmp(r.proto[row])) {
      return icmp_way(r.proto[row], r.has_icmp_type[row] != 0 ? r.icmp_type[row] : r.dst_port[row] >> 8);
    }
    if (is_multicast(r.dst[row])) return Way::kForward;
    return Way::kAsConversation;
  }

  bool is_narrow(std::size_t row) const { return is_v4(rows_->src[row]) && is_v4(rows_->dst[row]); }

  Sighting<kNarrowWords> narrow(std::size_t row) const {
    const auto [low, high, down] = endpoints(row);
    const std::uint32_t* v4 = addresses_->v4().data();
    Sighting<kNarrowWords> s;
    s.key[0] = std::uint64_t{v4[low.code - 1]} << 32 | v4[high.code - 1];
    s.key[1] = std::uint64_t{low.port} << 48 | std::uint64_t{high.port} << 32 | rows_->proto[row] << 24;
    return complete(s, row, down);
  }

  Sighting<kWideWords> wide(std::size_t row) const {
    const auto [low, high, down] = endpoints(row);
    Sighting<kWideWords> s;
    const IpAddress a = addresses_->address(low.code), b = addresses_->address(high.code);
    std::memcpy(&s.key[0], a.bytes.data(), 16);
    std::memcpy(&s.key[2], b.bytes.data(), 16);
    s.key[4] = std::uint64_t{low.port} << 48 | std::uint64_t{high.port} << 32 | rows_->proto[row] << 24 |
               static_cast<std::uint64_t>(a.family) << 16 | static_cast<std::uint64_t>(b.family) << 8;
    return complete(s, row, down);
  }

 private:
  struct Endpoints {
    Endpoint low;
    Endpoint high;
    bool down;
  };

  bool is_v4(std::uint32_t code) const { return code - 1 < addresses_->v4_count(); }

  Endpoints endpoints(std::size_t row) const {
    const Endpoint src{rows_->src[row], rows_->src_port[row]}, dst{rows_->dst[row], rows_->dst_port[row]};
    return dst < src ? Endpoints{dst, src, true} : Endpoints{src, dst, false};
  }

  template <std::size_t N>
  Sighting<N> complete(Sighting<N> s, std::size_t row, bool down) const {
    s.hash = hash_words<N>(s.key);
    s.time = rows_->start[row];
    s.row = static_cast<std::uint16_t>(row);
    s.down = down;
    return s;
  }

  bool is_multicast(std::uint32_t code) const {
    if (code == 0) return false;
    if (is_v4(code)) {
      const std::uint32_t address = addresses_->v4()[code - 1];
      return address >> 28 == 14 || address == UINT32_MAX;
    }
    return addresses_->v6()[code - 1 - addresses_->v4_count()][0] == 0xff;
  }

  Result<void> read(const Segment& segment, unsigned block, Scratch& scratch, bool with_times) {
    size_ = segment.rows_in(block);
    rows_ = std::make_unique_for_overwrite<Rows>();
    const std::pair<FieldId, std::uint32_t*> numbers[] = {
        {FieldId::src_addr, rows_->src},      {FieldId::dst_addr, rows_->dst}, {FieldId::src_port, rows_->src_port},
        {FieldId::dst_port, rows_->dst_port}, {FieldId::proto, rows_->proto},  {FieldId::icmp_type, rows_->icmp_type},
    };
    for (const auto& [field, out] : numbers) {
      if (auto ok = segment.read(column_of(field), block, scratch, out); !ok) return ok;
    }
    if (auto ok = segment.read_presence(column_of(FieldId::icmp_type), block, scratch, rows_->has_icmp_type); !ok) {
      return ok;
    }
    if (auto ok = read_reverse(segment, block, scratch); !ok) return ok;
    return with_times ? read_times(segment, block, scratch) : Result<void>{};
  }

  Result<void> read_reverse(const Segment& segment, unsigned block, Scratch& scratch) {
    std::memset(rows_->has_reverse, 0, size_);
    for (const FieldId field : {FieldId::reverse_packets, FieldId::reverse_bytes}) {
      if (!segment.has(column_of(field))) continue;
      if (auto ok = segment.read_presence(column_of(field), block, scratch, rows_->present); !ok) return ok;
      for (std::size_t row = 0; row < size_; ++row) rows_->has_reverse[row] |= rows_->present[row];
    }
    return {};
  }

  // A flow without a start is taken to begin when it ended.
  Result<void> read_times(const Segment& segment, unsigned block, Scratch& scratch) {
    if (auto ok = segment.read(column_of(FieldId::time_flow_start_ns), block, scratch, rows_->start); !ok) return ok;
    if (auto ok = segment.read(kTimeColumn, block, scratch, rows_->end); !ok) return ok;
    for (std::size_t row = 0; row < size_; ++row) {
      if (rows_->start[row] == 0) rows_->start[row] = rows_->end[row];
    }
    return {};
  }

  const AddressDictionary* addresses_ = nullptr;
  std::size_t size_ = 0;
  std::unique_ptr<Rows> rows_;
};

// Who spoke first, where that is known; else by the ports.
bool is_reversed(std::uint64_t state, bool down, std::uint32_t src_port, std::uint32_t dst_port) {
  using namespace conversations;
  if ((state & kSeenUp) != 0 && (state & kSeenDown) != 0) {
    if ((state & kFirstDown) == 0) return down;
    if ((state & kFirstUp) == 0) return !down;
  }
  return ports_reverse(src_port, dst_port);
}

}  // namespace

struct Conversations::Impl {
  explicit Impl(MemoryBudget& budget) : narrow(budget), wide(budget) {}

  conversations::Table<kNarrowWords> narrow;
  conversations::Table<kWideWords> wide;

  template <std::size_t N>
  static void decide(const conversations::Table<N>& table, std::span<const Sighting<N>> sightings, const Rows& rows,
                     std::uint8_t* out) {
    constexpr std::size_t kAhead = 16;
    for (std::size_t i = 0; i < sightings.size(); ++i) {
      if (i + kAhead < sightings.size()) table.prefetch(sightings[i + kAhead].hash);
      const Sighting<N>& s = sightings[i];
      const std::uint64_t state = table.find(s.key, s.hash);
      out[s.row] = is_reversed(state, s.down, rows.src_port[s.row], rows.dst_port[s.row]) ? 1 : 0;
    }
  }
};

Conversations::Conversations(MemoryBudget& budget) : impl_(std::make_unique<Impl>(budget)) {}
Conversations::~Conversations() = default;

Result<void> Conversations::add(const Segment& segment, unsigned block, Scratch& scratch,
                                std::span<const std::uint8_t> keep) {
  const auto reader = BlockReader::open(segment, block, scratch, true);
  if (!reader) return std::unexpected(reader.error());
  if (!*reader) return {};
  std::vector<Sighting<kNarrowWords>> narrow;
  std::vector<Sighting<kWideWords>> wide;
  narrow.reserve((*reader)->size());
  for (std::size_t row = 0; row < (*reader)->size(); ++row) {
    if ((!keep.empty() && keep[row] == 0) || (*reader)->way(row) != Way::kAsConversation) continue;
    if ((*reader)->is_narrow(row)) {
      narrow.push_back((*reader)->narrow(row));
    } else {
      wide.push_back((*reader)->wide(row));
    }
  }
  std::vector<std::uint32_t> order;
  if (impl_->narrow.see(narrow, order) && impl_->wide.see(wide, order)) return {};
  return fail("pairing the two directions of flows needs more memory than allowed");
}

Result<void> Conversations::reversed(const Segment& segment, unsigned block, Scratch& scratch,
                                     std::uint8_t* out) const {
  const auto reader = BlockReader::open(segment, block, scratch, false);
  if (!reader) return std::unexpected(reader.error());
  std::memset(out, 0, segment.rows_in(block));
  if (!*reader) return {};
  std::vector<Sighting<kNarrowWords>> narrow;
  std::vector<Sighting<kWideWords>> wide;
  narrow.reserve((*reader)->size());
  for (std::size_t row = 0; row < (*reader)->size(); ++row) {
    switch ((*reader)->way(row)) {
      case Way::kForward: break;
      case Way::kBackward: out[row] = 1; break;
      case Way::kAsConversation:
        if ((*reader)->is_narrow(row)) {
          narrow.push_back((*reader)->narrow(row));
        } else {
          wide.push_back((*reader)->wide(row));
        }
        break;
    }
  }
  Impl::decide<kNarrowWords>(impl_->narrow, narrow, (*reader)->rows(), out);
  Impl::decide<kWideWords>(impl_->wide, wide, (*reader)->rows(), out);
  return {};
}

}  // namespace weir
