#include "collector/tcp_listener.h"

#include <spdlog/spdlog.h>

#include <asio.hpp>
#include <list>
#include <thread>

#include "base/clock.h"
#include "collector/bind.h"
#include "collector/handshake_log.h"
#include "collector/peer_stream.h"
#include "collector/stream_framer.h"
#include "sinks/sigpipe.h"

namespace weir {
namespace {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr int kAcceptTurn = 128;

IpAddress to_address(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
  return IpAddress::v6(address.to_v6().to_bytes().data()).unmapped();
}

struct Connection {
  Connection(tcp::socket from, const Session& of, const TlsContext& tls)
      : socket(std::move(from)), stream(socket.native_handle(), tls), session(of) {}

  tcp::socket socket;
  PeerStream stream;
  Session session;
  StreamFramer framer;
  Clock::time_point last_read = Clock::now();
  std::list<std::shared_ptr<Connection>>::iterator place{};
  bool open = true;
};

// Null for plain TCP.
Result<TlsContext> make_context(const ListenSpec& spec) {
  if (spec.transport != Transport::kTls) return TlsContext();
  auto context = make_server_context(spec.tls);
  if (!context) return fail("cannot listen on " + to_string(spec) + ": " + context.error().message);
  return context;
}

struct Listener {
  ListenSpec spec;
  TlsContext tls;  // null: plain TCP
  tcp::acceptor acceptor;
  bool waiting = false;
};

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
  HandshakeLog handshake_log;
  asio::steady_timer timer{io};
  Clock::time_point next_tick = Clock::now();
  Account<ConnectionDrop> account;  // guarded by the lane's lock
  std::size_t handshakes = 0;       // under way
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
      if (accept_waiting(listener)) wait_to_accept(listener);
    });
  }

  // False when the system failed to give a connection.
  bool accept_waiting(Listener& listener) {
    for (int i = 0; i < kAcceptTurn; ++i) {
      asio::error_code error;
      tcp::socket socket(io);
      listener.acceptor.accept(socket, error);
      if (error == asio::error::would_block) return true;
      if (error && error != asio::error::connection_aborted) return false;
      if (!error) admit(std::move(socket), listener);
    }
    return true;
  }

  void admit(tcp::socket socket, const Listener& listener) {
    asio::error_code error;
    const auto remote = socket.remote_endpoint(error);
    const auto local = socket.local_endpoint(error);
    const Session session{to_address(remote.address()), to_address(local.address()), remote.port(), local.port(),
                          listener.spec.transport};
    const auto lock = lane.lock();
    ++account.in;
    if (error) return account.drop(ConnectionDrop::kError);
    if (!lane.allows(session.remote)) return account.drop(ConnectionDrop::kNotAllowed);
    if (connections.size() >= options.max_connections) return account.drop(ConnectionDrop::kLimit);
    if (listener.tls && handshakes >= options.max_handshakes) return account.drop(ConnectionDrop::kTlsLimit);
    ++account.held;
    socket.set_option(asio::socket_base::keep_alive(true), error);
    socket.non_blocking(true, error);
    auto connection = std::make_shared<Connection>(std::move(socket), session, listener.tls);
    connection->place = connections.insert(connections.end(), connection);
    if (connection->stream.is_shaking_hands()) ++handshakes;
    wait_for(connection, PeerStream::State::kAwaitRead);
  }

  void wait_for(const std::shared_ptr<Connection>& connection, PeerStream::State state) {
    const auto what = state == PeerStream::State::kAwaitWrite ? tcp::socket::wait_write : tcp::socket::wait_read;
    connection->socket.async_wait(what, [this, connection](const asio::error_code&) {
      if (!connection->open) return;
      const PeerStream::State next = go_on(*connection);
      if (connection->open) wait_for(connection, next);
    });
  }

  // Does what the connection is ready for, and closes it at its end.
  PeerStream::State go_on(Connection& connection) {
    const bool begins = connection.stream.is_shaking_hands();
    PeerStream::State state = begins ? shake_hands(connection) : PeerStream::State::kGoesOn;
    if (state == PeerStream::State::kGoesOn) state = read_turn(connection).state;
    if (!connection.open || (state != PeerStream::State::kEnded && state != PeerStream::State::kFailed)) return state;
    const auto lock = lane.lock();
    close_whole(connection, state == PeerStream::State::kEnded);
    return state;
  }

  PeerStream::State shake_hands(Connection& connection) {
    const PeerStream::State state = connection.stream.shake_hands();
    if (state == PeerStream::State::kGoesOn) --handshakes;
    if (state != PeerStream::State::kFailed) return state;
    const auto lock = lane.lock();
    fail_handshake(
        connection,
        connection.stream.refused_certificate() ? ConnectionDrop::kTlsCertificate : ConnectionDrop::kTlsFailed,
        connection.stream.error());
    return state;
  }

  struct Turn {
    std::size_t bytes = 0;
    PeerStream::State state = PeerStream::State::kGoesOn;
  };

  // What one read gives, and what TLS has decrypted with it, so that connections take turns.
  Turn read_turn(Connection& connection) {
    Turn turn;
    do {
      std::size_t n = 0;
      turn.state = connection.stream.read(connection.framer.space(), n);
      turn.bytes += n;
      if (n > 0) take(connection, n);
    } while (connection.open && turn.state == PeerStream::State::kGoesOn && connection.stream.has_more());
    return turn;
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
    if (connection.stream.is_shaking_hands()) --handshakes;
    count();
    lane.close_session(connection.session);
    connection.open = false;
    asio::error_code ignored;
    connection.socket.close(ignored);
    connections.erase(connection.place);
  }

  void fail_handshake(Connection& connection, ConnectionDrop reason, const std::string& why) {
    handshake_log.tell(SocketAddress::from(connection.session.remote, connection.session.remote_port).to_string(), why);
    close_counted(connection, [=, this] { account.drop(reason); });
  }

  void close_idle(Clock::time_point now) {
    for (auto it = connections.begin(); it != connections.end();) {
      Connection& connection = **it++;
      if (connection.stream.is_shaking_hands()) {
        // `last_read` is when it connected.
        if (now - connection.last_read < options.handshake_timeout) continue;
        fail_handshake(connection, ConnectionDrop::kTlsTimeout, "the TLS handshake takes too long");
        continue;
      }
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
  void drain(Connection& connection, Clock::time_point deadline) {
    if (connection.stream.is_shaking_hands()) return;
    asio::error_code error;
    std::size_t waiting = connection.socket.available(error);
    while (!error && waiting > 0 && connection.open && Clock::now() < deadline) {
      const Turn turn = read_turn(connection);
      if (turn.state != PeerStream::State::kGoesOn) return;
      waiting -= std::min(turn.bytes, waiting);
    }
  }

  void shut_down(Clock::time_point deadline) {
    for (Listener& listener : listeners) {
      accept_waiting(listener);
      asio::error_code ignored;
      listener.acceptor.close(ignored);
    }
    const std::vector<std::shared_ptr<Connection>> all(connections.begin(), connections.end());
    for (const auto& connection : all) drain(*connection, deadline);
    const auto lock = lane.lock();
    lane.finish(wall_time_ns());
    while (!connections.empty()) {
      const std::shared_ptr<Connection> last = connections.back();
      close_whole(*last, !last->stream.is_shaking_hands());
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
    auto tls = make_context(spec);
    if (!tls) return std::unexpected(tls.error());
    const tcp family = address->family() == AF_INET6 ? tcp::v6() : tcp::v4();
    impl->listeners.push_back({spec, *std::move(tls), tcp::acceptor(impl->io, family, fd->release())});
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
  impl_->thread = std::thread([this] {
    block_sigpipe();  // TLS writes
    impl_->io.run();
  });
}

void TcpListener::stop(Clock::time_point deadline) {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [this, deadline] {
    impl_->shut_down(deadline);
    impl_->io.stop();
  });
  impl_->thread.join();
}

void TcpListener::reload_certificates() {
  asio::post(impl_->io, [this] {
    for (Listener& listener : impl_->listeners) {
      auto context = make_context(listener.spec);
      if (context) {
        listener.tls = *std::move(context);
      } else {
        spdlog::error("{}; the certificate in use stays", context.error().message);
      }
    }
  });
}

const std::vector<SocketAddress>& TcpListener::bound() const { return impl_->bound; }
const std::vector<std::string>& TcpListener::warnings() const { return impl_->warnings; }

std::vector<std::string> TcpListener::listeners() const {
  std::vector<std::string> all;
  auto address = impl_->bound.begin();
  for (const Listener& listener : impl_->listeners) {
    const bool tls = listener.spec.transport == Transport::kTls;
    all.push_back((tls ? "tls://" : "tcp://") + (address++)->to_string());
  }
  return all;
}

TcpStatus TcpListener::status() const { return {listeners(), impl_->account}; }

}  // namespace weir
