#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/control_client.h"
#include "base/control_server.h"
#include "base/unix_socket.h"
#include "tests/collector/fixture.h"

namespace weir {
namespace {

class ControlTest : public CollectorFixture {
 protected:
  ControlTest() : directory_(fresh_directory()) {}
  ~ControlTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<ControlServer>> try_serve() {
    return ControlServer::start(directory_, kCollectorDaemon, [](std::string_view command) -> Result<std::string> {
      if (command == "fail") return fail("it does not work");
      return "you said " + std::string(command) + "\n";
    });
  }
  std::filesystem::path socket() const { return directory_ / kCollectorDaemon.socket; }

  std::filesystem::path directory_;
};

TEST_F(ControlTest, AnswersACommand) {
  const auto server = try_serve();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "status").value(), "you said status\n");
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "fail").error().message, "it does not work");
  struct stat info{};
  ASSERT_EQ(::stat(socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660U);
}

TEST_F(ControlTest, AnswersAreNotLimitedToTheSocketsBuffer) {
  const std::string large(20 << 20, 'x');
  const auto server = ControlServer::start(directory_, kCollectorDaemon,
                                           [&](std::string_view) -> Result<std::string> { return large; });
  ASSERT_TRUE(server);
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "status").value(), large);
}

TEST_F(ControlTest, NoCollectorIsAClearError) {
  const auto answer = ask_daemon(directory_, kCollectorDaemon, "status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, testing::HasSubstr("no collector is running here"));
  EXPECT_THAT(answer.error().message, testing::HasSubstr("weir collect"));
}

TEST_F(ControlTest, StaleSocketIsReplacedAndALiveOneRefused) {
  {
    const UniqueFd crashed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = unix_address(socket());
    ASSERT_EQ(::bind(crashed.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  }
  EXPECT_THAT(ask_daemon(directory_, kCollectorDaemon, "status").error().message, testing::HasSubstr("nobody answers"));
  const auto server = try_serve();
  ASSERT_TRUE(server) << server.error().message;
  const auto second = try_serve();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("another collector is running"));
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "still here").value(), "you said still here\n");
}

TEST_F(ControlTest, ClientsThatSendNonsenseHarmNobody) {
  const auto server = try_serve();
  ASSERT_TRUE(server);
  const auto address = unix_address(socket());
  for (const std::string& nonsense : {std::string(), std::string(1000, 'x')}) {
    const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    [[maybe_unused]] const auto sent = ::send(client.get(), nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  }
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "status").value(), "you said status\n");
}

TEST_F(ControlTest, ShowsARunningCollector) {
  const auto collector = start();
  const auto server = ControlServer::start(directory_, kCollectorDaemon,
                                           [&](std::string_view command) { return collector->answer(command); });
  ASSERT_TRUE(server);
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(3, 0)));
  seen_->wait_for_flows(3);
  const std::string text = ask_daemon(directory_, kCollectorDaemon, "status").value();
  EXPECT_THAT(text, testing::HasSubstr("127.0.0.1"));
  EXPECT_THAT(text, testing::HasSubstr("The ledger balances"));
  EXPECT_THAT(ask_daemon(directory_, kCollectorDaemon, "status json").value(),
              testing::HasSubstr("\"flows_to_sinks\":3"));
  EXPECT_EQ(ask_daemon(directory_, kCollectorDaemon, "templates").value(), "[]\n");
  EXPECT_THAT(ask_daemon(directory_, kCollectorDaemon, "dance").error().message,
              testing::HasSubstr("unknown command 'dance'"));
}

TEST_F(ControlTest, LongPathIsAClearError) {
  directory_ /= std::string(200, 'x');
  const auto server = try_serve();
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, testing::HasSubstr("too long"));
  directory_ = directory_.parent_path();
}

}  // namespace
}  // namespace weir
