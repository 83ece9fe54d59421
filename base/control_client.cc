#include "base/control_client.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unix_socket.h"

namespace weir {
namespace {

constexpr std::size_t kMaxAnswer = 256 << 20;

std::unexpected<Error> cannot_connect(const std::filesystem::path& socket, const Daemon& daemon, int error_number) {
  if (error_number == ENOENT || error_number == ECONNREFUSED) {
    return fail("no " + std::string(daemon.name) + " is running here (" +
                (error_number == ENOENT ? "no " : "nobody answers at ") + socket.string() +
                "); start one with: " + std::string(daemon.command));
  }
  if (error_number == EACCES) {
    return fail("no permission for " + socket.string() + "; run as the user of the " + std::string(daemon.name) +
                " or one of its group");
  }
  return fail_errno("cannot ask " + socket.string(), error_number);
}

Result<std::string> read_answer(int fd, const std::filesystem::path& socket,
                                std::chrono::steady_clock::time_point deadline) {
  std::string answer;
  std::array<char, 64 * 1024> chunk;
  while (answer.size() < kMaxAnswer) {
    const ssize_t n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n == 0) return answer;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(socket.string() + " does not answer", errno);
    if (std::chrono::steady_clock::now() > deadline) return fail(socket.string() + " takes too long to answer");
    answer.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return fail("the answer at " + socket.string() + " has no end");
}

}  // namespace

Result<std::string> ask_daemon(const std::filesystem::path& directory, const Daemon& daemon, std::string_view command,
                               std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const std::filesystem::path socket = directory / daemon.socket;
  const auto address = unix_address(socket);
  if (!address) return fail("the path " + socket.string() + " is too long for a unix socket");
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make a socket", errno);
  limit_waits(fd.get(), patience.count());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return cannot_connect(socket, daemon, errno);
  }
  const std::string line = std::string(command) + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return fail_errno("cannot ask " + socket.string(), errno);
  }
  auto answer = read_answer(fd.get(), socket, deadline);
  if (!answer) return answer;
  if (answer->starts_with("ok\n")) return answer->substr(3);
  if (answer->starts_with("error ")) return fail(answer->substr(6, answer->find('\n') - 6));
  return fail("the " + std::string(daemon.name) + " at " + socket.string() + " gave no answer; is it shutting down?");
}

}  // namespace weir
