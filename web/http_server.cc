#include "web/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "flow/endpoint.h"

namespace weir {
namespace {

constexpr std::uint16_t kDefaultPort = 8080;
constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxRequest = 64 * 1024;
constexpr time_t kPatienceSeconds = 5;

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJson = "application/json";

// httplib's own choice, SO_REUSEPORT, would let two collectors share a port and answer by turns.
void exclusive_port(int fd) {
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

std::string index_text(const HttpPages& pages) {
  std::string text = pages.title +
                     "\n\n"
                     "/metrics           metrics for Prometheus\n"
                     "/healthz           200 while the process answers\n"
                     "/readyz            200 when it can take something in and no sink is in trouble\n";
  for (const JsonPage& page : pages.json) {
    text += page.path + std::string(page.path.size() < 18 ? 18 - page.path.size() : 0, ' ') + " " + page.description +
            ", as JSON\n";
  }
  return text;
}

std::unexpected<Error> listen_error(std::string_view address, int error_number) {
  const std::string what = "cannot serve HTTP on " + std::string(address);
  if (error_number == EADDRINUSE) {
    return fail(what + ": the port is already in use; choose another with --http, or turn it off with --http off");
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

}  // namespace

struct HttpServer::Impl {
  HttpPages pages;
  httplib::Server server;
  std::string host;
  std::uint16_t port = 0;
  std::thread thread;

  explicit Impl(HttpPages from) : pages(std::move(from)) {
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_socket_options(exclusive_port);
    server.set_payload_max_length(kMaxRequest);
    server.set_read_timeout(kPatienceSeconds);
    server.set_write_timeout(kPatienceSeconds);
    server.set_keep_alive_timeout(kPatienceSeconds);
    add_routes();
  }

  void add_routes() {
    const auto text = [this](const char* path, const char* type, const std::function<std::string()>& content) {
      server.Get(path, [type, content](const auto&, auto& response) { response.set_content(content(), type); });
    };
    text("/", kText, [this] { return index_text(pages); });
    text("/healthz", kText, [] { return std::string("ok\n"); });
    text("/metrics", kPrometheus, pages.metrics);
    for (const JsonPage& page : pages.json) text(page.path.c_str(), kJson, page.content);
    server.Get("/readyz", [this](const auto&, auto& response) {
      const std::string trouble = pages.trouble();
      response.status = trouble.empty() ? 200 : 503;
      response.set_content(trouble.empty() ? "ready\n" : trouble, kText);
    });
  }

  bool bind(const HostPort& at) {
    errno = 0;
    const int bound = at.port == 0 ? server.bind_to_any_port(at.host) : at.port;
    if (at.port != 0 && !server.bind_to_port(at.host, at.port)) return false;
    host = at.host;
    port = static_cast<std::uint16_t>(std::max(bound, 0));
    return bound > 0;
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::string_view address, HttpPages pages) {
  auto at = parse_host_port(address, kDefaultPort);
  if (!at) return fail("--http " + at.error().message);
  if (at->host.empty()) at->host = "127.0.0.1";
  auto impl = std::make_unique<Impl>(std::move(pages));
  if (!impl->bind(*at)) return listen_error(address, errno);
  impl->thread = std::thread([&server = impl->server] { server.listen_after_bind(); });
  // stop() does nothing to a server that is not running yet.
  while (!impl->server.is_running()) std::this_thread::yield();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->server.stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->port; }
std::string HttpServer::url() const { return "http://" + to_string(HostPort{impl_->host, impl_->port}); }

}  // namespace weir
