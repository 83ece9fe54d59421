// IPFIX over TLS, both ends: the sink that sends and the listener that takes.
#include <fstream>

#include "tests/collector/loopback.h"
#include "tests/collector/resend_fixture.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class TlsTest : public testing::Test {
 protected:
  TlsTest() { authority_.issue("collector"); }

  std::string listen(const std::string& more = "") const {
    return "tls://127.0.0.1:0?cert=" + authority_.cert("collector") + "&key=" + authority_.key("collector") + more;
  }
  std::string to(const Receiver& receiver, const std::string& more = "") const {
    return "tls://localhost:" + receiver.port() + "?flush=1ms&ca=" + authority_.ca() + more;
  }
  std::string client_ca() const { return "&client-ca=" + authority_.ca(); }
  std::string client(const test::Authority& authority, const std::string& name) const {
    return "&cert=" + authority.cert(name) + "&key=" + authority.key(name);
  }
  // What the sink says after it failed to connect.
  std::string trouble(const std::string& spec) {
    const auto sink = open_resending(spec);
    poll_until([&] { return !sink->status().last_error.empty(); });
    return sink->status().last_error;
  }
  static void wait_for_drop(const Receiver& receiver, ConnectionDrop reason) {
    poll_until([&] { return receiver.connections().dropped_for(reason) > 0; });
    EXPECT_THAT(receiver.status().imbalances(), IsEmpty());
  }

  test::TempDir dir_;
  test::Authority authority_{dir_.path(), "ca"};
  test::Authority stranger_{dir_.path(), "stranger"};
  FlowSource source_;
};

