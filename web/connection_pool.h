// Threads for connections: made as they are needed, up to a limit, and a bounded queue behind them.
//
// Thread rules: add() and stop() from one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir {

class ConnectionPool {
 public:
  // `crowded` is kept: whether connections wait for a thread.
  ConnectionPool(std::size_t most_threads, std::size_t most_waiting, std::atomic<bool>& crowded)
      : most_threads_(most_threads), most_waiting_(most_waiting), crowded_(crowded) {}

  // False where the queue is full, or nobody can work it off; `job` is left as it is then.
  bool add(std::function<void()>& job);
  // Works off what waits, and ends.
  void stop();

 private:
  void work();
  // The system may refuse another thread.
  bool add_thread();

  const std::size_t most_threads_, most_waiting_;
  std::atomic<bool>& crowded_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace weir
