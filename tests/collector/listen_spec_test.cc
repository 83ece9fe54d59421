#include "collector/listen_spec.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Case {
  const char* text;
  const char* means;
};

class ListenSpecTest : public testing::TestWithParam<Case> {};

TEST_P(ListenSpecTest, Parses) {
  const auto spec = parse_listen_spec(GetParam().text);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(to_string(*spec), GetParam().means);
}

INSTANTIATE_TEST_SUITE_P(
    All, ListenSpecTest,
    testing::Values(Case{"udp://[::]:2055", "udp://[::]:2055"}, Case{"udp://0.0.0.0:9995", "udp://0.0.0.0:9995"},
                    Case{"udp://router.lan:9995/", "udp://router.lan:9995"}, Case{"tcp://[::]:4739", "tcp://[::]:4739"},
                    Case{"tcp://10.0.0.1", "tcp://10.0.0.1:4739"}, Case{"udp://", "udp://[::]:2055"},
                    Case{":9996", "udp://[::]:9996"}, Case{"9996", "udp://[::]:9996"},
                    Case{"10.0.0.1:1", "udp://10.0.0.1:1"}, Case{"udp://[2001:db8::1]", "udp://[2001:db8::1]:2055"},
                    Case{"udp://*:5000", "udp://[::]:5000"},
                    Case{"tls://[::]:4739?cert=a.pem&key=a.key", "tls://[::]:4739"},
                    Case{"tls://10.0.0.1?cert=a.pem&key=a.key&client-ca=b.pem", "tls://10.0.0.1:4740"},
                    Case{"0", "udp://[::]:0"}));

class BadListenSpecTest : public testing::TestWithParam<Case> {};

TEST_P(BadListenSpecTest, NamesWhatIsWrong) {
  const auto spec = parse_listen_spec(GetParam().text);
  ASSERT_FALSE(spec);
  EXPECT_NE(spec.error().message.find(GetParam().means), std::string::npos) << spec.error().message;
}

INSTANTIATE_TEST_SUITE_P(All, BadListenSpecTest,
                         testing::Values(Case{"tls://[::]:4740", "needs a certificate"},
                                         Case{"tls://[::]:4740?cert=x", "needs a certificate"},
                                         Case{"tls://[::]:4740?cert=x&key=y&ca=z", "client-ca"},
                                         Case{"udp://[::]:2055?cert=x", "unknown option"},
                                         Case{"dtls://[::]:4740", "DTLS is not supported"},
                                         Case{"http://[::]:80", "http"}, Case{"udp://[::]:65536", "65536"},
                                         Case{"70000", "70000"}, Case{"udp://[::", "']'"},
                                         Case{"udp://[::]2055", "':'"}, Case{"udp://::1:2055", "brackets"},
                                         Case{"udp://host:", "''"}, Case{"udp://host:20x", "20x"}));

TEST(ResolveTest, TellsWhatCannotBeResolved) {
  const auto address = resolve({Transport::kUdp, {"no.such.host.invalid", 1}});
  ASSERT_FALSE(address);
  EXPECT_NE(address.error().message.find("no.such.host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace weir
