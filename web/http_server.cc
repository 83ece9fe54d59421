#include "web/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>

#include "flow/endpoint.h"
#include "query/words.h"
#include "web/connection.h"
#include "web/connection_pool.h"
#include "web/http_guard.h"
#include "web/http_routes.h"

namespace weir {
namespace {

constexpr std::uint16_t kDefaultPort = 8080;
constexpr std::size_t kMostThreads = 64;
constexpr std::size_t kMostWaiting = 256;
constexpr int kBacklog = 128;
constexpr unsigned kMostRequests = 1000;  // on one connection

const httplib::Headers kSecurityHeaders{
    {"Content-Security-Policy",
     "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"}};

// What httplib would act on and must not see: a Range is parsed by a regular expression that recurses, and answers are
// not compressed on the fly. Each keeps its length, with an 'x' for its first letter.
constexpr std::string_view kHidden[] = {"range:", "accept-encoding:"};
constexpr const char* kHiddenEncodings = "xccept-encoding";

void hide_headers(std::string& head) {
  for (std::size_t at = head.find('\n'); at != std::string::npos; at = head.find('\n', at + 1)) {
    for (const std::string_view name : kHidden) {
      if (lower(std::string_view(head).substr(at + 1, name.size())) == name) head[at + 1] = 'x';
    }
  }
}

// A GET or HEAD without a body: the next request begins right behind it.
bool is_plain_get(std::string_view head) {
  const std::string text = lower(head.substr(0, head.find("\r\n\r\n")));
  return (text.starts_with("get ") || text.starts_with("head ")) && text.find("\ncontent-length:") == text.npos &&
         text.find("\ntransfer-encoding:") == text.npos;
}

class ConnectionStream : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !connection_.gone(); }
  ssize_t read(char* to, std::size_t size) override { return connection_.read(to, size); }
  ssize_t write(const char* from, std::size_t size) override { return connection_.write(from, size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  int socket() const override { return connection_.fd(); }

 private:
  Connection& connection_;
};

// httplib parses requests and writes answers; what it reads and writes goes through a Connection.
class BoundedServer : public httplib::Server {
 public:
  BoundedServer(TlsContext tls, std::atomic<bool>& stopping) : tls_(std::move(tls)), stopping_(stopping) {
    set_payload_max_length(limits_.body);
    new_task_queue = [] { return new Queue; };
    set_socket_options([](int fd) {
      const int yes = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
  }

  // Once bound.
  void widen_backlog() { ::listen(svr_sock_, kBacklog); }

 private:
  class Queue : public httplib::TaskQueue {
   public:
    void enqueue(std::function<void()> job) override {
      if (pool_.add(job)) return;
      turned_away_ = true;  // the job closes its connection
      job();
      turned_away_ = false;
    }
    void shutdown() override { pool_.stop(); }
    static bool turned_away() { return turned_away_; }

   private:
    static thread_local bool turned_away_;
    ConnectionPool pool_{kMostThreads, kMostWaiting};
  };

  bool process_and_close_socket(int socket) override {
    UniqueFd fd(socket);
    if (Queue::turned_away()) return false;
    Connection connection(std::move(fd), tls_, limits_, stopping_);
    if (!connection.greet()) return false;
    for (unsigned i = 1; i <= kMostRequests; ++i) {
      if (!is_read(connection)) return false;
      const bool last = i == kMostRequests || !is_plain_get(connection.head());
      hide_headers(connection.head());
      ConnectionStream stream(connection);
      bool closed = false;
      const bool done = process_request(stream, last, closed, [&](httplib::Request& request) {
        // A member for clients, which carries the connection's to the handlers here.
        request.progress = [&connection](std::uint64_t, std::uint64_t) { return !connection.gone(); };
      });
      if (!done || closed || last) break;
    }
    return true;
  }

  static bool is_read(Connection& connection) {
    const auto head = connection.read_head();
    if (head == Connection::Head::kTooLarge) refuse(connection, "431 Request Header Fields Too Large");
    if (head == Connection::Head::kTooLate) refuse(connection, "408 Request Timeout");
    return head == Connection::Head::kRead;
  }

  static void refuse(Connection& connection, const std::string& status) {
    const std::string answer = "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    connection.write(answer.data(), answer.size());
  }

  const Connection::Limits limits_;
  const TlsContext tls_;
  std::atomic<bool>& stopping_;
};

thread_local bool BoundedServer::Queue::turned_away_ = false;

class SinkLines : public LineStream {
 public:
  SinkLines(httplib::DataSink& sink, std::function<bool()> gone) : sink_(sink), gone_(std::move(gone)) {}
  bool send(std::string_view line) override {
    const std::string text = std::string(line) + "\n";
    return sink_.write(text.data(), text.size());
  }
  bool gone() const override { return gone_(); }

 private:
  httplib::DataSink& sink_;
  std::function<bool()> gone_;
};

std::unexpected<Error> listen_error(std::string_view address, int error_number) {
  const std::string what = "cannot serve HTTP on " + std::string(address);
  if (error_number == EADDRINUSE) {
    return fail(what + ": the port is already in use; choose another with --http ADDRESS:PORT");
  }
  if (error_number == EACCES) {
    return fail(what + ": no permission; ports below 1024 need CAP_NET_BIND_SERVICE; choose another with --http");
  }
  // A name that does not resolve leaves no error number, or the resolver's last one.
  if (error_number == 0 || error_number == EAGAIN || error_number == EINVAL) {
    return fail(what + ": no such address; write --http ADDRESS:PORT, such as 127.0.0.1:8080");
  }
  return fail_errno(what, error_number);
}

std::unexpected<Error> token_missing(std::string_view address) {
  return fail(std::string(address) +
              ": others can reach this address, so asking there needs a token: add --http-token-file FILE (made with a "
              "random token where there is none) or set WEIR_HTTP_TOKEN; or keep to this machine with --http "
              "127.0.0.1:8080");
}

// What `address` stands for; never none.
Result<std::vector<SocketAddress>> addresses_of(const HttpServerOptions& options) {
  auto at = parse_host_port(options.address, kDefaultPort);
  if (!at) return fail("--http " + at.error().message);
  if (at->host.empty()) at->host = "127.0.0.1";
  const auto found = resolve_host(*at, SOCK_STREAM, ResolveFor::kListening);
  if (!found) return listen_error(options.address, 0);
  return found;
}

}  // namespace

struct HttpServer::Impl {
  const HttpRoutes routes;
  const std::string token;
  const bool tls;
  std::atomic<bool> stopping{false};
  BoundedServer server;
  SocketAddress bound;
  std::thread thread;

  Impl(HttpPages from, std::string with_token, TlsContext context)
      : routes(std::move(from)),
        token(std::move(with_token)),
        tls(context != nullptr),
        server(std::move(context), stopping) {
    server.set_default_headers(kSecurityHeaders);
    server.set_pre_routing_handler([this](const auto& request, auto& response) { return route(request, response); });
    for (const auto& [path, one] : routes.all()) {
      if (!one.post) continue;
      server.Post(path, [this, &one](const httplib::Request& request, httplib::Response& response) {
        reply(one.post(plain(request, one.open)), request, response);
      });
    }
    server.set_exception_handler([](const auto&, auto& response, std::exception_ptr) {
      write(error_answer(500, "something went wrong in weir"), response);
    });
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) write(error_answer(response.status, httplib_reason(response.status)), response);
    });
  }

