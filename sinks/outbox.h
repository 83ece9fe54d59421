// The parcels of one sink between their making and their delivery: in memory while the server keeps up, on disk where
// the spool mode says so, in their order either way.
//
//   kOnFailure   parcels wait in memory up to `max_unspooled` bytes; beyond that all of them go to the spool, and new
//                ones behind them until the spool is empty again
//   kAlways      every parcel is in the spool before it is sent
//   kOff         put() waits while memory is full
//
// While the server is in trouble one sender probes it, with growing pauses, and the others wait.
//
// Thread rules: arrive() and put() from one thread, take() and what follows it from senders, the rest from any thread.
// Only put(), take(), settle() and close() wait for the disk, and none of them holds the lock that the others need.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sinks/backoff.h"
#include "sinks/parcel.h"
#include "sinks/sink.h"
#include "sinks/spool.h"

namespace weir {

enum class SpoolMode : std::uint8_t { kOff, kOnFailure, kAlways };

struct OutboxOptions {
  std::string name;  // for the log
  SpoolMode mode = SpoolMode::kOff;
  std::uint64_t max_unspooled = 64'000'000;
  WhenFull when_full = WhenFull::kDrop;  // kWait: put() waits for the server instead of spooling what does not fit
  std::optional<std::uint32_t> retries;  // kOff only; then a parcel is dropped as kUnreachable
  std::chrono::milliseconds longest_pause{30'000};
  std::size_t senders = 1;  // that take() at once
};

class Outbox {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Outbox(OutboxOptions options);
  // Before anything else where the mode is not kOff. What an earlier process left there goes first.
  Result<void> open_spool(SpoolOptions options);

  // Counts flows in, whose parcels put() gets.
  void arrive(std::uint64_t flows);
  void put(Parcel parcel);

  // The next parcel, when it is time to send; nothing when all is delivered and finish() was called, or after abort().
  std::optional<Parcel> take();
  // `flows` of the parcel are delivered, or dropped for `reason`; the parcel stays with its sender.
  void delivered(const Parcel& parcel, std::uint64_t flows, std::uint64_t bytes);
  void dropped(const Parcel& parcel, std::uint64_t flows, SinkDrop reason, const std::string& error);
  void dead_lettered(std::uint64_t flows);
  // The parcel is about to be sent again after a try that may have succeeded.
  void resent(std::uint64_t flows);
  // How the sender's turn ends: nothing is pending, or it is to be tried again.
  void settle(Parcel parcel);
  void retry(Parcel parcel, const Trouble& trouble);
  // … or there was no time for it.
  void give_back(Parcel parcel);

  // What may have changed for the better (SIGHUP).
  void retry_now();
  // The end is near: put() waits for the server no more where there is a spool.
  void hurry();
  // No put() follows. Waits until all is delivered or, with a spool, the server is in trouble; at most until
  // `deadline`.
  void finish(Clock::time_point deadline);
  // Ends take() and put(). Then, when all senders have ended, close() spools what is left, or drops it as kClosing.
  void abort();
  void close();

  // Without a name; `flows` are what arrived here.
  SinkStatus status() const;
  // fdatasync of the spool, where there is one.
  void sync();

 private:
  struct Counts {
    Account<SinkDrop> own, recovered;
    std::uint64_t bytes_out = 0, retries = 0, dead_lettered = 0, resent = 0, spooled = 0;
  };
  using Lock = std::unique_lock<std::mutex>;

  // REQUIRE mutex_.
  Account<SinkDrop>& account(bool recovered) { return recovered ? counts_.recovered : counts_.own; }
  void drop(const Parcel& parcel, SinkDrop reason);
  bool memory_full() const { return memory_ >= options_.max_unspooled; }
  bool goes_direct() const { return !memory_full() && (!spool_ || spool_->waiting() == 0); }
  bool waits_for_room() const { return !spool_ || (options_.when_full == WhenFull::kWait && !hurrying_); }
  bool all_delivered() const { return ready_.empty() && in_flight_ == 0 && (!spool_ || spool_->waiting() == 0); }
  bool stops_early() const { return spool_ && backoff_.in_trouble() && in_flight_ == (probing_ ? 1U : 0U); }
  bool may_send() const;
  void wait_for_turn(Lock& lock);
  void push_ready(Parcel parcel);
  void put_back(Parcel parcel);
  void end_turn(const Parcel& parcel);

  // REQUIRE that mutex_ is free: they wait for the disk.
  bool to_spool(Parcel& parcel, bool take);
  void spool_behind(Parcel parcel);
  void lose(const SpoolLoss& loss);
  void note_spool(const Result<void>& result);
  void note_success(const Parcel& parcel);
  void note_trouble(const Trouble& trouble);

  const OutboxOptions options_;
  std::unique_ptr<Spool> spool_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;  // for senders
  std::condition_variable room_;  // for put()
  std::condition_variable done_;  // for finish()
  std::deque<Parcel> ready_;      // by order; older than everything that waits in the spool
  std::uint64_t memory_ = 0;      // bytes of lines in ready_ and in flight
  std::uint64_t next_order_ = 1;
  std::size_t in_flight_ = 0;
  Counts counts_;
  std::string last_error_;
  std::string spool_error_;
  std::uint64_t refused_ = 0;  // flows since a parcel was last taken whole
  Backoff backoff_;
  std::size_t perhaps_sent_ = 0;  // recovered parcels that the earlier process may have been sending when it ended
  bool probing_ = false;          // one sender tries whether the trouble is over
  bool hurrying_ = false;
  bool finishing_ = false;
  bool aborted_ = false;
};

}  // namespace weir
