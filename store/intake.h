// The way of rows into the store: memory, journal, fsync, and the moment when they are cut off to become a segment.
//
// Thread rules: append(), flush(), cut_now() and close() from one thread; run() is the body of another, and
// next_cut() … of a third; status() from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/batch.h"
#include "store/journal.h"
#include "store/row_buffer.h"
#include "store/store_writer.h"

namespace weir {

// Journal files whose rows are on their way to segments.
struct Cut {
  std::uint64_t journal_first = 0;
  std::uint64_t journal_last = 0;
};

class Intake {
 public:
  struct Options {
    std::filesystem::path dir;
    std::shared_ptr<FileLayer> files;
    std::size_t segment_rows;
    std::chrono::seconds segment_age;
    std::function<void(const std::string&)> warn;
  };
  // `left` are the cuts that an earlier writer left; new journals are numbered from `next_journal`.
  Intake(Options options, std::deque<Cut> left, std::uint64_t next_journal);

  void append(const FlowBatch& batch);
  // Returns when all that was appended is durable or dropped; or, where a file could not be fsync'ed and no segment can
  // be made instead, held.
  void flush();
  // Cuts off what there is.
  void cut_now();
  // Ends run() and next_cut(). What is not durable then is dropped.
  void close();

  // Writes frames and fsyncs in time, until close().
  void run();

  // Waits for rows to make segments of; null after close(). They stay until done().
  Cut* next_cut();
  // The segments of next_cut() are durable.
  void done();
  // They could not be made; the caller will try again.
  void failed(const Error& error);
  // Waits a moment before the next attempt; false after close().
  bool pause(std::chrono::milliseconds time);
  // Waits until no cut is left. Errors: segments cannot be made.
  Result<void> wait_for_cuts();

  struct Status {
    Account<StoreDrop> flows;
    std::uint64_t clamped = 0;
    std::string error;
  };
  Status status() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct LiveFrame {
    std::size_t first;
    unsigned level;
  };
  struct Unsynced {
    std::shared_ptr<JournalWriter> file;
    std::uint64_t rows;
    bool lost = false;  // fsync failed: only a segment can make them durable
  };

  void sync();

  // All of these REQUIRE mutex_.
  std::size_t pending() const { return buffer_.rows() - framed_; }
  std::size_t rows() const { return cut_rows_ + buffer_.rows(); }
  bool full() const;
  bool has_unsynced() const;
  bool has_lost() const;
  bool wait_for_room(std::unique_lock<std::mutex>& lock);
  void add(const FlowBatch& batch);
  Result<void> write_frame();
  LiveFrame next_frame(std::size_t& keep) const;
  void note_written(std::uint64_t rows);
  void let_go();
  void try_frame();
  void drop_pending();
  void cut();
  void cut_if_due(Clock::time_point now);
  void note_synced(const Unsynced& entry, const Result<void>& synced);
  Clock::time_point next_deadline() const;
  StoreDrop reason() const;

  const Options options_;

  std::mutex syncing_;  // taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable wake_;          // for run()
  std::condition_variable cuts_changed_;  // for everybody else
  bool closing_ = false;

  RowBuffer buffer_;
  std::size_t framed_ = 0;         // rows of buffer_ that are in the journal
  std::size_t cut_rows_ = 0;       // rows that the next cut has in frames which stay as they are
  std::size_t bytes_ = 0;          // of buffer_'s flows, as they came
  std::size_t framed_bytes_ = 0;   // of those in the journal
  std::vector<LiveFrame> frames_;  // of journal_
  std::shared_ptr<JournalWriter> journal_;
  std::uint64_t cut_journal_ = 0;  // the first journal of the next cut, 0 while there is none
  std::uint64_t next_journal_;
  Clock::time_point first_row_;      // when the first row of the next cut came
  Clock::time_point first_pending_;  // when the first row came that is in no frame
  bool cut_wanted_ = false;

  std::deque<Unsynced> unsynced_;
  Clock::time_point first_unsynced_;

  std::deque<Cut> cuts_;

  Account<StoreDrop> flows_;
  std::uint64_t clamped_ = 0;  // of the buffers before
  bool blocked_ = false;       // the journal takes nothing: flows are dropped
  Clock::time_point retry_;
  std::uint64_t lost_ = 0;      // flows dropped in this trouble
  std::uint64_t failures_ = 0;  // of making segments
  bool waiting_ = false;        // somebody waits for them: no pause between attempts
  std::optional<Error> trouble_, sync_trouble_, build_trouble_;
};

}  // namespace weir
