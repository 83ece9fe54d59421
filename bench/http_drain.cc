// The cheapest HTTP server there is: takes request bodies off its sockets without looking at them and answers each as
// OpenObserve does, so that what a sender costs can be measured. Prints its port, then, at its end (SIGTERM), what
// came.
//
//   http_drain
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

std::atomic<std::uint64_t> requests = 0, bytes = 0;

void drain(int fd) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n"
      R"({"code":200,"status":[{"name":"flows","successful":1000,"failed":0}]} )";
  std::vector<char> buffer(1 << 20);
  std::string head;
  std::uint64_t body = 0;  // still to come
  for (ssize_t n; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    bytes += static_cast<std::uint64_t>(n);
    std::string_view rest(buffer.data(), static_cast<std::size_t>(n));
    while (!rest.empty()) {
      if (body == 0) {
        head += rest;
        const std::size_t end = head.find("\r\n\r\n");
        if (end == std::string::npos) break;
        const std::size_t length = head.find("Content-Length: ");
        body = length < end ? std::stoull(head.substr(length + 16, 20)) : 0;
        rest = rest.substr(rest.size() - (head.size() - end - 4));
        head.clear();
      }
      const std::size_t some = rest.size() < body ? rest.size() : static_cast<std::size_t>(body);
      rest.remove_prefix(some);
      body -= some;
      if (body != 0) break;
      ++requests;
      if (::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) break;
    }
  }
  ::close(fd);
}

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::perror("http_drain");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  sigset_t end;
  ::sigemptyset(&end);
  ::sigaddset(&end, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &end, nullptr);
  std::thread([listener] {
    for (int fd; (fd = ::accept(listener, nullptr, nullptr)) >= 0;) std::thread(drain, fd).detach();
  }).detach();
  int signal = 0;
  ::sigwait(&end, &signal);
  std::printf("%llu requests, %llu bytes\n", static_cast<unsigned long long>(requests.load()),
              static_cast<unsigned long long>(bytes.load()));
  std::fflush(stdout);
  ::_exit(0);
}
