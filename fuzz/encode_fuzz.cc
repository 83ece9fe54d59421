// Bytes make options and flows; what the encoder makes of them, the decoder must read back the same.
#include <cstdio>
#include <cstdlib>

#include "tests/codecs/any_flows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  constexpr std::size_t kOptions = 16;
  if (size <= kOptions) return 0;
  const auto protocol = static_cast<ExportProtocol>(data[0] % 3);
  const EncoderOptions options = any_flows::make_options(protocol, {data + 1, kOptions - 1});
  const std::string wrong = any_flows::round_trip(options, any_flows::make({data + kOptions, size - kOptions}));
  if (wrong.empty()) return 0;
  std::fputs(wrong.c_str(), stderr);
  std::abort();
}
