// A reader that is gone is an error to count, not a reason to die.
#pragma once

#include <pthread.h>

#include <csignal>

namespace weir {

// For the calling thread, whose writes then fail with EPIPE.
inline void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace weir
