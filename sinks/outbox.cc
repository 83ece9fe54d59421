#include "sinks/outbox.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace weir {
Outbox::Outbox(OutboxOptions options) : options_(std::move(options)), backoff_(options_.longest_pause) {}

Result<void> Outbox::open_spool(SpoolOptions options) {
  options.warn = [this](const std::string& message) { spdlog::warn("{}: {}", options_.name, message); };
  auto spool = Spool::open(std::move(options), [this](SpoolLoss loss) { lose(loss); });
  if (!spool) return std::unexpected(spool.error());
  spool_ = *std::move(spool);
  const SpoolFound found = spool_->found();
  counts_.recovered.in = found.flows;
  counts_.recovered.held = found.flows - found.damaged;
  counts_.recovered.drop(SinkDrop::kDamaged, found.damaged);
  perhaps_sent_ = options_.senders;
  if (counts_.recovered.held != 0) {
    spdlog::info("{}: {} flows of an earlier run are in the spool and go first", options_.name, counts_.recovered.held);
  }
  return {};
}

void Outbox::arrive(std::uint64_t flows) {
  const std::lock_guard lock(mutex_);
  counts_.own.in += flows;
  counts_.own.held += flows;
}

void Outbox::put(Parcel parcel) {
  Lock lock(mutex_);
  room_.wait(lock, [this] { return !waits_for_room() || goes_direct() || aborted_; });
  if (aborted_ && !spool_) return drop(parcel, SinkDrop::kClosing);
  const bool direct = goes_direct() && !aborted_;
  if (direct && options_.mode != SpoolMode::kAlways) return push_ready(std::move(parcel));
  lock.unlock();
  if (!direct) return spool_behind(std::move(parcel));
  // Should the disk refuse it, memory is better than nothing.
  to_spool(parcel, true);
  lock.lock();
  push_ready(std::move(parcel));
}

void Outbox::spool_behind(Parcel parcel) {
  std::deque<Parcel> moving;
  {
    const std::lock_guard lock(mutex_);
    // Only while nothing newer is in the spool already.
    if (options_.mode == SpoolMode::kOnFailure && spool_->waiting() == 0) moving = std::exchange(ready_, {});
    for (const Parcel& one : moving) memory_ -= one.charged;
  }
  bool room = true;
  while (!moving.empty() && room) {
    // What has its place there already was taken from the spool and came back: it stays in front.
    if (moving.front().place || !(room = to_spool(moving.front(), false))) break;
    moving.pop_front();
  }
  if (!moving.empty()) {
    const std::lock_guard lock(mutex_);
    for (Parcel& one : moving) {
      memory_ += one.charged;
      put_back(std::move(one));
    }
  }
  if (!room || !to_spool(parcel, false)) {
    const std::lock_guard lock(mutex_);
    drop(parcel, SinkDrop::kWriteError);
  }
  const std::lock_guard lock(mutex_);
  wake_.notify_all();
}

bool Outbox::to_spool(Parcel& parcel, bool take) {
  const auto written = spool_->append(parcel, take);
  note_spool(written);
  if (!written) return false;
  const std::lock_guard lock(mutex_);
  if (!parcel.recovered) counts_.spooled += parcel.pending_flows();
  // The spool does not remember that it was sent before.
  if (std::exchange(parcel.unconfirmed, false)) counts_.resent += parcel.pending_flows();
  return true;
}

void Outbox::note_spool(const Result<void>& result) {
  Lock lock(mutex_);
  const bool failed_before = !spool_error_.empty();
  spool_error_ = result ? "" : result.error().message;
  lock.unlock();
  if (!result && !failed_before) {
    spdlog::error("{}: the spool cannot be written: {}; what does not fit in memory is dropped until it can",
                  options_.name, result.error().message);
  } else if (result && failed_before) {
    spdlog::info("{}: the spool can be written again", options_.name);
  }
}

void Outbox::lose(const SpoolLoss& loss) {
  Lock lock(mutex_);
  Account<SinkDrop>& account = this->account(loss.recovered);
  account.held -= loss.full + loss.damaged;
  const bool first = account.dropped_for(SinkDrop::kSpoolFull) == 0;
  account.drop(SinkDrop::kSpoolFull, loss.full);
  account.drop(SinkDrop::kDamaged, loss.damaged);
  lock.unlock();
  if (loss.full != 0 && first) spdlog::error("{}: the spool is full: its oldest flows are dropped", options_.name);
}

void Outbox::push_ready(Parcel parcel) {
  parcel.order = next_order_++;
  parcel.charged = parcel.lines().size();
  memory_ += parcel.charged;
  ready_.push_back(std::move(parcel));
  wake_.notify_one();
}

void Outbox::put_back(Parcel parcel) {
  const auto at = std::ranges::lower_bound(ready_, parcel.order, {}, &Parcel::order);
  ready_.insert(at, std::move(parcel));
}

void Outbox::drop(const Parcel& parcel, SinkDrop reason) {
  account(parcel.recovered).held -= parcel.pending_flows();
  account(parcel.recovered).drop(reason, parcel.pending_flows());
}

bool Outbox::may_send() const { return !backoff_.in_trouble() || (!probing_ && Clock::now() >= backoff_.not_before()); }

void Outbox::wait_for_turn(Lock& lock) {
  const bool work = !ready_.empty() || (spool_ && spool_->waiting() != 0);
  if (work && backoff_.in_trouble() && !probing_) {
    wake_.wait_until(lock, backoff_.not_before());
  } else {
    wake_.wait(lock);
  }
}

