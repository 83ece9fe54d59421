#include "bench/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/bytes.h"
#include "base/clock.h"
#include "bench/dataset_world.h"
#include "flow/names.h"
#include "flow/text_cache.h"

namespace weir::bench {
namespace {

constexpr std::uint64_t kActiveTimeoutMs = 60'000;
constexpr std::uint32_t kIdleTimeoutMs = 15'000;
constexpr std::uint64_t kMaxConversationMs = 900'000;
// Seconds that a flow may lie ahead of the time at which it is made.
constexpr std::size_t kAhead = 1024;
static_assert(kAhead * 1000 > kMaxConversationMs + kIdleTimeoutMs + 2'000);

constexpr double kV6Share = 0.15;
constexpr double kScanShare = 0.03;

constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;
enum EndReason : std::uint8_t { kIdle = 1, kActive = 2, kEndDetected = 3 };  // IE 136

// In the order in which a router would list them.
constexpr FieldId kAlwaysPresent[] = {
    FieldId::time_flow_start_ns,
    FieldId::time_flow_end_ns,
    FieldId::bytes,
    FieldId::packets,
    FieldId::src_addr,
    FieldId::dst_addr,
    FieldId::etype,
    FieldId::proto,
    FieldId::src_port,
    FieldId::dst_port,
    FieldId::in_if,
    FieldId::out_if,
    FieldId::ip_tos,
    FieldId::tcp_flags,
    FieldId::src_as,
    FieldId::dst_as,
    FieldId::next_hop,
    FieldId::src_net,
    FieldId::dst_net,
    FieldId::flow_direction,
    FieldId::flow_end_reason,
};

// How busy a second is; the mean over a week is about 1.
double activity(std::uint64_t second) {
  const double hour = static_cast<double>(second % 86'400) / 3600;
  const unsigned weekday = static_cast<unsigned>((second / 86'400 + 3) % 7);  // 0: Monday
  const double day = 1 + 0.75 * std::cos((hour - 15) * std::numbers::pi / 12);
  return day * (weekday >= 5 ? 0.55 : 1.18);
}

// One direction of a conversation.
struct Direction {
  std::uint64_t packets;
  std::uint64_t bytes;
};

}  // namespace

struct Dataset::Impl {
  explicit Impl(const DatasetOptions& o);

  Datagram next();

  void make_second();
  void make_conversation(std::uint64_t start_ms);
  void make_scan(std::uint64_t start_ms);
  Flow make_flow(const Host& src, const Network& from, const Host& dst, const Network& to, bool v6);
  void set_ports(Flow& flow, const Service& service, std::uint16_t client, std::uint16_t server, bool response);
  Direction draw_size(std::uint64_t packets, std::uint32_t usual_bytes, bool v6);
  void slice(Flow flow, const Direction& whole, std::uint64_t start_ms, std::uint64_t duration_ms, unsigned router);
  void schedule(const Flow& flow, unsigned router, std::uint64_t end_ms);
  void collect_second();
  double flows_per_conversation();

  DatasetOptions options;
  World world;
  Random random;
  Flow blank{};
  double rate = 0;  // conversations a second at activity 1
  double owed = 0;
  std::uint64_t second;  // whose flows are collected next
  std::uint64_t made = 0;

  struct Waiting {
    Flow flow;
    std::uint8_t router;
  };
  std::array<std::vector<Waiting>, kAhead> ahead;  // by the second of their export, modulo kAhead

  struct Queue {
    std::vector<Flow> flows;
    std::uint32_t sent = 0;       // flows
    std::uint32_t datagram = 28;  // flows of the next one
  };
  std::array<Queue, 2> queues;
  std::vector<Flow> current;
  std::vector<std::pair<unsigned, std::vector<Flow>>> ready;  // datagrams of this second, last first
  std::uint64_t received_ns = 0;
  std::uint64_t delivered = 0;
};

Dataset::Dataset(const DatasetOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Dataset::~Dataset() = default;
const std::vector<Router>& Dataset::routers() const { return impl_->world.routers; }
Datagram Dataset::next() { return impl_->next(); }

Dataset::Impl::Impl(const DatasetOptions& o)
    : options(o), world(o.seed), random(o.seed ^ 0xda7a5e7), second(o.begin_s) {
  for (const FieldId id : kAlwaysPresent) blank.mark(id);
  double active = 0;
  for (std::uint64_t s = 0; s < options.days * std::uint64_t{86'400}; s += 600) active += 600 * activity(o.begin_s + s);
  rate = static_cast<double>(options.flows) / active / flows_per_conversation();
}

// Measured once, so that the flows end when the days do.
double Dataset::Impl::flows_per_conversation() {
  constexpr std::uint64_t kTrials = 50'000;
  const Random before = random;
  for (std::uint64_t i = 0; i < kTrials; ++i) make_conversation(second * 1000);
  const double mean = static_cast<double>(made) / kTrials;
  for (auto& waiting : ahead) waiting.clear();
  random = before;
  made = 0;
  return mean;
}

Flow Dataset::Impl::make_flow(const Host& src, const Network& from, const Host& dst, const Network& to, bool v6) {
  Flow flow = blank;
  const IpAddress& next_hop = v6 ? to.v6_next_hop : to.v4_next_hop;
  if (v6) {
    flow.src_addr = src.v6;
    flow.dst_addr = dst.v6;
  } else {
    store_be32(flow.src_addr.data(), src.v4);
    store_be32(flow.dst_addr.data(), dst.v4);
  }
  flow.next_hop = next_hop.bytes;
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = next_hop.family;
  flow.etype = v6 ? kEtypeIpv6 : kEtypeIpv4;
  flow.src_mask = v6 ? from.v6.length : from.v4.length;
  flow.dst_mask = v6 ? to.v6.length : to.v4.length;
  flow.src_as = from.as;
  flow.dst_as = to.as;
  flow.in_if = from.in_interface;
  flow.out_if = to.interface;
  return flow;
}

void Dataset::Impl::set_ports(Flow& flow, const Service& service, std::uint16_t client, std::uint16_t server,
                              bool response) {
  flow.proto = service.proto;
  if (service.proto != kProtoIcmp) {
    flow.src_port = response ? server : client;
    flow.dst_port = response ? client : server;
    return;
  }
  const bool v6 = flow.etype == kEtypeIpv6;
  flow.proto = v6 ? kProtoIcmpv6 : kProtoIcmp;
  flow.icmp_type = v6 ? (response ? 129 : 128) : (response ? 0 : 8);
  flow.dst_port = static_cast<std::uint16_t>(flow.icmp_type << 8);
  flow.mark(FieldId::icmp_type);
  flow.mark(FieldId::icmp_code);
}

Direction Dataset::Impl::draw_size(std::uint64_t packets, std::uint32_t usual_bytes, bool v6) {
  const std::uint32_t least = v6 ? 60 : 40;
  const std::uint32_t mean = std::min(1500U, std::max(least, random.between(usual_bytes * 3 / 4, usual_bytes * 5 / 4)));
  const std::uint64_t spare = packets > 1 ? random.below(1501 - mean) : 0;
  return {packets, packets * mean + spare};
}

void Dataset::Impl::make_conversation(std::uint64_t start_ms) {
  if (random.chance(kScanShare)) return make_scan(start_ms);
  const std::uint32_t client_number = world.inside_choice.pick(random);
  const std::uint32_t server_number = world.pick_partner(client_number, random);
  const Host& client = world.inside[client_number];
  const Host& server = world.outside[server_number];
  const Network& site = world.sites[client.network];
  const Network& prefix = world.prefixes[server.network];
  const Service& service = random.chance(0.8) ? world.usual_service(server_number) : world.any_service(random);
  const bool v6 = random.chance(kV6Share);

  Flow request = make_flow(client, site, server, prefix, v6);
  Flow answer = make_flow(server, prefix, client, site, v6);
  const auto client_port = static_cast<std::uint16_t>(random.between(32'768, 60'999));
  const auto server_port =
      service.port != 0 ? service.port : static_cast<std::uint16_t>(1024 + Random(server_number).below(60'000));
  set_ports(request, service, client_port, server_port, false);
  set_ports(answer, service, client_port, server_port, true);
  if (random.chance(0.08)) request.ip_tos = answer.ip_tos = service.proto == kProtoUdp ? 0xb8 : 0x48;

  // Bounded Pareto: most conversations are small and a few are huge.
  const bool single = random.chance(service.single);
  const double most = service.max_packets;
  const auto larger =
      single ? 1 : 1 + static_cast<std::uint64_t>(std::min(most, 3 * std::pow(1 - random.unit(), -0.9)));
  const auto smaller =
      single ? 1 : 1 + static_cast<std::uint64_t>(static_cast<double>(larger) * random.between(35, 90) / 100);
  const bool upload = service.request_bytes > service.response_bytes;
  const Direction there = draw_size(upload ? larger : smaller, service.request_bytes, v6);
  const Direction back = draw_size(upload ? smaller : larger, service.response_bytes, v6);
  std::uint64_t duration_ms = 0;
  if (!single) {
    const double ms = -std::log(1 - random.unit()) * 1000 * service.seconds + static_cast<double>(larger) * 0.2;
    duration_ms = std::min(static_cast<std::uint64_t>(ms), kMaxConversationMs - 1'000);
  }
  if (service.proto == kProtoTcp) {
    const std::uint32_t fate = random.below(100);
    const std::uint16_t end = fate < 78 ? kFin : fate < 90 ? kRst : 0;
    request.tcp_flags = single ? kSyn : kSyn | kAck | kPsh | end;
    answer.tcp_flags = single ? kRst | kAck : kSyn | kAck | kPsh | (end == kRst ? 0 : end);
  }
  const std::uint64_t round_trip_ms = 1 + random.below(80);
  slice(request, there, start_ms, there.packets > 1 ? duration_ms : 0, site.router);
  slice(answer, back, start_ms + round_trip_ms, back.packets > 1 ? duration_ms : 0, site.router);
}

// From outside, one packet, no answer.
void Dataset::Impl::make_scan(std::uint64_t start_ms) {
  constexpr std::uint16_t kPorts[] = {22, 23, 80, 443, 445, 1433, 3306, 3389, 5555, 6379, 8080, 8443};
  const Host& scanner = world.outside[kOutsideHosts - 1 - random.below(2'000)];
  const Host& target = world.inside[random.below(kInsideHosts)];
  const Network& site = world.sites[target.network];
  Flow flow = make_flow(scanner, world.prefixes[scanner.network], target, site, false);
  flow.proto = kProtoTcp;
  flow.src_port = static_cast<std::uint16_t>(random.between(1024, 65'535));
  flow.dst_port = random.chance(0.7) ? kPorts[random.below(std::size(kPorts))]
                                     : static_cast<std::uint16_t>(random.between(1, 65'535));
  flow.tcp_flags = kSyn;
  slice(flow, {1, random.chance(0.5) ? 40U : 60U}, start_ms, 0, site.router);
}

// Flows of at most the active timeout each, which share packets and bytes evenly.
void Dataset::Impl::slice(Flow flow, const Direction& whole, std::uint64_t start_ms, std::uint64_t duration_ms,
                          unsigned router) {
  const std::uint64_t slices = std::min<std::uint64_t>((duration_ms + kActiveTimeoutMs) / kActiveTimeoutMs,
                                                       std::max<std::uint64_t>(1, whole.packets / 2));
  const std::uint64_t pace_ms = duration_ms / slices;
  const std::uint64_t each_ms = std::min(pace_ms, kActiveTimeoutMs);
  const std::uint16_t flags = flow.tcp_flags;
  for (std::uint64_t i = 0; i < slices; ++i) {
    const bool first = i == 0, last = i + 1 == slices;
    flow.packets = whole.packets / slices + (first ? whole.packets % slices : 0);
    flow.bytes = whole.bytes / slices + (first ? whole.bytes % slices : 0);
    flow.tcp_flags = static_cast<std::uint16_t>(flags & ~(first ? 0 : kSyn) & ~(last ? 0 : kFin | kRst));
    flow.flow_end_reason = !last ? kActive : (flow.tcp_flags & (kFin | kRst)) != 0 ? kEndDetected : kIdle;
    const std::uint64_t begin_ms = start_ms + i * pace_ms;
    const std::uint64_t end_ms = begin_ms + (flow.packets > 1 ? each_ms : 0);
    flow.time_flow_start_ns = begin_ms * kNsPerMs;
    flow.time_flow_end_ns = end_ms * kNsPerMs;
    schedule(flow, router, end_ms);
  }
}

void Dataset::Impl::schedule(const Flow& flow, unsigned router, std::uint64_t end_ms) {
  const std::uint64_t export_ms =
      end_ms + (flow.flow_end_reason == kIdle ? random.below(kIdleTimeoutMs) : random.below(1'000));
  const std::uint64_t at = std::max(export_ms / 1000 + 1, second);
  ahead[at % kAhead].push_back({flow, static_cast<std::uint8_t>(router)});
  ++made;
}

void Dataset::Impl::make_second() {
  owed += rate * activity(second);
  for (; owed >= 1; --owed) make_conversation(second * 1000 + random.below(1000));
}

// Moves the flows of `second` to the routers, and into datagrams what fills some.
void Dataset::Impl::collect_second() {
  make_second();
  std::vector<Waiting>& due = ahead[second % kAhead];
  for (const Waiting& waiting : due) {
    Queue& queue = queues[waiting.router];
    queue.flows.push_back(waiting.flow);
    if (queue.flows.size() < queue.datagram) continue;
    ready.emplace_back(waiting.router, std::move(queue.flows));
    queue.flows = {};
    queue.flows.reserve(32);
    queue.datagram = random.between(25, 30);
  }
  due.clear();
  received_ns = second * kNsPerSecond + random.below(1'000'000);
  ++second;
  std::ranges::reverse(ready);
}

Datagram Dataset::Impl::next() {
  if (delivered == options.flows) return {};
  while (ready.empty()) collect_second();
  auto [router, flows] = std::move(ready.back());
  ready.pop_back();
  current = std::move(flows);
  if (current.size() > options.flows - delivered) current.resize(options.flows - delivered);
  delivered += current.size();
  Queue& queue = queues[router];
  const Datagram datagram{&world.routers[router], received_ns, queue.sent, current};
  queue.sent += static_cast<std::uint32_t>(current.size());
  received_ns += kNsPerSecond / (ready.size() + 2) / 2 + random.below(10'000);
  return datagram;
}

void append(const Datagram& datagram, BatchWriter& writer) {
  thread_local TextCache names;
  Origin origin{};
  origin.time_received_ns = datagram.received_ns;
  origin.sampler_address = datagram.router->address.bytes;
  origin.sampler_address_family = datagram.router->address.family;
  origin.sequence_num = datagram.sequence;
  origin.observation_domain_id = datagram.router->domain;
  origin.protocol = FlowProtocol::kIpfix;
  writer.set_origin(origin);
  for (const Flow& flow : datagram.flows) {
    const std::string_view in = datagram.router->name(flow.in_if), out = datagram.router->name(flow.out_if);
    Flow& added = *writer.add(in.size() + out.size() + 16);
    const std::uint32_t place = added.origin;
    added = flow;
    added.origin = place;
    const std::uint64_t router = std::uint64_t{datagram.router->domain} << 32;
    added.in_if_name = names.place(writer, router | flow.in_if, [&] { return in; });
    added.out_if_name = names.place(writer, router | flow.out_if, [&] { return out; });
    added.mark(FieldId::in_if_name);
    added.mark(FieldId::out_if_name);
  }
}

}  // namespace weir::bench
