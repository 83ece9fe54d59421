#include "tests/support/record_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <sys/socket.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weir::test {
namespace {

struct Nothing : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Nothing> {};

bool is_json(std::string_view text) {
  Nothing handler;
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  return !reader.Parse<rapidjson::kParseValidateEncodingFlag>(stream, handler).IsError();
}

std::string gunzip(const std::string& in) {
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflate");
  std::string out(in.size() * 50 + (1 << 16), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = ::inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("not gzip");
  return out;
}

std::string unzstd(const std::string& in) {
  const auto size = ::ZSTD_getFrameContentSize(in.data(), in.size());
  if (size > (1U << 30)) throw std::runtime_error("not zstd");
  std::string out(size, '\0');
  if (::ZSTD_decompress(out.data(), out.size(), in.data(), in.size()) != size) throw std::runtime_error("not zstd");
  return out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

// The value behind `"name":`, as it stands, without quotes.
std::string value_after(const std::string& text, const std::string& name) {
  const std::size_t found = text.find('"' + name + "\":");
  if (found == std::string::npos) return "";
  std::size_t at = found + name.size() + 3;
  if (text[at] == '"') ++at;
  return text.substr(at, text.find_first_of("\",}", at) - at);
}

std::vector<std::uint64_t> keys_in(const std::string& body) {
  constexpr std::string_view kName = "\"packets\":";
  std::vector<std::uint64_t> keys;
  for (std::size_t at = 0; (at = body.find(kName, at)) != std::string::npos;) {
    at += kName.size();
    keys.push_back(std::stoull(body.substr(at, 20)));
  }
  return keys;
}

bool ends_with(const std::string& path, const std::string& end) {
  return path.substr(0, path.find('?')).ends_with(end);
}

void reset(int fd) {
  const linger hard{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace

struct RecordServer::Connection {
  int fd;
  std::string buffer;

  bool more() {
    char chunk[65536];
    const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
    if (n > 0) buffer.append(chunk, static_cast<std::size_t>(n));
    return n > 0;
  }
  void wait_until_gone() {
    while (more()) buffer.clear();
  }
  bool send_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
};

RecordServer::RecordServer(Options options) : options_(std::move(options)), port_(options_.port) {
  ::setenv("no_proxy", "127.0.0.1", 1);
  start();
}

RecordServer::~RecordServer() { stop(); }

std::string RecordServer::url(const std::string& rest) const {
  return "http://127.0.0.1:" + std::to_string(port_) + rest;
}

void RecordServer::start() {
  stopping_ = false;
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  socklen_t length = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

void RecordServer::stop() {
  if (!acceptor_.joinable()) return;
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  listener_.reset();
}

void RecordServer::accept_loop() {
  while (!stopping_) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    open_.insert(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void RecordServer::serve(int fd) {
  Connection connection{fd, {}};
  while (!stopping_ && serve_one(connection)) {
  }
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
}

// False: the connection is to be closed.
bool RecordServer::serve_one(Connection& connection) {
  std::size_t end;
  while ((end = connection.buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!connection.more()) return false;
  }
  const std::string head = connection.buffer.substr(0, end + 2);
  connection.buffer.erase(0, end + 4);
  const auto header = [&head](const std::string& name) -> std::string {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t value = at + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  };
  Request request;
  const std::size_t path = head.find(' ') + 1;
  request.path = head.substr(path, head.find(' ', path) - path);
  request.type = header("Content-Type");
  request.encoding = header("Content-Encoding");
  request.authorization = header("Authorization");
  request.size = std::stoull("0" + header("Content-Length"));
  Fault fault;
  std::size_t number;
  {
    const std::lock_guard lock(mutex_);
    number = requests_.size();
    if (faults_) fault = faults_(number);
    requests_.push_back(request);
  }
  if (fault.kind == Fault::Kind::kResetEarly) {
    if (connection.buffer.empty() && request.size != 0) connection.more();
    reset(connection.fd);
    return false;
  }
  while (connection.buffer.size() < request.size) {
    if (!connection.more()) return false;
  }
  const std::string body = connection.buffer.substr(0, request.size);
  connection.buffer.erase(0, request.size);
  return answer(connection, number, body, fault);
}

int RecordServer::check(const Request& request, const std::string& body) const {
  if (!options_.authorization.empty() && request.authorization != options_.authorization) return 401;
  if (body.size() > options_.body_limit) return 413;
  const bool array =
      !ends_with(request.path, "/_bulk") && !ends_with(request.path, "/_multi") && !ends_with(request.path, "/ndjson");
  if (request.type != (array ? "application/json" : "application/x-ndjson")) complain("type " + request.type);
  if (array) {
    if (!is_json(body) || !body.starts_with('[')) complain("no JSON array: " + body.substr(0, 100));
    return 200;
  }
  if (!body.ends_with('\n')) complain("the last line does not end");
  for (const std::string& line : lines(body)) {
    if (!is_json(line)) complain("no JSON: " + line);
  }
  return 200;
}

void RecordServer::complain(const std::string& what) const {
  if (complaint_.empty()) complaint_ = what;
}

// Answers as OpenObserve or Elasticsearch, whose path it is; `request` learns its keys.
std::string RecordServer::take(Request& request, const std::string& body) {
  std::vector<std::uint64_t> taken;
  std::vector<std::string> items;
  std::size_t failed = 0;
  const bool bulk = ends_with(request.path, "/_bulk");
  const auto decide = [&](std::uint64_t key) {
    const int status = record_status_ ? record_status_(key) : 200;
    const bool good = status == 0 || status == 200;
    if (good) taken.push_back(key);
    if (!good) ++failed;
    return good ? 201 : status;
  };
  if (bulk) {
    const auto all = lines(body);
    if (all.size() % 2 != 0) complain("bulk lines are not pairs");
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
      const auto keys = keys_in(all[i + 1]);
      if (!all[i].starts_with("{\"create\":{") || keys.size() != 1) complain("bulk action " + all[i]);
      if (keys.empty()) continue;
      const int status = decide(keys[0]);
      const std::string error =
          status == 201 ? "" : R"(,"error":{"type":"mapper","reason":"key )" + std::to_string(keys[0]) + " is bad\"}";
      items.push_back(R"({"create":{"_id":")" + value_after(all[i], "_id") + R"(","status":)" + std::to_string(status) +
                      error + "}}");
    }
    if (options_.shuffle_items) std::ranges::reverse(items);
  } else {
    for (const std::uint64_t key : keys_in(body)) decide(key);
  }
  for (const std::uint64_t key : taken) {
    if (++times_[key] == 1) {
      order_.push_back(key);
    } else {
      ++duplicates_;
      if (confirmed_.contains(key)) ++wrong_duplicates_;
    }
  }
  request.keys = taken;
  request.taken = true;
  if (!bulk) {
    return R"({"code":200,"status":[{"name":"flows","successful":)" + std::to_string(taken.size()) + R"(,"failed":)" +
           std::to_string(failed) + (failed == 0 ? "" : R"(,"error":"no such field")") + "}]}";
  }
  std::string answer = R"({"took":1,"errors":)" + std::string(failed == 0 ? "false" : "true") + R"(,"items":[)";
  for (std::size_t i = 0; i < items.size(); ++i) answer += (i == 0 ? "" : ",") + items[i];
  return answer + "]}";
}

bool RecordServer::answer(Connection& connection, std::size_t number, const std::string& body, const Fault& fault) {
  std::string text;
  std::unique_lock lock(mutex_);
  Request request = requests_[number];
  std::string decoded;
  try {
    decoded = request.encoding == "gzip" ? gunzip(body) : request.encoding == "zstd" ? unzstd(body) : body;
  } catch (const std::exception& error) {
    complain(error.what());
  }
  request.status = fault.kind == Fault::Kind::kStatus ? fault.status : check(request, decoded);
  if (request.status == 200) text = take(request, decoded);
  if (fault.kind == Fault::Kind::kEmptyAnswer) text.clear();
  const bool whole = fault.kind == Fault::Kind::kNone || fault.kind == Fault::Kind::kStatus;
  request.confirmed = request.taken && whole;
  // Before the answer goes out: the client may act on it at once.
  if (request.confirmed) confirmed_.insert(request.keys.begin(), request.keys.end());
  requests_[number] = request;
  lock.unlock();
  if (fault.kind == Fault::Kind::kStall) {
    connection.wait_until_gone();
    return false;
  }
  if (fault.kind == Fault::Kind::kResetLate) {
    reset(connection.fd);
    return false;
  }
  std::string head = "HTTP/1.1 " + std::to_string(request.status) +
                     " X\r\nContent-Length: " + std::to_string(text.size()) + "\r\n" + fault.headers + "\r\n";
  if (fault.kind == Fault::Kind::kCutAnswer) {
    connection.send_all(head + text.substr(0, text.size() / 2));
    return false;
  }
  if (connection.send_all(head + text)) return true;
  lock.lock();
  for (const std::uint64_t key : request.keys) confirmed_.erase(key);
  return false;
}

void RecordServer::set_faults(std::function<Fault(std::size_t)> faults) {
  const std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
}
void RecordServer::set_record_status(std::function<int(std::uint64_t)> status) {
  const std::lock_guard lock(mutex_);
  record_status_ = std::move(status);
}
void RecordServer::set_authorization(const std::string& wanted) {
  const std::lock_guard lock(mutex_);
  options_.authorization = wanted;
}
std::vector<RecordServer::Request> RecordServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
std::size_t RecordServer::request_count() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}
std::vector<std::uint64_t> RecordServer::keys() const {
  const std::lock_guard lock(mutex_);
  return order_;
}
std::size_t RecordServer::key_count() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}
std::size_t RecordServer::wrong_duplicates() const {
  const std::lock_guard lock(mutex_);
  return wrong_duplicates_;
}
std::size_t RecordServer::duplicates() const {
  const std::lock_guard lock(mutex_);
  return duplicates_;
}
std::string RecordServer::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}

}  // namespace weir::test