std::optional<Parcel> Outbox::take() {
  Lock lock(mutex_);
  for (;; wait_for_turn(lock)) {
    if (aborted_ || (finishing_ && all_delivered())) return std::nullopt;
    if (!may_send() || (ready_.empty() && !(spool_ && spool_->waiting() != 0))) continue;
    ++in_flight_;
    if (backoff_.in_trouble()) probing_ = true;
    std::optional<Parcel> parcel;
    if (!ready_.empty()) {
      parcel = std::move(ready_.front());
      ready_.pop_front();
      return parcel;
    }
    const std::uint64_t order = next_order_++;
    lock.unlock();
    parcel = spool_->take();
    lock.lock();
    if (parcel) {
      if (parcel->recovered && perhaps_sent_ != 0) {
        --perhaps_sent_;
        parcel->unconfirmed = true;
      }
      parcel->order = order;
      parcel->charged = parcel->lines().size();
      memory_ += parcel->charged;
      return parcel;
    }
    end_turn(Parcel());  // another sender was faster
  }
}

void Outbox::end_turn(const Parcel& parcel) {
  --in_flight_;
  memory_ -= parcel.charged;
  probing_ = false;
  wake_.notify_all();
  room_.notify_all();
  done_.notify_all();
}

void Outbox::delivered(const Parcel& parcel, std::uint64_t flows, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  account(parcel.recovered).held -= flows;
  account(parcel.recovered).out += flows;
  counts_.bytes_out += bytes;
}

void Outbox::dropped(const Parcel& parcel, std::uint64_t flows, SinkDrop reason, const std::string& error) {
  Lock lock(mutex_);
  account(parcel.recovered).held -= flows;
  account(parcel.recovered).drop(reason, flows);
  last_error_ = error;
  const bool first = refused_ == 0;
  refused_ += flows;
  lock.unlock();
  if (first) spdlog::error("{}: {} flows dropped: {}", options_.name, flows, error);
}

void Outbox::dead_lettered(std::uint64_t flows) {
  const std::lock_guard lock(mutex_);
  counts_.dead_lettered += flows;
}

void Outbox::resent(std::uint64_t flows) {
  const std::lock_guard lock(mutex_);
  counts_.resent += flows;
}

void Outbox::settle(Parcel parcel) {
  if (parcel.place) note_spool(spool_->settle(parcel));
  note_success(parcel);
  const std::lock_guard lock(mutex_);
  end_turn(parcel);
}

void Outbox::note_success(const Parcel& parcel) {
  Lock lock(mutex_);
  const bool over = backoff_.succeed();
  std::uint64_t lost = 0;
  if (!parcel.refused) {
    last_error_.clear();
    lost = std::exchange(refused_, 0);
  }
  lock.unlock();
  if (over || lost != 0) {
    spdlog::info("{}: delivering again{}", options_.name,
                 lost == 0 ? "" : ", after " + std::to_string(lost) + " flows dropped");
  }
}

void Outbox::retry(Parcel parcel, const Trouble& trouble) {
  if (parcel.place && parcel.pending() != parcel.records()) note_spool(spool_->settle(parcel));
  note_trouble(trouble);
  ++parcel.failed;
  if (options_.retries && parcel.failed > *options_.retries) {
    dropped(parcel, parcel.pending_flows(), SinkDrop::kUnreachable, trouble.error);
    const std::lock_guard lock(mutex_);
    return end_turn(parcel);
  }
  {
    const std::lock_guard lock(mutex_);
    ++counts_.retries;
  }
  give_back(std::move(parcel));
}

void Outbox::give_back(Parcel parcel) {
  const std::lock_guard lock(mutex_);
  const std::size_t charged = parcel.charged;
  end_turn(parcel);
  memory_ += charged;
  put_back(std::move(parcel));
}

void Outbox::note_trouble(const Trouble& trouble) {
  Lock lock(mutex_);
  last_error_ = trouble.error;
  if (!backoff_.fail(trouble) || aborted_) return;
  lock.unlock();
  spdlog::error("{}: {}; flows are kept {} and sent again", options_.name, trouble.error,
                spool_ ? "in memory and the spool" : "in memory");
}

void Outbox::retry_now() {
  const std::lock_guard lock(mutex_);
  backoff_.retry_now();
  wake_.notify_all();
}

void Outbox::hurry() {
  const std::lock_guard lock(mutex_);
  hurrying_ = true;
  room_.notify_all();
}

void Outbox::finish(Clock::time_point deadline) {
  Lock lock(mutex_);
  finishing_ = true;
  wake_.notify_all();
  done_.wait_until(lock, deadline, [this] { return all_delivered() || aborted_ || stops_early(); });
}

void Outbox::abort() {
  const std::lock_guard lock(mutex_);
  aborted_ = true;
  wake_.notify_all();
  room_.notify_all();
  done_.notify_all();
}

void Outbox::close() {
  for (Parcel& parcel : ready_) {
    if (spool_ && ((parcel.place && spool_->holds(parcel.place)) || to_spool(parcel, false))) continue;
    const std::lock_guard lock(mutex_);
    drop(parcel, SinkDrop::kClosing);
  }
  ready_.clear();
  memory_ = 0;
  sync();
}

SinkStatus Outbox::status() const {
  const std::lock_guard lock(mutex_);
  SinkStatus status{{}, counts_.own, counts_.bytes_out, last_error_, false};
  if (!spool_error_.empty()) status.last_error += (last_error_.empty() ? "" : "; ") + spool_error_;
  const SpoolUsage usage = spool_ ? spool_->usage() : SpoolUsage{};
  status.delivery = DeliveryStatus{usage.flows,    usage.bytes,           counts_.spooled,  counts_.retries,
                                   counts_.resent, counts_.dead_lettered, counts_.recovered};
  return status;
}

void Outbox::sync() {
  if (!spool_) return;
  if (const auto synced = spool_->sync(); !synced) note_spool(synced);
}

}  // namespace weir
