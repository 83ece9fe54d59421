// The service manager's end of the socket is played by the test.
#include "base/service_notify.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace weir::test {
namespace {

// Bound to a name as $NOTIFY_SOCKET has it.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::setenv("NOTIFY_SOCKET", name.c_str(), 1), 0);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  std::string received() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) return "nothing came";
    std::array<char, 256> text;
    const ssize_t size = ::recv(fd_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  UniqueFd fd_;
};

std::string unique_name(const std::string& prefix) { return prefix + "weir-notify-" + std::to_string(::getpid()); }

TEST(ServiceNotify, ToASocketWithAPath) {
  const std::string path = unique_name((std::filesystem::temp_directory_path() / "").string());
  {
    const Manager manager(path);
    EXPECT_TRUE(notify_service(kServiceReady));
    EXPECT_EQ(manager.received(), "READY=1");
    EXPECT_TRUE(notify_service(kServiceStopping));
    EXPECT_EQ(manager.received(), "STOPPING=1");
  }
  std::filesystem::remove(path);
}

TEST(ServiceNotify, ToASocketWithoutAFile) {
  const Manager manager(unique_name("@"));
  EXPECT_TRUE(notify_service(kServiceReady));
  EXPECT_EQ(manager.received(), "READY=1");
}

TEST(ServiceNotify, WhereNobodyAsked) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_service(kServiceReady));
  for (const std::string& name :
       {std::string("relative"), std::string("/no/such/socket"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_FALSE(notify_service(kServiceReady)) << name;
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace weir::test
