// A worker: one thread that receives from its socket of every listener and decodes into its lane.
//
// Thread rules: start() once, then stop() or the destructor, from the owner's thread. The sockets' counters are guarded
// by the lane's lock.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "collector/lane.h"
#include "collector/receive_batch.h"
#include "collector/relay.h"
#include "collector/udp_socket.h"

namespace weir {

struct SocketStatus {
  std::string worker;
  std::string listener;  // as the user wrote it
  std::string local;     // what it is bound to
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
  std::uint64_t kernel_drops = 0;
  std::size_t buffer_bytes = 0;
  std::size_t queued_bytes = 0;
};

class Worker {
 public:
  Worker(unsigned index, Lane& lane, std::chrono::nanoseconds flush_interval);
  // Stops without draining: what waits in the kernel is gone, as after a crash.
  ~Worker();

  void add_socket(std::string listener, UdpSocket socket);
  // Datagrams go there, too, before they are decoded.
  void add_relay(std::unique_ptr<Relay> relay) { relays_.push_back(std::move(relay)); }
  Result<void> start();
  // Takes in what has arrived until now (what comes later the kernel refuses and counts), at the latest until
  // `deadline`, decodes and publishes it, and ends the thread. Safe to call again.
  void stop(std::chrono::steady_clock::time_point deadline);

  // REQUIRES the lane's lock. Kernel drops until this moment are in the lane's ledger afterwards.
  void count_kernel_drops();
  // REQUIRES the lane's lock.
  std::vector<SocketStatus> sockets() const;
  std::vector<RelayStatus> relays() const;

 private:
  struct Input {
    UdpSocket socket;
    SocketStatus status;
  };

  void run();
  void wait();
  std::size_t receive_turn(Input& input);
  std::size_t receive_from(Input& input);
  void relay(std::span<const Datagram> datagrams);
  void keep_house();
  void drain();
  void count_undecoded(Input& input);
  void wake() const;

  Lane& lane_;
  const unsigned index_;
  const std::uint64_t flush_ns_;
  std::chrono::nanoseconds nap_;
  std::vector<Input> inputs_;
  std::vector<std::unique_ptr<Relay>> relays_;
  ReceiveBatch batch_;
  UniqueFd wakeup_;
  std::vector<pollfd> polled_;  // the eventfd, then the sockets
  std::uint64_t next_tick_ns_ = 0;
  std::size_t last_read_ = 0;                               // datagrams in the last turn
  std::chrono::steady_clock::time_point drain_deadline_{};  // set before `stopping_`
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace weir
