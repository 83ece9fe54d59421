#include "collector/tcp_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio.hpp>
#include <cerrno>
#include <list>
#include <thread>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "collector/bind.h"
#include "collector/stream_framer.h"

namespace weir {
namespace {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 128;

IpAddress to_address(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
  return IpAddress::v6(address.to_v6().to_bytes().data()).unmapped();
}

struct Connection {
  tcp::socket socket;
  Session session;
  StreamFramer framer;
  Clock::time_point last_read = Clock::now();
  std::list<std::shared_ptr<Connection>>::iterator place{};
  bool open = true;
};

struct Listener {
  tcp::acceptor acceptor;
  bool waiting = false;
};

Result<UniqueFd> bind_stream(const ListenSpec& spec, const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot listen on " + to_string(spec), errno);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);  // past connections in TIME_WAIT do not hold the port
  if (address.family() == AF_INET6) set_dual_stack(fd.get(), spec);
  if (::bind(fd.get(), address.get(), address.length) != 0) return bind_error(spec, errno);
  if (::listen(fd.get(), kBacklog) != 0) return bind_error(spec, errno);
  return fd;
}

}  // namespace

struct TcpListener::Impl {
  Lane& lane;
  const TcpOptions options;
  const std::chrono::nanoseconds flush_interval;
  asio::io_context io;
  std::list<Listener> listeners;  // handlers keep references
  std::vector<SocketAddress> bound;
  std::vector<std::string> warnings;
  std::list<std::shared_ptr<Connection>> connections;
  asio::steady_timer timer{io};
  Clock::time_point next_tick = Clock::now();
  Account<ConnectionDrop> account;  // guarded by the lane's lock
  std::thread thread;

  Impl(Lane& to, const TcpOptions& with, std::chrono::nanoseconds flush)
      : lane(to), options(with), flush_interval(flush) {}

  // Waits for readiness and only then takes what is there, so that no connection and no byte is in the hands of a
  // handler that has not run when shut_down() comes.
  void wait_to_accept(Listener& listener) {
    listener.waiting = true;
    listener.acceptor.async_wait(tcp::acceptor::wait_read, [this, &listener](const asio::error_code& error) {
      listener.waiting = false;
      if (error || !listener.acceptor.is_open()) return;
      // When accepting fails (no file descriptors left), keep_house() tries again a little later.
      if (accept_waiting(listener.acceptor)) wait_to_accept(listener);
    });
  }

  // False when the system failed to give a connection.
  bool accept_waiting(tcp::acceptor& acceptor) {
    for (int i = 0; i < kBacklog; ++i) {
      asio::error_code error;
      tcp::socket socket(io);
      acceptor.accept(socket, error);
      if (error == asio::error::would_block) return true;
      if (error && error != asio::error::connection_aborted) return false;
      if (!error) admit(std::move(socket));
    }
    return true;
  }

  void admit(tcp::socket socket) {
    asio::error_code error;
    const auto remote = socket.remote_endpoint(error);
    const auto local = socket.local_endpoint(error);
    const Session session{to_address(remote.address()), to_address(local.address()), remote.port(), local.port(),
                          Transport::kTcp};
    const auto lock = lane.lock();
    ++account.in;
    if (error) return account.drop(ConnectionDrop::kError);
    if (!lane.allows(session.remote)) return account.drop(ConnectionDrop::kNotAllowed);
    if (connections.size() >= options.max_connections) return account.drop(ConnectionDrop::kLimit);
    ++account.held;
    socket.set_option(asio::socket_base::keep_alive(true), error);
    socket.non_blocking(true, error);
    auto connection = std::make_shared<Connection>(std::move(socket), session);
    connection->place = connections.insert(connections.end(), connection);
    wait_to_read(connection);
  }

  void wait_to_read(const std::shared_ptr<Connection>& connection) {
    connection->socket.async_wait(tcp::socket::wait_read, [this, connection](const asio::error_code&) {
      if (!connection->open) return;
      asio::error_code error;
      read_once(*connection, error);
      if (!connection->open) return;
      if (error && error != asio::error::would_block) return ended(*connection, error);
      wait_to_read(connection);
    });
  }

  // At most what one read gives, so that connections take turns.
  std::size_t read_once(Connection& connection, asio::error_code& error) {
    const std::span<std::uint8_t> space = connection.framer.space();
    const std::size_t n = connection.socket.read_some(asio::buffer(space.data(), space.size()), error);
    if (n > 0) take(connection, n);
    return n;
  }

  void take(Connection& connection, std::size_t n) {
    connection.framer.filled(n);
    connection.last_read = Clock::now();
    const std::uint64_t now = wall_time_ns();
    const auto lock = lane.lock();
    for (Bytes message = connection.framer.next(); !message.empty(); message = connection.framer.next()) {
      lane.receive(connection.session, message, false, now);
    }
    if (!connection.framer.broken()) return;
    lane.drop_arrivals(ArrivalDrop::kBadFraming, 1);
    close_counted(connection, [this] { account.drop(ConnectionDrop::kBadFraming); });
  }

