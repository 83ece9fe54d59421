// Threads for connections: made as they are needed, up to a limit, and a bounded queue behind them.
//
// Thread rules: add() and stop() from one thread.
#pragma once

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
  ConnectionPool(std::size_t most_threads, std::size_t most_waiting)
      : most_threads_(most_threads), most_waiting_(most_waiting) {}

  // False where the queue is full; `job` is left as it is then.
  bool add(std::function<void()>& job);
  // Works off what waits, and ends.
  void stop();

 private:
  void work();

  const std::size_t most_threads_, most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace weir
