// Turning signals into calls, on a thread of its own where any code may run.
#pragma once

#include <functional>
#include <memory>

namespace weir {

// While it lives: SIGINT and SIGTERM call `on_stop` (a second one, half a second later or more, ends the process at
// once), SIGHUP calls `on_reload` where one is given. Make it before other threads start.
class SignalHandler {
 public:
  explicit SignalHandler(std::function<void()> on_stop, std::function<void()> on_reload = {});
  ~SignalHandler();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// While it lives, the signals that SignalHandler takes wait: for a time before there is one in which threads cannot be
// had, and which is short. They come to the handler that is there when it ends.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
};

}  // namespace weir
