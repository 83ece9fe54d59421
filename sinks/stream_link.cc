// TCP and TLS (RFC 7011 §10.4, §11.1). What the other host's TCP acknowledged is delivered; what it did not, when the
// connection ends, is lost as far as can be proved.
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include "base/unique_fd.h"
#include "sinks/message_link.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kConnectTime{5};  // for an address
constexpr std::chrono::seconds kHandshakeTime{10};
constexpr std::chrono::milliseconds kVerdictTime{500};
constexpr std::chrono::milliseconds kAckPoll{5};

struct SslDelete {
  void operator()(SSL* tls) const { ::SSL_free(tls); }
};

void set_option(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); }

class StreamLink : public MessageLink {
 public:
  StreamLink(const NetflowOptions& options, Waiter& waiter) : options_(options), waiter_(waiter) {}

  bool up() override {
    if (fd_) read_input();
    return static_cast<bool>(fd_);
  }

  Result<void> connect() override {
    TlsContext context;
    if (options_.transport == Transport::kTls) {
      auto made = make_client_context(options_.tls, options_.verify);  // anew, since certificates are renewed
      if (!made) return note(made.error().message);
      context = *std::move(made);
    }
    const auto addresses = resolve_host(options_.target, SOCK_STREAM, ResolveFor::kSending);
    if (!addresses) return note(addresses.error().message);
    Result<void> result;
    for (const SocketAddress& address : *addresses) {
      result = connect_to(address, context.get());
      if (result || waiter_.aborted()) break;
    }
    if (!result) return note(result.error().message);
    trouble_.clear();
    return {};
  }

  void send(Bytes message, std::uint64_t flows) override {
    const std::size_t size = message.size();
    while (fd_ && !message.empty()) message = message.subspan(write_some(message));
    if (!fd_) {
      news_.lost += flows;
      return;
    }
    news_.bytes += size;
    open_.push_back({written(), flows});
  }

  void push() override {}

  LinkNews take_news() override {
    if (fd_) settle();
    return std::exchange(news_, {});
  }

  bool has_open() const override { return !open_.empty(); }
  int fd() const override { return fd_.get(); }
  const std::string& trouble() const override { return trouble_; }

  void close(Clock::time_point deadline) override {
    if (!fd_) return;
    if (tls_) ::SSL_shutdown(tls_.get());
    settle();
    ::shutdown(fd_.get(), SHUT_WR);
    fin_ = 1;
    while (fd_ && !open_.empty() && Clock::now() < deadline && !waiter_.aborted()) {
      waiter_.wait_through(-1, 0, std::min(Clock::now() + kAckPoll, deadline));  // acknowledgements wake nobody
      settle();
    }
    if (fd_) end({});
  }

 private:
  struct Open {
    std::uint64_t end;  // position in the stream
    std::uint64_t flows;
  };

  std::unexpected<Error> note(std::string trouble) {
    trouble_ = std::move(trouble);
    return fail(trouble_);
  }

  std::unexpected<Error> failed(const SocketAddress& address, const std::string& why) const {
    return fail("connecting to " + address.to_string() + ": " + why);
  }