  void ended(Connection& connection, const asio::error_code& error) {
    const auto lock = lane.lock();
    close_whole(connection, error == asio::error::eof);
  }

  // Closes a connection at the end of its stream. REQUIRES the lane's lock, as all below.
  void close_whole(Connection& connection, bool orderly) {
    const bool cut = connection.framer.partial() > 0;
    if (cut) lane.drop_arrivals(ArrivalDrop::kTruncated, 1);
    close_counted(connection, [&] {
      if (orderly && !cut) {
        ++account.out;
      } else {
        account.drop(ConnectionDrop::kError);
      }
    });
  }

  template <typename Count>
  void close_counted(Connection& connection, Count count) {
    --account.held;
    count();
    lane.close_session(connection.session);
    connection.open = false;
    asio::error_code ignored;
    connection.socket.close(ignored);
    connections.erase(connection.place);
  }

  void close_idle(Clock::time_point now) {
    for (auto it = connections.begin(); it != connections.end();) {
      Connection& connection = **it++;
      if (now - connection.last_read < options.idle_timeout) continue;
      if (connection.framer.partial() > 0) lane.drop_arrivals(ArrivalDrop::kTruncated, 1);
      close_counted(connection, [this] { account.drop(ConnectionDrop::kIdle); });
    }
  }

  void keep_house() {
    for (Listener& listener : listeners) {
      if (!listener.waiting) wait_to_accept(listener);
    }
    timer.expires_after(flush_interval);
    timer.async_wait([this](const asio::error_code& error) {
      if (error) return;
      {
        const auto lock = lane.lock();
        const auto now = Clock::now();
        if (now >= next_tick) {
          next_tick = now + std::chrono::seconds(1);
          lane.tick(wall_time_ns());
          close_idle(now);
        }
        lane.flush_older_than(0, steady_time_ns());
      }
      keep_house();
    });
  }

  // What waits now in the kernel's queue of a connection, and no more, so that a fast exporter cannot hold up the end.
  void drain(const std::shared_ptr<Connection>& connection, Clock::time_point deadline) {
    asio::error_code error;
    std::size_t waiting = connection->socket.available(error);
    while (!error && waiting > 0 && connection->open && Clock::now() < deadline) {
      waiting -= std::min(read_once(*connection, error), waiting);
    }
  }

  void shut_down(Clock::time_point deadline) {
    for (Listener& listener : listeners) {
      accept_waiting(listener.acceptor);
      asio::error_code ignored;
      listener.acceptor.close(ignored);
    }
    const std::vector<std::shared_ptr<Connection>> all(connections.begin(), connections.end());
    for (const auto& connection : all) drain(connection, deadline);
    const auto lock = lane.lock();
    lane.finish(wall_time_ns());
    while (!connections.empty()) {
      const std::shared_ptr<Connection> last = connections.back();
      close_whole(*last, true);
    }
  }
};

TcpListener::TcpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<TcpListener>> TcpListener::open(const std::vector<ListenSpec>& specs, Lane& lane,
                                                       const TcpOptions& options,
                                                       std::chrono::nanoseconds flush_interval) {
  auto impl = std::make_unique<Impl>(lane, options, flush_interval);
  for (const ListenSpec& spec : specs) {
    const auto address = listen_address(spec, impl->warnings);
    if (!address) return std::unexpected(address.error());
    auto fd = bind_stream(spec, *address);
    if (!fd) return std::unexpected(fd.error());
    impl->bound.push_back(SocketAddress::of(fd->get()));
    const tcp family = address->family() == AF_INET6 ? tcp::v6() : tcp::v4();
    impl->listeners.push_back({tcp::acceptor(impl->io, family, fd->release())});
    impl->listeners.back().acceptor.non_blocking(true);
  }
  return std::unique_ptr<TcpListener>(new TcpListener(std::move(impl)));
}

TcpListener::~TcpListener() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
}

void TcpListener::start() {
  impl_->keep_house();
  impl_->thread = std::thread([this] { impl_->io.run(); });
}

void TcpListener::stop(Clock::time_point deadline) {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [this, deadline] {
    impl_->shut_down(deadline);
    impl_->io.stop();
  });
  impl_->thread.join();
}

const std::vector<SocketAddress>& TcpListener::bound() const { return impl_->bound; }
const std::vector<std::string>& TcpListener::warnings() const { return impl_->warnings; }

TcpStatus TcpListener::status() const {
  TcpStatus status;
  for (const SocketAddress& address : impl_->bound) status.listeners.push_back(address.to_string());
  status.connections = impl_->account;
  return status;
}

}  // namespace weir