  static std::string_view httplib_reason(int status) {
    if (status == 413) return "the body is too long";
    if (status == 414) return "the URL is too long; send the query as JSON with POST";
    return "the request cannot be understood";
  }

  // Everything is answered here but a POST's body, which has not been read yet.
  httplib::Server::HandlerResponse route(const httplib::Request& request, httplib::Response& response) const {
    using enum httplib::Server::HandlerResponse;
    const auto answer = [&](const HttpAnswer& one) {
      reply(one, request, response);
      return Handled;
    };
    if (request.get_header_value_count("Host") > 1) return answer(error_answer(400, "more than one Host header"));
    const HttpRoute* const route = routes.find(request.path);
    const std::string host = request.get_header_value("Host"), origin = request.get_header_value("Origin"),
                      site = request.get_header_value("Sec-Fetch-Site"),
                      authorization = request.get_header_value("Authorization");
    const bool open = route != nullptr && route->open;
    if (const auto refused = refusal({host, origin, site, authorization}, token, open)) {
      if (refused->status == 401) response.set_header("WWW-Authenticate", "Bearer");
      return answer(error_answer(refused->status, refused->reason));
    }
    if (route == nullptr) return answer(error_answer(404, "there is no such page"));
    if (request.method == "POST" && route->post) {
      if (request.has_header("Content-Encoding")) return answer(error_answer(415, "a body must not be compressed"));
      const std::string type = lower(request.get_header_value("Content-Type"));
      if (type.substr(0, type.find(';')) == kJsonType) return Unhandled;
      return answer(error_answer(415, "a body must be application/json"));
    }
    if (request.method == "GET" || request.method == "HEAD") return answer(route->get(plain(request, open)));
    response.set_header("Allow", route->post ? "GET, HEAD, POST" : "GET, HEAD");
    return answer(error_answer(405, "this page takes " + std::string(route->post ? "GET and POST" : "GET only")));
  }

