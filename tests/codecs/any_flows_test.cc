// Flows with any combination of fields come back from the decoder as they went into the encoder, in every field that
// the protocol carries.
#include "tests/codecs/any_flows.h"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

std::vector<std::uint8_t> noise(unsigned seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

class AnyFlows : public testing::TestWithParam<ExportProtocol> {};

TEST_P(AnyFlows, ComeBackAsTheyWere) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const EncoderOptions options = any_flows::make_options(GetParam(), noise(1000 + seed, 64));
    const std::string wrong = any_flows::round_trip(options, any_flows::make(noise(seed, 200 + 40 * seed)));
    ASSERT_TRUE(wrong.empty()) << wrong << "seed " << seed << " biflow " << options.biflow << " stream "
                               << options.stream;
  }
}

INSTANTIATE_TEST_SUITE_P(, AnyFlows,
                         testing::Values(ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                         ExportProtocol::kIpfix),
                         [](const testing::TestParamInfo<ExportProtocol>& info) {
                           return std::string(info.param == ExportProtocol::kNetflowV5   ? "V5"
                                              : info.param == ExportProtocol::kNetflowV9 ? "V9"
                                                                                         : "Ipfix");
                         });

}  // namespace
}  // namespace weir
