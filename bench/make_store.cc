// Makes the data set (dataset.h) and puts it somewhere:
//
//   make_store --store DIR            a store, through StoreWriter, compacted at the end
//   make_store --udp HOST:PORT        IPFIX datagrams, each router from an address of its own
//   make_store --ipfix FILE           the same in a file, for weir decode
//   make_store --csv                  weir's CSV, compact, to standard output
//   make_store --nothing              only makes it
//
//   --flows N      100000000
//   --seed N       1
//   --rate N       flows per second over UDP; 0, the default: as fast as it goes
//   --live         move times so that every datagram is sent when it says
//   --no-compact   leave the segments as the journal made them
#include <getopt.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "bench/dataset.h"
#include "bench/dataset_ipfix.h"
#include "exporter/generator/datagram_queue.h"
#include "exporter/generator/exporter_socket.h"
#include "sinks/record_writer.h"
#include "store/store_writer.h"

namespace weir::bench {
namespace {

struct Options {
  DatasetOptions dataset;
  std::string store, udp, ipfix;
  bool csv = false, nothing = false, live = false, compact = true;
  double rate = 0;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "make_store: %s\n", why.c_str());
  std::exit(1);
}

double seconds_since(std::uint64_t start_ns) { return static_cast<double>(steady_time_ns() - start_ns) / 1e9; }

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void fill_batches(Dataset& dataset, const BatchWriter::Publish& publish) {
  BatchWriter writer(BatchPool::create(), publish);
  for (Datagram datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) {
    append(datagram, writer);
  }
}

void make_nothing(Dataset& dataset) {
  std::size_t batches = 0;
  fill_batches(dataset, [&](BatchRef) { ++batches; });
  std::fprintf(stderr, "%zu batches\n", batches);
}

void write_csv(Dataset& dataset) {
  const RecordWriter records(RecordFormat::kCsv, FieldSelection::kCompact);
  std::string text = records.header();
  fill_batches(dataset, [&](BatchRef batch) {
    records.append(*batch, text);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) give_up("cannot write to standard output");
    text.clear();
  });
}

// The time that append() takes is told apart from that of making the flows.
void write_store(Dataset& dataset, const Options& options) {
  StoreOptions store;
  store.dir = options.store;
  store.compact = options.compact;
  store.warn = [](const std::string& text) { std::fprintf(stderr, "make_store: %s\n", text.c_str()); };
  auto writer = StoreWriter::open(store);
  if (!writer) give_up(writer.error().message);
  std::uint64_t append_ns = 0;
  fill_batches(dataset, [&](BatchRef batch) {
    const std::uint64_t start = steady_time_ns();
    (*writer)->append(*batch);
    append_ns += steady_time_ns() - start;
  });
  (*writer)->flush();
  std::fprintf(stderr, "append %.1f s\n", static_cast<double>(append_ns) / 1e9);
  if (options.compact) {
    const std::uint64_t start = steady_time_ns();
    if (const auto compacted = (*writer)->compact(); !compacted) give_up(compacted.error().message);
    std::fprintf(stderr, "final compaction %.1f s\n", seconds_since(start));
  }
  const StoreStatus status = (*writer)->status();
  (*writer)->close();
  std::fprintf(stderr, "%llu flows kept, %llu dropped, %llu clamped, %llu bytes in %llu segments\n",
               static_cast<unsigned long long>(status.flows.out),
               static_cast<unsigned long long>(status.flows.dropped_total()),
               static_cast<unsigned long long>(status.clamped), static_cast<unsigned long long>(status.bytes_on_disk),
               static_cast<unsigned long long>(status.segments));
}

// Hands on messages: what is due every 1,000 datagrams of a router, its templates first.
using Send = std::function<void(std::size_t router, const std::string& message, std::size_t flows)>;
void make_messages(Dataset& dataset, bool live, const Send& send) {
  constexpr std::uint32_t kTemplatesEvery = 1'000;
  struct State {
    std::uint32_t datagrams = 0, sequence = 0;
  };
  std::vector<State> states(dataset.routers().size());
  for (Datagram datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) {
    const auto number = static_cast<std::size_t>(datagram.router - dataset.routers().data());
    const std::int64_t shift_ms = live ? static_cast<std::int64_t>(wall_time_ns() / kNsPerMs) -
                                             static_cast<std::int64_t>(datagram.received_ns / kNsPerMs)
                                       : 0;
    const auto export_s =
        static_cast<std::uint32_t>((static_cast<std::int64_t>(datagram.received_ns / kNsPerMs) + shift_ms) / 1000);
    State& state = states[number];
    if (state.datagrams++ % kTemplatesEvery == 0) {
      send(number, template_message(*datagram.router, export_s, state.sequence), 0);
      state.sequence += static_cast<std::uint32_t>(datagram.router->interfaces.size());
    }
    send(number, data_message(datagram, export_s, state.sequence, shift_ms), datagram.flows.size());
    state.sequence += static_cast<std::uint32_t>(datagram.flows.size());
  }
}

