#include "exporter/metering/meter.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "exporter/metering/flow_cache.h"
#include "exporter/metering/intake.h"
#include "exporter/metering/record_writer.h"

namespace weir {
namespace {

// A packet is counted some packets after it was read, and in between what counting needs is fetched: its slot of the
// index at once, its entry when the slot has come. Distances in packets.
constexpr std::size_t kToEntry = 8;
constexpr std::size_t kToCount = 24;
constexpr std::size_t kUnderWay = 32;
static_assert(kToCount < kUnderWay);
constexpr std::size_t kBetweenExpiries = 256;  // frames
// How many frames ahead the next one's bytes are fetched.
constexpr std::size_t kAhead = 6;

constexpr std::size_t kMostFlows = std::size_t{1} << 28;
constexpr std::uint64_t kLongestTimeout = 1'000'000'000'000'000'000;

void check(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(message);
}

const MeterOptions& checked(const MeterOptions& options) {
  check(options.max_flows >= 1 && options.max_flows <= kMostFlows, "max_flows must be from 1 to 268435456");
  for (const std::uint64_t timeout :
       {options.active_ns, options.idle_ns, options.udp_idle_ns, options.unanswered_idle_ns, options.closed_ns})
    check(timeout >= 1 && timeout <= kLongestTimeout, "a timeout must be from 1 ns to 10^18 ns");
  check(options.packet_sampling >= 1 && options.flow_sampling >= 1, "sampling is one of at least one");
  check(std::uint64_t{options.packet_sampling} * options.flow_sampling <= 0xffffffff,
        "packet sampling times flow sampling must fit 32 bits");
  return options;
}

}  // namespace

struct Meter::Impl {
  MeterStatus status;
  FlowRecordWriter records;
  FlowCache flows;
  PacketIntake intake;
  std::array<MeteredPacket, kUnderWay> under_way;

  Impl(const MeterOptions& options, BatchWriter& out)
      : records(options, out), flows(options, records, status), intake(options) {
    status.max_flows = options.max_flows;
  }

  void add(std::span<const Frame> frames, std::uint64_t wall_ns) {
    std::size_t read = 0;  // packets
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (i + kAhead < frames.size()) __builtin_prefetch(frames[i + kAhead].data);
      MeteredPacket& packet = at(read);
      if (!intake.read(frames[i], wall_ns, packet, status) || !is_chosen(packet)) continue;
      flows.prefetch_index(packet);
      if (read >= kToEntry) flows.prefetch_entry(at(read - kToEntry));
      if (read >= kToCount) count(at(read - kToCount));
      ++read;
    }
    const std::size_t counted = read - std::min(read, kToCount);
    for (std::size_t i = read - std::min(read, kToEntry); i < read; ++i) flows.prefetch_entry(at(i));
    for (std::size_t i = counted; i < read; ++i) count(at(i));
    count_released();
    if (read != 0) expire(at(read - 1).time_ns);
  }

  MeteredPacket& at(std::size_t packet) { return under_way[packet % kUnderWay]; }

  bool is_chosen(MeteredPacket& packet) {
    if (intake.set_key(packet)) return true;
    status.packets.drop(PacketDrop::kNotSampled);
    return false;
  }

  void count(const MeteredPacket& packet) {
    flows.count(packet);
    ++status.packets.out;
    Amount& traffic = status.protocols[static_cast<std::size_t>(live_protocol(packet.key.proto()))].traffic;
    traffic.packets += packet.packets;
    traffic.bytes += packet.bytes;
    if (packet.info.is_fragment) ++status.fragments;
    if (packet.info.problem != PacketProblem::kNone) ++status.incomplete;
  }

  void count_released() {
    if (!intake.fragments().has_released()) return;
    for (FragmentTable::Waiting& fragment : intake.fragments().released()) {
      if (!is_chosen(fragment.packet)) continue;
      fragment.packet.candidate = kNoEntry;
      count(fragment.packet);
    }
  }

  void expire(std::uint64_t now_ns) {
    intake.fragments().expire(now_ns);
    count_released();
    flows.expire(now_ns);
  }
};

Meter::Meter(const MeterOptions& options, BatchWriter& out) : impl_(std::make_unique<Impl>(checked(options), out)) {}
Meter::~Meter() = default;

void Meter::add(std::span<const Frame> frames, std::uint64_t wall_ns) {
  for (std::size_t at = 0; at < frames.size(); at += kBetweenExpiries)
    impl_->add(frames.subspan(at, std::min(kBetweenExpiries, frames.size() - at)), wall_ns);
}

void Meter::expire(std::uint64_t now_ns) { impl_->expire(now_ns); }

void Meter::finish() {
  impl_->intake.fragments().clear();
  impl_->count_released();
  impl_->flows.finish();
}

void Meter::set_interface_name(std::uint32_t index, std::string_view name) {
  impl_->records.set_interface_name(index, name);
}

void Meter::watch(bool on) { impl_->flows.watch(on); }

bool Meter::look() { return impl_->flows.look(); }

std::vector<Talk> Meter::take_talks() { return impl_->flows.take_talks(); }

const ProtocolSums& Meter::protocols() const { return impl_->status.protocols; }

MeterStatus Meter::status() const {
  MeterStatus status = impl_->status;
  status.packets.held = impl_->intake.fragments().held();
  for (const ProtocolSum& sum : status.protocols) {
    status.wire_packets += sum.traffic.packets;
    status.bytes += sum.traffic.bytes;
  }
  return status;
}

MeterStatus& MeterStatus::operator+=(const MeterStatus& other) {
  packets += other.packets;
  wire_packets += other.wire_packets;
  bytes += other.bytes;
  fragments += other.fragments;
  incomplete += other.incomplete;
  clock_corrections += other.clock_corrections;
  flows_created += other.flows_created;
  flows_active += other.flows_active;
  max_flows += other.max_flows;
  for (std::size_t i = 0; i < records.size(); ++i) records[i] += other.records[i];
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    protocols[i].traffic += other.protocols[i].traffic;
    protocols[i].flows += other.protocols[i].flows;
  }
  emergencies += other.emergencies;
  return *this;
}

std::string_view reason_name(PacketDrop reason) {
  switch (reason) {
    case PacketDrop::kNotIp: return "not_ip";
    case PacketDrop::kTruncated: return "truncated";
    case PacketDrop::kMalformed: return "malformed";
    case PacketDrop::kTooManyLayers: return "too_many_layers";
    case PacketDrop::kUnknownLinkType: return "unknown_link_type";
    case PacketDrop::kDuplicate: return "duplicate";
    case PacketDrop::kNotSampled: return "not_sampled";
    case PacketDrop::kCount: break;
  }
  return "";
}

std::string_view reason_name(FlowEnd reason) {
  switch (reason) {
    case FlowEnd::kIdle: return "idle";
    case FlowEnd::kActive: return "active";
    case FlowEnd::kClosed: return "closed";
    case FlowEnd::kShutdown: return "shutdown";
    case FlowEnd::kTableFull: return "table_full";
    case FlowEnd::kCount: break;
  }
  return "";
}

}  // namespace weir
