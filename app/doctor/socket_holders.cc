#include "app/doctor/socket_holders.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using ByInode = std::unordered_map<std::uint64_t, std::vector<BoundSocket*>>;

// "socket:[12345]"; 0 for another kind of file.
std::uint64_t socket_inode(const fs::path& link) {
  constexpr std::string_view kPrefix = "socket:[";
  std::array<char, 64> text;
  const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
  const std::string_view target(text.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  std::uint64_t inode = 0;
  if (target.starts_with(kPrefix))
    std::from_chars(target.data() + kPrefix.size(), target.data() + target.size(), inode);
  return inode;
}

std::string program_name(const fs::path& process) {
  std::string name = read_file(process / "comm", 256).value_or("?");
  while (name.ends_with('\n')) name.pop_back();
  return name;
}

void look_at(const fs::path& process, int pid, const ByInode& wanted) {
  std::error_code error;
  for (fs::directory_iterator file(process / "fd", error), end; !error && file != end; file.increment(error)) {
    const auto found = wanted.find(socket_inode(file->path()));
    if (found == wanted.end()) continue;
    for (BoundSocket* socket : found->second) {
      if (socket->pid != 0) continue;
      socket->pid = pid;
      socket->program = program_name(process);
    }
  }
}

}  // namespace

void name_holders(std::vector<BoundSocket>& sockets, std::chrono::steady_clock::time_point deadline) {
  ByInode wanted;
  for (BoundSocket& socket : sockets) wanted[socket.inode].push_back(&socket);
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
    const std::string name = process->path().filename().string();
    int pid = 0;
    const auto [last, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc() || last != name.data() + name.size()) continue;
    if (std::chrono::steady_clock::now() > deadline) return;
    look_at(process->path(), pid, wanted);
  }
}

}  // namespace weir
