// Keeps what the lanes' decoders know in the state directory: a thread that looks once a second, and saves what
// changed. Changes of templates and tables are saved at once; sequence numbers, which change with every message, as
// often as a modest rate of writing allows. A crash thus costs what came in the last second, or somewhat more of
// sequence numbers where there are thousands of exporters.
//
// Thread rules: restore() before any lane receives; start(), then stop() or the destructor, from the owner's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "collector/lane.h"
#include "collector/state_dir.h"

namespace weir {

class StateKeeper {
 public:
  // Lane i is worker i's, of as many workers as there are lanes.
  StateKeeper(StateDir directory, std::vector<Lane*> lanes);
  ~StateKeeper();

  // Reads what an earlier collector knew, each exporter into the lane that will receive from it. Damaged files are
  // moved aside. Afterwards the directory holds files of these lanes only.
  Result<void> restore();
  void start();
  // Ends the thread and, with `save`, saves every lane once more, sequence numbers included.
  void stop(bool save);

  // Why saving failed last time; empty while all is well.
  std::string last_error() const;

 private:
  struct Entry {
    Lane* lane;
    std::uint64_t saved_version = 0;   // of the decoder's state
    std::uint64_t saved_messages = 0;  // decoded until then
    std::uint64_t next_save_ns = 0;    // steady
    std::uint64_t next_sequence_save_ns = 0;
  };

  void run();
  Result<void> save(unsigned worker);
  void save_changed();
  static bool is_due(const Entry& entry, std::uint64_t now_ns);
  void note(const Result<void>& saved);

  StateDir directory_;
  std::vector<Entry> entries_;
  mutable std::mutex mutex_;
  std::condition_variable wakeup_;
  bool stopping_ = false;   // guarded by mutex_
  std::string last_error_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir
