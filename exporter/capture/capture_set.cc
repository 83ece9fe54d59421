#include "exporter/capture/capture_set.h"

#include <linux/if_arp.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <iterator>

#include "exporter/capture/destroy_together.h"
#include "exporter/capture/hardware_type.h"
#include "exporter/capture/offloads.h"

namespace weir {
namespace {

// Sockets opened at the start for what comes later, when no more can be opened. One that captured alone moves on to
// the next interface; one of a fanout group the kernel does not let go.
constexpr std::size_t kSpareSockets = 64;
constexpr std::size_t kSpareLives = 32;  // of every named interface, with several threads
constexpr std::size_t kMaxSpare = 256;   // of all of them

constexpr std::size_t kSharedRings = 2;  // however many rings there are, they take the memory of these
constexpr std::size_t kLaterRings = 32;  // that would share it, of the size that interfaces get that come by a pattern
constexpr std::size_t kSmallestBlock = 32 << 10;
constexpr std::size_t kMaxGone = 64;  // interfaces by pattern that are gone and still reported

RingShape shape_for(const CaptureOptions& options, std::size_t rings) {
  const std::size_t packet = std::bit_ceil(std::size_t{options.snaplen} + 512);
  const std::size_t smallest = std::min(std::max(kSmallestBlock, packet), options.block_size);
  const std::size_t fair = std::bit_floor(std::max<std::size_t>(kSharedRings * options.block_size / rings, 1));
  return {std::clamp(fair, smallest, options.block_size), options.blocks, options.retire_ms};
}

Result<void> check(const CaptureOptions& options) {
  constexpr std::size_t kPage = 4096, kMaxBlock = 1 << 30;
  if (options.threads == 0 || options.threads > 256) return fail("an interface is captured by 1 to 256 threads");
  if (options.block_size == 0 || options.block_size % kPage != 0 || options.block_size > kMaxBlock)
    return fail("a ring's block size is a multiple of 4096 bytes, up to 1 GiB");
  if (options.blocks < 2 || options.blocks > 4096) return fail("a ring has 2 to 4096 blocks");
  if (options.retire_ms == 0 || options.retire_ms > 10'000)
    return fail("a ring's blocks are handed over after 1 to 10000 ms");
  if (options.snaplen < 64 || options.snaplen > 65535) return fail("64 to 65535 bytes of each packet can be captured");
  if (options.block_size < options.snaplen + 512U) return fail("a ring's block must be larger than a packet");
  return {};
}

std::string names_of(const LinkTable& table) {
  std::string names;
  for (const auto& [index, link] : table.links()) names += (names.empty() ? "" : ", ") + link.name;
  return names.empty() ? "none" : names;
}

std::unexpected<Error> fail_for(const std::string& name, const std::string& message) {
  return fail("interface " + name + ": " + message);
}

}  // namespace

CaptureSet::CaptureSet(CaptureOptions options, InterfacePattern pattern,
                       std::vector<std::unique_ptr<RingSource>>& sources)
    : options_(std::move(options)), pattern_(std::move(pattern)), sources_(sources) {}

CaptureSet::~CaptureSet() {
  for (Slot& slot : slots_) std::ranges::move(slot.sockets, std::back_inserter(spare_));
  destroy_together(spare_);
}

Result<void> CaptureSet::begin(const LinkTable& table) {
  if (auto done = check(options_); !done) return done;
  if (auto done = plan(table); !done) return done;
  if (options_.filter.empty()) {
    ethernet_filter_ = ip_filter(LinkType::kEthernet, options_.snaplen);
    raw_filter_ = ip_filter(LinkType::kRaw, options_.snaplen);
  } else {
    ethernet_filter_ = compile_filter(options_.filter, LinkType::kEthernet, options_.snaplen);
    raw_filter_ = compile_filter(options_.filter, LinkType::kRaw, options_.snaplen);
    if (!ethernet_filter_ && !raw_filter_) return std::unexpected(ethernet_filter_.error());
  }
  if (auto done = set_sockets_aside(); !done) return done;
  control_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  follow(table);
  const bool some_attached = std::ranges::any_of(slots_, &Slot::is_attached);
  for (const Slot& slot : slots_)
    if (!slot.error.empty() && (slot.is_named || !some_attached)) return fail_for(slot.name, slot.error);
  return {};
}

void CaptureSet::end() {
  has_ended_ = true;
  for (Slot& slot : slots_)
    if (slot.is_attached) detach(slot);
}

void CaptureSet::report(const std::string& error) {
  for (Slot& slot : slots_) slot.error = error;
}

// The slots to begin with, and how large their rings are.
Result<void> CaptureSet::plan(const LinkTable& table) {
  bool some_there = false;
  for (const std::string& name : pattern_.names()) {
    slot(name, true);
    some_there = some_there || table.find(name) != nullptr;
  }
  for (const auto& [index, link] : table.links()) {
    if (!pattern_.matches(link.name)) continue;
    slot(link.name, false);
    some_there = true;
  }
  if (!some_there && !pattern_.is_open())
    return fail("there is no interface " + pattern_.names().front() + "; there are: " + names_of(table));
  const RingShape shape = shape_for(options_, std::max<std::size_t>(slots_.size() * options_.threads, 1));
  for (Slot& slot : slots_) slot.shape = shape;
  return {};
}

Result<void> CaptureSet::set_sockets_aside() {
  const auto put = [](std::vector<UniqueFd>& sockets, std::size_t n) -> Result<void> {
    for (std::size_t i = 0; i < n; ++i) {
      auto socket = open_packet_socket();
      if (!socket) return std::unexpected(socket.error());
      sockets.push_back(std::move(*socket));
    }
    return {};
  };
  const std::size_t named = std::max<std::size_t>(pattern_.names().size(), 1);
  const std::size_t lives =
      options_.threads == 1 ? 1 : std::clamp<std::size_t>(kMaxSpare / (named * options_.threads), 1, kSpareLives);
  for (Slot& slot : slots_)
    if (auto done = put(slot.sockets, options_.threads * (slot.is_named ? lives : 1)); !done) return done;
  return put(spare_, pattern_.is_open() ? std::max<std::size_t>(kSpareSockets, 16 * options_.threads) : 0);
}

CaptureSet::Slot& CaptureSet::slot(const std::string& name, bool is_named) {
  const auto found = std::ranges::find(slots_, name, &Slot::name);
  if (found != slots_.end()) return *found;
  Slot& made = slots_.emplace_back();
  made.name = name;
  made.is_named = is_named;
  made.shape = shape_for(options_, kLaterRings);
  return made;
}

bool CaptureSet::is_there(const Slot& slot, const LinkTable& table) const {
  const Link* link = table.find(slot.name);
  return link != nullptr && link->life == slot.link.life;
}

void CaptureSet::follow(const LinkTable& table) {
  if (has_ended_) return;
  for (Slot& slot : slots_) {
    if (slot.link.index == 0 || is_there(slot, table)) continue;
    if (slot.is_attached) detach(slot);
    slot.link = {};
    slot.error.clear();
    slot.gone_since = ++clock_;
  }
  for (const auto& [index, link] : table.links()) {
    if (!pattern_.matches(link.name)) continue;
    Slot& here = slot(link.name, false);
    here.link = link;
    if (here.is_attached || !link.up) continue;
    const auto attached = attach(here);
    here.error = attached ? "" : attached.error().message;
    if (!attached) detach(here);
  }
  forget_gone();
  for (const auto& source : sources_) source->destroy_removed();
}

Result<void> CaptureSet::attach(Slot& slot) {
  if (!link_type_of(slot.link.hardware_type))
    return fail("its link type " + hardware_type_name(slot.link.hardware_type) + " is not one that weir reads");
  const auto filter = filter_for(slot.link);
  if (!filter) return std::unexpected(filter.error());
  return attach_taps(slot, *filter);
}

Result<void> CaptureSet::attach_taps(Slot& slot, const FilterProgram& filter) {
  while (slot.taps.size() < options_.threads)
    if (auto done = add_tap(slot); !done) return done;
  slot.is_attached = true;
  FanoutGroup group;
  for (const Tap& tap : slot.taps) {
    const RingSocket::Target target{.interface = slot.link.index,
                                    .promiscuous = options_.promiscuous && slot.link.hardware_type == ARPHRD_ETHER,
                                    .group = options_.threads > 1 ? &group : nullptr};
    if (auto done = tap.socket->attach(target, filter); !done) return done;
  }
  return {};
}

// A socket of a fanout group is spent. Any other one waits for the interface to come back, or for another one.
void CaptureSet::detach(Slot& slot) {
  for (const Tap& tap : slot.taps) tap.socket->detach();
  if (!slot.taps.empty() && slot.taps.front().socket->is_in_group()) {
    for (std::size_t t = 0; t < slot.taps.size(); ++t) {
      sources_[t]->remove(slot.taps[t].handle);
      slot.spent.push_back(slot.taps[t]);
    }
    slot.taps.clear();
  }
  slot.is_attached = false;
}

Result<void> CaptureSet::add_tap(Slot& slot) {
  if (slot.sockets.empty() && take_tap_of_gone(slot)) return {};
  UniqueFd socket = take_socket(slot);
  if (!socket)
    return fail("all sockets that were set aside for new interfaces are in use: start weir again to capture this one");
  auto ring = RingSocket::create(std::move(socket), slot.shape);
  if (!ring) return std::unexpected(ring.error());
  RingSource& source = *sources_[slot.taps.size()];
  RingSocket* const raw = ring->get();
  slot.taps.push_back({raw, source.add(std::move(*ring))});
  return {};
}

UniqueFd CaptureSet::take_socket(Slot& slot) {
  std::vector<UniqueFd>& sockets = slot.sockets.empty() ? spare_ : slot.sockets;
  if (sockets.empty()) return {};
  UniqueFd socket = std::move(sockets.back());
  sockets.pop_back();
  return socket;
}

// The socket of the interface that went first, if all its packets were read.
bool CaptureSet::take_tap_of_gone(Slot& slot) {
  if (options_.threads > 1) return false;
  Slot* oldest = nullptr;
  for (Slot& other : slots_) {
    if (other.is_named || other.link.index != 0 || other.taps.empty()) continue;
    if (oldest == nullptr || other.gone_since < oldest->gone_since) oldest = &other;
  }
  CaptureStats stats;
  if (oldest == nullptr || !sources_[0]->take_stats(oldest->taps[0].handle, stats)) return false;
  oldest->past += stats;
  slot.taps = std::move(oldest->taps);
  oldest->taps.clear();
  return true;
}

Result<FilterProgram> CaptureSet::filter_for(const Link& link) const {
  const auto& filter = link_type_of(link.hardware_type) == LinkType::kRaw ? raw_filter_ : ethernet_filter_;
  if (!filter || link.hardware_type != ARPHRD_LOOPBACK) return filter;
  return without_outgoing(*filter);
}

void CaptureSet::forget_gone() {
  const auto is_forgettable = [&](const Slot& slot) {
    return !slot.is_named && slot.link.index == 0 && slot.taps.empty();
  };
  auto gone = static_cast<std::size_t>(std::ranges::count_if(slots_, is_forgettable));
  for (; gone > kMaxGone; --gone) {
    auto oldest = slots_.end();
    for (auto it = slots_.begin(); it != slots_.end(); ++it)
      if (is_forgettable(*it) && (oldest == slots_.end() || it->gone_since < oldest->gone_since)) oldest = it;
    slots_.erase(oldest);
  }
}

CaptureStats CaptureSet::stats_of(const Slot& slot) const {
  CaptureStats sum = slot.past;
  for (std::size_t t = 0; t < slot.taps.size(); ++t) sum += sources_[t]->stats(slot.taps[t].handle);
  for (std::size_t i = 0; i < slot.spent.size(); ++i) sum += sources_[i % sources_.size()]->stats(slot.spent[i].handle);
  return sum;
}

std::vector<InterfaceStatus> CaptureSet::status() const {
  for (const auto& source : sources_) source->destroy_removed();
  std::vector<InterfaceStatus> all;
  for (const Slot& slot : slots_) {
    InterfaceStatus& status = all.emplace_back();
    status.name = slot.name;
    status.index = slot.link.index;
    status.up = slot.link.running;
    status.link_type = link_type_of(slot.link.hardware_type).value_or(LinkType::kEthernet);
    status.stats = stats_of(slot);
    status.last_error = slot.error;
    if (!slot.is_attached) continue;
    const bool exact = std::ranges::all_of(slot.taps, [](const Tap& tap) { return tap.socket->tells_segment_sizes(); });
    Offloads offloads = distorting_offloads(control_.get(), slot.name, exact);
    status.offloads = std::move(offloads.names);
    status.advice = std::move(offloads.advice);
  }
  return all;
}

}  // namespace weir
