#include "tests/app/running_collector.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "base/unique_fd.h"

namespace weir::test {
std::uint16_t port_in(const std::string& log, const std::string& before) {
  const std::size_t at = log.rfind(before);
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(log.c_str() + at + before.size(), nullptr, 10));
}

std::string http_get(std::uint16_t port, const std::string& path) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), 0) < 0) return "";
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(n));
  return answer;
}

RunningCollector::RunningCollector(std::vector<std::string> more) : more_(std::move(more)) { start(); }

void RunningCollector::start() {
  std::vector<std::string> argv = {weir_binary(), "collect",
                                   "--listen",    "udp://127.0.0.1:0",
                                   "--http",      "127.0.0.1:0",
                                   "--to",        "file:" + (dir_ / "flows.json").string() + "?biflow=merge",
                                   "--state-dir", (dir_ / "state").string(),
                                   "--run-dir",   dir_.path().string()};
  argv.insert(argv.end(), more_.begin(), more_.end());
  process_ = std::make_unique<Process>(argv);
  const bool up = wait_until([this] {
    const std::string log = process_->err();
    port_ = port_in(log, "udp://127.0.0.1:");
    http_port_ = port_in(log, "http://127.0.0.1:");
    return (port_ != 0 && http_port_ != 0) || !process_->running();
  });
  if (!up || !process_->running()) throw std::runtime_error("weir collect did not start: " + process_->err());
}

Record RunningCollector::status() const {
  const Outcome outcome = run({weir_binary(), "status", "--json", "--run-dir", dir_.path().string()});
  if (outcome.code != 0) throw std::runtime_error("weir status: " + outcome.err);
  return parse_record(outcome.out);
}

std::vector<Record> RunningCollector::records() const { return parse_records(slurp(dir_ / "flows.json")); }

std::vector<Record> RunningCollector::wait_for_records(std::size_t count) const {
  wait_until([&] { return lines_of(slurp(dir_ / "flows.json")).size() >= count; });
  return records();
}

int RunningCollector::stop() {
  process_->signal(SIGTERM);
  return process_->wait();
}

void RunningCollector::crash_and_restart() {
  process_->signal(SIGKILL);
  process_->wait();
  start();
}

Sender::Sender(std::uint16_t to_port, const std::string& from) : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind " + from);
  address.sin_port = htons(to_port);
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
}

Sender::~Sender() { ::close(fd_); }

bool Sender::send(const std::vector<std::uint8_t>& datagram) const {
  if (::send(fd_, datagram.data(), datagram.size(), 0) >= 0) return true;
  if (errno != ECONNREFUSED) throw std::runtime_error("send");
  return false;
}

}  // namespace weir::test