TEST_F(TlsTest, EveryFlowArrives) {
  Receiver receiver(listen());
  const auto sink = open_resending(to(receiver));
  std::vector<BatchRef> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(source_.batch(1000));
    sink->submit(sent.back());
  }
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.out, 20'000U);
  EXPECT_EQ(described(receiver.kept().wait_for(20'000)), described(sent));
  const CollectorStatus status = receiver.status();
  EXPECT_EQ(status.totals().sequence.lost, 0U);
  EXPECT_THAT(status.imbalances(), IsEmpty());
  EXPECT_THAT(status.tcp.listeners, testing::ElementsAre("tls://127.0.0.1:" + receiver.port()));
  poll_until([&] { return receiver.connections().out == 1; });
}

TEST_F(TlsTest, AddressesAreNamesToo) {
  Receiver receiver(listen());
  const auto sink = open_resending("tls://127.0.0.1:" + receiver.port() + "?flush=1ms&ca=" + authority_.ca());
  sink->submit(source_.batch(10));
  receiver.kept().wait_for(10);
}

TEST_F(TlsTest, WrongAuthorityIsRefused) {
  Receiver receiver(listen());
  EXPECT_THAT(trouble("tls://localhost:" + receiver.port() + "?ca=" + stranger_.ca()),
              HasSubstr("the certificate is not accepted: "));
  wait_for_drop(receiver, ConnectionDrop::kTlsFailed);
}

TEST_F(TlsTest, WrongNameIsRefused) {
  Receiver receiver(listen());
  EXPECT_THAT(trouble(to(receiver, "&server-name=elsewhere.example")), HasSubstr("hostname mismatch"));
}

TEST_F(TlsTest, NothingIsVerifiedOnDemand) {
  Receiver receiver(listen());
  const auto sink =
      open_resending("tls://localhost:" + receiver.port() + "?flush=1ms&verify=false&server-name=elsewhere.example");
  sink->submit(source_.batch(10));
  receiver.kept().wait_for(10);
}

TEST_F(TlsTest, ClientCertificates) {
  Receiver receiver(listen(client_ca()));
  authority_.issue("router");
  stranger_.issue("intruder");

  EXPECT_THAT(trouble(to(receiver)), HasSubstr("certificate required"));
  wait_for_drop(receiver, ConnectionDrop::kTlsCertificate);
  EXPECT_THAT(trouble(to(receiver, client(stranger_, "intruder"))), HasSubstr("unknown ca"));

  const auto sink = open_resending(to(receiver, client(authority_, "router")));
  sink->submit(source_.batch(10));
  receiver.kept().wait_for(10);
  EXPECT_EQ(receiver.kept().count(), 10U);
}

// A refusal that comes after the client's side of the handshake must not make flows count as delivered.
TEST_F(TlsTest, RefusedClientsDeliverNothing) {
  Receiver receiver(listen(client_ca()));
  const auto sink = open_resending(to(receiver));
  sink->submit(source_.batch(10));
  poll_until([&] { return !sink->status().last_error.empty(); });
  sink->close(std::chrono::steady_clock::now());
  EXPECT_EQ(sink->status().flows.out, 0U);
  EXPECT_TRUE(sink->status().flows.balanced());
}

TEST_F(TlsTest, WhoDoesNotSpeakTlsIsCounted) {
  Receiver receiver(listen());
  const Exporter plain("127.0.0.1", receiver.collector().bound()[0], SOCK_STREAM);
  plain.send(as_bytes("version 10, but no TLS"));
  wait_for_drop(receiver, ConnectionDrop::kTlsFailed);
  const Exporter silent("127.0.0.1", receiver.collector().bound()[0], SOCK_STREAM);
  poll_until([&] { return receiver.connections().held == 1; });
  EXPECT_EQ(receiver.connections().in, 2U);
}

TEST_F(TlsTest, HandshakesAreLimitedInTime) {
  TcpOptions limits;
  limits.handshake_timeout = std::chrono::seconds(0);
  Receiver receiver(listen(), limits);
  const Exporter silent("127.0.0.1", receiver.collector().bound()[0], SOCK_STREAM);
  wait_for_drop(receiver, ConnectionDrop::kTlsTimeout);
}

TEST_F(TlsTest, HandshakesAreLimitedInNumber) {
  TcpOptions limits;
  limits.max_handshakes = 1;
  Receiver receiver(listen(), limits);
  {
    const Exporter first("127.0.0.1", receiver.collector().bound()[0], SOCK_STREAM);
    const Exporter second("127.0.0.1", receiver.collector().bound()[0], SOCK_STREAM);
    wait_for_drop(receiver, ConnectionDrop::kTlsLimit);
  }
  wait_for_drop(receiver, ConnectionDrop::kTlsFailed);  // the first one went
  const auto sink = open_resending(to(receiver));
  sink->submit(source_.batch(10));
  receiver.kept().wait_for(10);
}

TEST_F(TlsTest, RenewedCertificatesAreReadOnReload) {
  Receiver receiver(listen());
  stranger_.issue("collector");  // in the place of the old one
  const auto refused = "tls://localhost:" + receiver.port() + "?flush=1ms&ca=" + stranger_.ca();
  EXPECT_THAT(trouble(refused), HasSubstr("not accepted"));
  const auto sink = open_resending(refused);
  sink->submit(source_.batch(10));
  receiver.collector().reopen();
  receiver.kept().wait_for(10);

  std::ofstream(authority_.cert("collector")) << "damaged";
  receiver.collector().reopen();  // the one in use stays
  const auto another = open_resending(refused);
  another->submit(source_.batch(10));
  receiver.kept().wait_for(20);
}

TEST_F(TlsTest, NamesCertificatesThatCannotBeUsed) {
  const auto error = [](const std::string& text) {
    CollectorOptions options;
    options.listen = {parse_listen_spec(text).value()};
    const auto started = Collector::start(options, {});
    return started ? "no error" : started.error().message;
  };
  authority_.issue("other");
  EXPECT_THAT(error("tls://127.0.0.1:0?cert=/no/such&key=/no/such"), HasSubstr("/no/such"));
  EXPECT_THAT(error("tls://127.0.0.1:0?cert=" + authority_.cert("collector") + "&key=" + authority_.key("other")),
              HasSubstr("key values mismatch"));
  EXPECT_THAT(error(listen("&client-ca=/no/such/ca")), HasSubstr("/no/such/ca"));
}

}  // namespace
}  // namespace weir
