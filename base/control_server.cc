#include "base/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <thread>

#include "base/file_lock.h"
#include "base/unix_socket.h"

namespace weir {
namespace {

constexpr std::size_t kMaxCommand = 256;
constexpr time_t kPatienceSeconds = 2;

// The first line a client sends; nothing when it is too long or too late.
std::optional<std::string> read_line(int fd) {
  std::string line;
  std::array<char, kMaxCommand> chunk;
  while (line.size() < kMaxCommand) {
    const ssize_t n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n <= 0) return std::nullopt;
    line.append(chunk.data(), static_cast<std::size_t>(n));
    if (const std::size_t end = line.find('\n'); end != std::string::npos) return line.substr(0, end);
  }
  return std::nullopt;
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

Result<UniqueFd> listen_at(const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) return fail("the path " + path.string() + " is too long for a unix socket; choose a shorter --run-dir");
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make the control socket", errno);
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 8) != 0) {
    return fail_errno("cannot make the control socket " + path.string(), errno);
  }
  return fd;
}

}  // namespace

struct ControlServer::Impl {
  std::filesystem::path path;
  FileLock lock;
  Handler handler;
  UniqueFd listener;
  UniqueFd wakeup;
  std::thread thread;

  void run() {
    for (;;) {
      std::array<pollfd, 2> polled{pollfd{wakeup.get(), POLLIN, 0}, pollfd{listener.get(), POLLIN, 0}};
      if (::poll(polled.data(), polled.size(), -1) < 0) continue;
      if (polled[0].revents != 0) return;
      const UniqueFd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) serve(client.get());
    }
  }

  void serve(int client) {
    limit_waits(client, kPatienceSeconds);
    const auto command = read_line(client);
    if (!command) return;
    const Result<std::string> answer = handler(*command);
    send_all(client, answer ? "ok\n" + *answer : "error " + answer.error().message + "\n");
  }
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::filesystem::path& directory,
                                                            const Daemon& daemon, Handler handler) {
  if (auto made = make_run_dir(directory); !made) return std::unexpected(made.error());
  const std::filesystem::path path = directory / daemon.socket;
  auto lock = FileLock::try_lock(path.string() + ".lock");
  if (!lock) return fail(lock.error().message + " (choose another directory with --run-dir)");
  if (!*lock) {
    return fail("another " + std::string(daemon.name) + " is running with the control socket " + path.string() +
                "; stop it, or give this one its own --run-dir");
  }
  auto listener = listen_at(path);
  if (!listener) return std::unexpected(listener.error());
  UniqueFd wakeup(::eventfd(0, EFD_CLOEXEC));
  if (!wakeup) return fail_errno("cannot start the control socket", errno);
  auto impl = std::unique_ptr<Impl>(
      new Impl{path, std::move(**lock), std::move(handler), std::move(*listener), std::move(wakeup), {}});
  impl->thread = std::thread([&serving = *impl] { serving.run(); });
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::~ControlServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(impl_->wakeup.get(), &one, sizeof one);
  impl_->thread.join();
  ::unlink(impl_->path.c_str());
}

const std::filesystem::path& ControlServer::path() const { return impl_->path; }

}  // namespace weir