  HttpRequest plain(const httplib::Request& request, bool open) const {
    HttpRequest plain;
    plain.path = request.path;
    plain.params = request.params;
    plain.body = request.body;
    plain.if_none_match = request.get_header_value("If-None-Match");
    const std::string encodings = lower(request.get_header_value(kHiddenEncodings));
    plain.takes_gzip = encodings.find("gzip") != encodings.npos && encodings.find("gzip;q=0") == encodings.npos;
    plain.trusted = !open || shows_token(request.get_header_value("Authorization"), token);
    plain.gone = [progress = request.progress] { return progress && !progress(0, 0); };
    return plain;
  }

  static void write(const HttpAnswer& answer, httplib::Response& response) {
    response.status = answer.status;
    response.set_content(answer.body, answer.type);
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (!response.has_header("Cache-Control")) response.set_header("Cache-Control", "no-store");
  }

  static void reply(const HttpAnswer& answer, const httplib::Request& request, httplib::Response& response) {
    write(answer, response);
    if (!answer.stream) return;
    response.set_header("X-Accel-Buffering", "no");
    response.set_chunked_content_provider(
        answer.type, [stream = answer.stream, progress = request.progress](std::size_t, httplib::DataSink& sink) {
          SinkLines lines(sink, [&progress] { return !progress(0, 0); });
          stream(lines);
          sink.done();
          return true;
        });
  }

  bool bind(const std::vector<SocketAddress>& addresses) {
    for (const SocketAddress& at : addresses) {
      errno = 0;
      const std::string host = at.address().to_string();
      const int port = at.port() == 0 ? server.bind_to_any_port(host) : at.port();
      if (port <= 0 || (at.port() != 0 && !server.bind_to_port(host, port))) continue;
      server.widen_backlog();
      bound = at;
      bound.set_port(static_cast<std::uint16_t>(port));
      return true;
    }
    return false;
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, HttpPages pages) {
  const auto addresses = addresses_of(options);
  if (!addresses) return std::unexpected(addresses.error());
  const auto token = http_token(options);
  if (!token) return std::unexpected(token.error());
  const bool local = std::ranges::all_of(*addresses, [](const auto& at) { return is_loopback(at.address()); });
  if (!local && token->empty()) return token_missing("--http " + options.address);
  TlsContext tls;
  if (!options.cert_file.empty() || !options.key_file.empty()) {
    auto context = tls_server_context(options.cert_file, options.key_file);
    if (!context) return std::unexpected(context.error());
    tls = std::move(*context);
  }
  auto impl = std::make_unique<Impl>(std::move(pages), *token, std::move(tls));
  if (!impl->bind(*addresses)) return listen_error(options.address, errno);
  impl->thread = std::thread([&server = impl->server] { server.listen_after_bind(); });
  // stop() does nothing to a server that is not running yet.
  while (!impl->server.is_running()) std::this_thread::yield();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->stopping = true;
  impl_->server.stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->bound.port(); }
std::string HttpServer::url() const { return (impl_->tls ? "https://" : "http://") + impl_->bound.to_string(); }

}  // namespace weir
