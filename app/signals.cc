#include "app/signals.h"

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

namespace weir {
namespace {

constexpr std::chrono::milliseconds kTogether{500};

void mask_signals(int how) {
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&taken, number);
  ::pthread_sigmask(how, &taken, nullptr);
}

}  // namespace

struct SignalHandler::Impl {
  Impl(std::function<void()> stop, std::function<void()> reload)
      : on_stop(std::move(stop)), on_reload(std::move(reload)) {
    if (on_reload) signals.add(SIGHUP);
    wait();
    thread = std::thread([this] { context.run(); });
  }

  void wait() {
    signals.async_wait([this](const asio::error_code& error, int number) {
      if (error) return;
      if (number == SIGHUP) {
        on_reload();
      } else {
        stop(number);
      }
      wait();
    });
  }

  // A second one, of a user who insists, ends it at once. timeout(1) sends two together that are one.
  void stop(int number) {
    const auto now = std::chrono::steady_clock::now();
    if (!stopping_since) {
      stopping_since = now;
      on_stop();
    } else if (now - *stopping_since >= kTogether) {
      ::_exit(128 + number);
    }
  }

  std::function<void()> on_stop, on_reload;
  std::optional<std::chrono::steady_clock::time_point> stopping_since;
  asio::io_context context;
  asio::signal_set signals{context, SIGINT, SIGTERM};
  std::thread thread;
};

SignalHandler::SignalHandler(std::function<void()> on_stop, std::function<void()> on_reload)
    : impl_(std::make_unique<Impl>(std::move(on_stop), std::move(on_reload))) {}

SignalHandler::~SignalHandler() {
  impl_->context.stop();
  impl_->thread.join();
}

SignalsHeld::SignalsHeld() { mask_signals(SIG_BLOCK); }
SignalsHeld::~SignalsHeld() { mask_signals(SIG_UNBLOCK); }

}  // namespace weir
