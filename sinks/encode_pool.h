// The threads that turn batches into bytes, shared by all sinks, so that encoding spreads over all cores however
// unevenly exporters load the receiving workers.
//
// Thread rules: post() from any thread. Tasks must not block.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace weir {

class EncodePool {
 public:
  explicit EncodePool(std::size_t threads);
  // Runs what was posted, then joins.
  ~EncodePool();

  void post(std::function<void()> task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
