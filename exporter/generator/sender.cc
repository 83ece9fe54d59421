#include "exporter/generator/sender.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "exporter/generator/datagram_queue.h"
#include "exporter/generator/exporter_socket.h"
#include "exporter/generator/flow_generator.h"

namespace weir {
namespace {

constexpr std::uint32_t kMaxExporters = 65535;
constexpr std::uint32_t kMaxV5Sampling = 16383;
constexpr std::uint64_t kBurstNs = 10 * kNsPerMs;
constexpr std::uint64_t kMaxWaitNs = kNsPerSecond;  // of a flow in a message that does not fill
constexpr std::uint64_t kMaxSleepNs = 100 * kNsPerMs;
constexpr std::uint64_t kUptimeNs = 86'400 * kNsPerSecond;
constexpr std::uint64_t kUnpacedRound = 1024;  // flows between looks at the clock and the stop flag

Result<void> check(const GenerateOptions& o) {
  if (!std::isfinite(o.rate) || o.rate < 0) return fail("the rate must be 0 or more flows per second");
  if (o.duration.count() < 0) return fail("the duration must not be negative");
  if (o.exporters == 0 || o.exporters > kMaxExporters) return fail("the number of exporters must be 1 to 65535");
  if (!(o.ipv6_share >= 0 && o.ipv6_share <= 1)) return fail("the share of IPv6 must be between 0 and 1");
  if (o.protocol == ExportProtocol::kNetflowV5 && o.sampling > kMaxV5Sampling) {
    return fail("NetFlow v5 carries sampling rates up to 16383; use NetFlow v9 or IPFIX for larger ones");
  }
  return {};
}

// How many flows are due, at a rate since `start_ns`.
class Pacer {
 public:
  Pacer(double rate, std::uint64_t start_ns) : rate_(rate), start_ns_(start_ns) {}

  std::uint64_t due(std::uint64_t now_ns, std::uint64_t generated) const {
    if (rate_ == 0) return kUnpacedRound;
    const double wanted = flows_in(now_ns - start_ns_) - static_cast<double>(generated);
    if (wanted < 1) return 0;
    return static_cast<std::uint64_t>(std::min(wanted, std::max(1.0, flows_in(kBurstNs))));
  }

  // Between looks at due(): long enough to rest, short enough for even traffic.
  std::chrono::nanoseconds rest() const {
    if (rate_ == 0) return {};
    const double per_flow = static_cast<double>(kNsPerSecond) / rate_;
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(std::clamp<double>(per_flow, kNsPerMs, static_cast<double>(kMaxSleepNs))));
  }

 private:
  double flows_in(std::uint64_t ns) const {
    return rate_ * static_cast<double>(ns) / static_cast<double>(kNsPerSecond);
  }

  double rate_;
  std::uint64_t start_ns_;
};

struct Exporter {
  UniqueFd socket;
  std::unique_ptr<ExportEncoder> encoder;
};

class Generator {
 public:
  explicit Generator(const GenerateOptions& options)
      : options_(options),
        traffic_({options.seed, options.protocol == ExportProtocol::kNetflowV5 ? 0 : options.ipv6_share}),
        queue_(EncoderOptions{}.max_message, totals_) {}

  Result<void> open();
  GenerateTotals run(const std::atomic<bool>& stop);

 private:
  void send_flows(std::uint64_t count);
  void end_turn(std::uint64_t now_ns);

  const GenerateOptions& options_;
  GenerateTotals totals_;
  FlowGenerator traffic_;
  FlowBatch no_batch_;  // generated flows point to nothing
  DatagramQueue queue_;
  std::vector<Exporter> exporters_;
  std::size_t turn_ = 0;  // whose turn it is,
  std::uint64_t turn_since_ns_ = 0;
  std::uint32_t turn_messages_ = 0;  // and what it has sent in it
};

Result<void> Generator::open() {
  const Result<CollectorAddress> collector = resolve_collector(options_.target);
  if (!collector) return std::unexpected(collector.error());
  const std::uint64_t boot_ns = wall_time_ns() - kUptimeNs;
  for (std::uint32_t number = 0; number < options_.exporters; ++number) {
    Result<UniqueFd> socket = open_exporter_socket(*collector, number);
    if (!socket) return std::unexpected(socket.error());
    EncoderOptions encoding;
    encoding.protocol = options_.protocol;
    encoding.source_id = number;
    encoding.boot_time_ns = boot_ns;
    encoding.sampling_rate = options_.sampling;
    const auto send = [this, fd = socket->get()](Bytes message, std::size_t flows) {
      queue_.push(fd, message, flows);
      ++turn_messages_;
    };
    exporters_.emplace_back(std::move(*socket), std::make_unique<ExportEncoder>(encoding, send));
  }
  return {};
}

GenerateTotals Generator::run(const std::atomic<bool>& stop) {
  const std::uint64_t start_ns = steady_time_ns();
  const Pacer pacer(options_.rate, start_ns);
  const auto duration_ns = static_cast<std::uint64_t>(options_.duration.count());
  std::uint64_t generated = 0;
  turn_since_ns_ = wall_time_ns();
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t now_ns = steady_time_ns();
    if (duration_ns != 0 && now_ns - start_ns >= duration_ns) break;
    std::uint64_t count = pacer.due(now_ns, generated);
    if (options_.flows != 0) count = std::min(count, options_.flows - generated);
    send_flows(count);
    generated += count;
    if (options_.flows != 0 && generated == options_.flows) break;
    if (options_.rate != 0) std::this_thread::sleep_for(pacer.rest());
  }
  for (const Exporter& exporter : exporters_) exporter.encoder->flush(wall_time_ns());
  queue_.send();
  totals_.elapsed = std::chrono::nanoseconds(steady_time_ns() - start_ns);
  return totals_;
}

void Generator::send_flows(std::uint64_t count) {
  const std::uint64_t now_ns = wall_time_ns();
  // Unpaced, a turn fills a whole system call.
  const std::uint32_t messages_a_turn = options_.rate == 0 ? DatagramQueue::kSlots : 1;
  for (; count > 0; --count) {
    exporters_[turn_].encoder->add(no_batch_, traffic_.next(now_ns), now_ns);
    if (turn_messages_ >= messages_a_turn) end_turn(now_ns);
  }
  if (now_ns - turn_since_ns_ >= kMaxWaitNs) {
    exporters_[turn_].encoder->flush(now_ns);
    end_turn(now_ns);
  }
  if (options_.rate != 0) queue_.send();
}

void Generator::end_turn(std::uint64_t now_ns) {
  turn_ = (turn_ + 1) % exporters_.size();
  turn_since_ns_ = now_ns;
  turn_messages_ = 0;
}

}  // namespace

Result<GenerateTotals> generate(const GenerateOptions& options, const std::atomic<bool>& stop) {
  if (const Result<void> ok = check(options); !ok) return std::unexpected(ok.error());
  Generator generator(options);
  if (const Result<void> ok = generator.open(); !ok) return std::unexpected(ok.error());
  return generator.run(stop);
}

}  // namespace weir
