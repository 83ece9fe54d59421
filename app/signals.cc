#include "app/signals.h"

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <thread>
#include <utility>

namespace weir {

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
      } else if (std::exchange(stopping, true)) {
        ::_exit(128 + number);  // the user insists
      } else {
        on_stop();
      }
      wait();
    });
  }

  std::function<void()> on_stop, on_reload;
  bool stopping = false;
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

}  // namespace weir