void send_udp(Dataset& dataset, const Options& options) {
  const auto collector = resolve_collector(options.udp);
  if (!collector) give_up(collector.error().message);
  std::vector<UniqueFd> sockets;
  for (std::uint32_t i = 0; i < dataset.routers().size(); ++i) {
    auto socket = open_exporter_socket(*collector, i);
    if (!socket) give_up(socket.error().message);
    sockets.push_back(std::move(*socket));
  }
  GenerateTotals totals;
  DatagramQueue queue(8192, totals);
  const std::uint64_t start = steady_time_ns();
  std::uint64_t sent = 0;
  make_messages(dataset, options.live, [&](std::size_t router, const std::string& message, std::size_t flows) {
    queue.push(sockets[router].get(), as_bytes(message), flows);
    sent += flows;
    if (options.rate == 0) return;
    const double ahead = static_cast<double>(sent) / options.rate - seconds_since(start);
    if (ahead > 0.002) {
      queue.send();
      std::this_thread::sleep_for(std::chrono::duration<double>(ahead));
    }
  });
  queue.send();
  std::fprintf(stderr, "sent %llu flows in %llu datagrams, %llu not\n", static_cast<unsigned long long>(totals.flows),
               static_cast<unsigned long long>(totals.datagrams), static_cast<unsigned long long>(totals.flows_unsent));
}

void write_ipfix(Dataset& dataset, const Options& options) {
  std::FILE* const file = std::fopen(options.ipfix.c_str(), "wb");
  if (file == nullptr) give_up("cannot write " + options.ipfix);
  make_messages(dataset, options.live, [&](std::size_t, const std::string& message, std::size_t) {
    std::fwrite(message.data(), 1, message.size(), file);
  });
  if (std::fclose(file) != 0) give_up("cannot write " + options.ipfix);
}

Options parse(int argc, char** argv) {
  enum { kFlows, kSeed, kStore, kUdp, kIpfix, kCsv, kNothing, kRate, kLive, kNoCompact };
  const option known[] = {{"flows", 1, nullptr, kFlows},     {"seed", 1, nullptr, kSeed},
                          {"store", 1, nullptr, kStore},     {"udp", 1, nullptr, kUdp},
                          {"ipfix", 1, nullptr, kIpfix},     {"csv", 0, nullptr, kCsv},
                          {"nothing", 0, nullptr, kNothing}, {"rate", 1, nullptr, kRate},
                          {"live", 0, nullptr, kLive},       {"no-compact", 0, nullptr, kNoCompact},
                          {nullptr, 0, nullptr, 0}};
  Options options;
  for (int c; (c = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (c) {
      case kFlows: options.dataset.flows = std::strtoull(optarg, nullptr, 10); break;
      case kSeed: options.dataset.seed = std::strtoull(optarg, nullptr, 10); break;
      case kStore: options.store = optarg; break;
      case kUdp: options.udp = optarg; break;
      case kIpfix: options.ipfix = optarg; break;
      case kCsv: options.csv = true; break;
      case kNothing: options.nothing = true; break;
      case kRate: options.rate = std::strtod(optarg, nullptr); break;
      case kLive: options.live = true; break;
      case kNoCompact: options.compact = false; break;
      default: std::exit(2);
    }
  }
  if (options.dataset.flows == 0) give_up("--flows must be a number above 0");
  return options;
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Dataset dataset(options.dataset);
  const std::uint64_t start = steady_time_ns();
  const double cpu = cpu_seconds();
  if (!options.store.empty()) {
    write_store(dataset, options);
  } else if (!options.udp.empty()) {
    send_udp(dataset, options);
  } else if (!options.ipfix.empty()) {
    write_ipfix(dataset, options);
  } else if (options.csv) {
    write_csv(dataset);
  } else if (options.nothing) {
    make_nothing(dataset);
  } else {
    give_up("where to? --store DIR, --udp HOST:PORT, --ipfix FILE, --csv or --nothing");
  }
  const double seconds = seconds_since(start);
  std::fprintf(stderr, "%llu flows in %.2f s, %.2f M flows/s, %.2f CPU-s\n",
               static_cast<unsigned long long>(options.dataset.flows), seconds,
               static_cast<double>(options.dataset.flows) / seconds / 1e6, cpu_seconds() - cpu);
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::run(argc, argv); }