  Result<void> connect_to(const SocketAddress& address, SSL_CTX* context) {
    UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed(address, std::strerror(errno));
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options_.timeout.count()));
    if (::connect(fd.get(), address.get(), address.length) != 0) {
      if (errno != EINPROGRESS) return failed(address, std::strerror(errno));
      if (!waiter_.wait_through(fd.get(), POLLOUT, Clock::now() + kConnectTime)) return failed(address, "no answer");
      int error = 0;
      socklen_t length = sizeof error;
      ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      if (error != 0) return failed(address, std::strerror(error));
    }
    fd_ = std::move(fd);
    peer_ = address;
    sent_ = 0;
    fin_ = 0;
    if (context == nullptr) return {};
    auto secured = secure(context);
    if (!secured) {
      tls_.reset();
      fd_.reset();
    }
    return secured;
  }

  Result<void> secure(SSL_CTX* context) {
    ::ERR_clear_error();
    tls_.reset(::SSL_new(context));
    ::SSL_set_fd(tls_.get(), fd_.get());
    expect_name();
    const auto deadline = Clock::now() + kHandshakeTime;
    for (;;) {
      errno = 0;
      const int result = ::SSL_connect(tls_.get());
      if (result == 1) break;
      const short events = wanted_events(result);
      if (events == 0) return failed(peer_, "TLS: " + tls_failure(tls_.get()));
      if (!waiter_.wait_through(fd_.get(), events, deadline)) return failed(peer_, "TLS: no answer");
    }
    // In TLS 1.3 a collector looks at our certificate after our side of the handshake, and sends an alert or, mostly, a
    // ticket. Messages that are sent before an alert would be lost and yet acknowledged.
    if (::SSL_version(tls_.get()) >= TLS1_3_VERSION) {
      waiter_.wait_through(fd_.get(), POLLIN, Clock::now() + kVerdictTime);
      read_input();
      if (!fd_) return fail(trouble_);
    }
    return {};
  }

  void expect_name() {
    const std::string& name = options_.server_name;
    const bool is_address = IpAddress::parse(name).has_value();
    if (!is_address) ::SSL_set_tlsext_host_name(tls_.get(), name.c_str());
    if (!options_.verify) return;
    if (is_address) {
      ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls_.get()), name.c_str());
    } else {
      ::SSL_set1_host(tls_.get(), name.c_str());
    }
  }

  // What a TLS call waits for; 0: it failed.
  short wanted_events(int result) const {
    switch (::SSL_get_error(tls_.get(), result)) {
      case SSL_ERROR_WANT_READ: return POLLIN;
      case SSL_ERROR_WANT_WRITE: return POLLOUT;
      default: return 0;
    }
  }

  // Bytes that went; after a wait or an end of the connection possibly none.
  std::size_t write_some(Bytes bytes) {
    short events = POLLOUT;
    errno = 0;
    if (tls_) {
      ::ERR_clear_error();
      std::size_t n = 0;
      const int result = ::SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &n);
      if (result == 1) return n;
      events = wanted_events(result);
      if (events == 0) return end(tls_failure(tls_.get()));
    } else {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        sent_ += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
      }
      if (errno == EINTR) return 0;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return end(std::strerror(errno));
    }
    waiter_.wait_through(fd_.get(), events, Clock::time_point::max());
    return waiter_.aborted() ? end("closing") : 0;
  }

  // Collectors say nothing: what comes is the end of the connection, or TLS' own business.
  void read_input() {
    std::array<std::uint8_t, 1024> ignored;
    for (;;) {
      errno = 0;
      if (tls_) {
        ::ERR_clear_error();
        const int n = ::SSL_read(tls_.get(), ignored.data(), ignored.size());
        if (n > 0) continue;
        if (wanted_events(n) != 0) return;
        end(::SSL_get_error(tls_.get(), n) == SSL_ERROR_ZERO_RETURN ? "closed by the collector"
                                                                    : tls_failure(tls_.get()));
        return;
      }
      const ssize_t n = ::recv(fd_.get(), ignored.data(), ignored.size(), 0);
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      end(n == 0 ? "closed by the collector" : std::strerror(errno));
      return;
    }
  }

  // Position in the stream of bytes that the system has taken.
  std::uint64_t written() const { return tls_ ? ::BIO_number_written(::SSL_get_wbio(tls_.get())) : sent_; }

  void settle() {
    int unacknowledged = 0;
    if (open_.empty() || ::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) != 0) return;
    const std::uint64_t all = written() + fin_;
    const std::uint64_t acknowledged = all - std::min<std::uint64_t>(static_cast<std::uint64_t>(unacknowledged), all);
    for (; !open_.empty() && open_.front().end <= acknowledged; open_.pop_front()) {
      news_.delivered += open_.front().flows;
    }
  }

  // Ends the connection; what it carried and was not acknowledged is lost.
  std::size_t end(const std::string& why) {
    if (!why.empty()) trouble_ = "connection to " + peer_.to_string() + ": " + why;
    settle();
    for (const Open& message : open_) news_.lost += message.flows;
    open_.clear();
    tls_.reset();
    fd_.reset();
    return 0;
  }

  const NetflowOptions& options_;
  Waiter& waiter_;
  UniqueFd fd_;
  std::unique_ptr<SSL, SslDelete> tls_;
  SocketAddress peer_;
  std::uint64_t sent_ = 0;  // plain bytes
  std::uint64_t fin_ = 0;   // which counts as one byte
  std::deque<Open> open_;
  std::string trouble_;
  LinkNews news_;
};

}  // namespace

std::unique_ptr<MessageLink> make_stream_link(const NetflowOptions& options, Waiter& waiter) {
  return std::make_unique<StreamLink>(options, waiter);
}

}  // namespace weir
