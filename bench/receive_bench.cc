// What receiving costs: datagrams of 30 NetFlow v5 records over loopback, from the kernel's queue alone, and decoded.
//
// Only the receiving side is timed; items are datagrams.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <string>

#include "base/clock.h"
#include "collector/lane.h"
#include "collector/receive_batch.h"
#include "collector/udp_socket.h"

namespace weir {
namespace {

constexpr std::size_t kBuffer = 32 << 20;
constexpr std::size_t kQueued = 8000;
constexpr std::uint16_t kRecords = 30;

std::string netflow_v5() {
  std::string message(24 + 48 * kRecords, '\x01');
  auto* bytes = reinterpret_cast<std::uint8_t*>(message.data());
  store_be16(bytes, 5);
  store_be16(bytes + 2, kRecords);
  return message;
}

class Loopback {
 public:
  Loopback() : group_(open_udp(parse_listen_spec("udp://[::]:0").value(), 1, kBuffer).value()) {
    SocketAddress to = resolve(parse_listen_spec("udp://127.0.0.1:0").value()).value();
    to.set_port(socket().bound().port());
    sender_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::connect(sender_.get(), to.get(), to.length) != 0) std::abort();
  }

  UdpSocket& socket() { return group_.sockets[0]; }
  // Fills the kernel's queue.
  void send(std::size_t datagrams) const {
    for (std::size_t i = 0; i < datagrams; ++i) {
      [[maybe_unused]] const ssize_t n = ::send(sender_.get(), message_.data(), message_.size(), 0);
    }
  }

 private:
  UdpGroup group_;
  UniqueFd sender_;
  std::string message_ = netflow_v5();
};

template <typename Take>
void receive_queued(benchmark::State& state, Take take) {
  Loopback loopback;
  ReceiveBatch batch;
  std::size_t received = 0;
  for (auto _ : state) {
    state.PauseTiming();
    loopback.send(kQueued);
    state.ResumeTiming();
    for (auto got = batch.receive(loopback.socket()); !got.empty(); got = batch.receive(loopback.socket())) {
      take(got);
      received += got.size();
    }
  }
  if (loopback.socket().read_drops() > 0) state.SkipWithError("the receive buffer is too small; see net.core.rmem_max");
  state.SetItemsProcessed(static_cast<std::int64_t>(received));
}

void receive(benchmark::State& state) {
  receive_queued(state, [](std::span<const Datagram> datagrams) { benchmark::DoNotOptimize(datagrams); });
}
BENCHMARK(receive)->Unit(benchmark::kMillisecond);

void receive_and_decode(benchmark::State& state) {
  Lane lane("0", {}, AllowList(), {}, BatchPool::create(), [](const BatchRef&) {});
  receive_queued(state, [&lane](std::span<const Datagram> datagrams) {
    const std::uint64_t now = wall_time_ns();
    const auto lock = lane.lock();
    for (const Datagram& one : datagrams) lane.receive(one.session, one.payload, one.truncated, now);
  });
}
BENCHMARK(receive_and_decode)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
