// What real devices exported, decoded, exported again and decoded once more, is the same.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "codecs/decoder.h"
#include "collector/file_source.h"
#include "tests/codecs/any_flows.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(WEIR_SOURCE_DIR) / ".." / "shared" / "corpus";

std::vector<BatchRef> decode_file(const fs::path& path) {
  std::vector<BatchRef> batches;
  Decoder decoder;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  std::uint64_t last_ns = 0;
  FileSource source({}, [&](const Session& session, Bytes message, std::uint64_t time_ns) {
    decoder.decode(session, message, time_ns, writer);
    last_ns = time_ns;
  });
  (void)source.read(path.string());  // some captures are cut
  source.finish();
  decoder.finish(last_ns, writer);
  writer.flush();
  return batches;
}

class ReexportCorpus : public testing::TestWithParam<ExportProtocol> {};

TEST_P(ReexportCorpus, ComesBackAsItWas) {
  if (!fs::exists(kCorpus)) GTEST_SKIP() << kCorpus << " is absent";
  EncoderOptions options;
  options.protocol = GetParam();
  options.biflow = options.nanoseconds = true;
  options.max_message = kMaxExportMessage;
  options.boot_time_ns = any_flows::kNow - 1'000'000'000'000;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kCorpus)) {
    if (!entry.path().string().ends_with(".pcap")) continue;
    ++files;
    EXPECT_EQ(any_flows::round_trip(options, decode_file(entry.path())), "") << entry.path();
  }
  EXPECT_GT(files, 20U);
}

INSTANTIATE_TEST_SUITE_P(, ReexportCorpus, testing::Values(ExportProtocol::kNetflowV9, ExportProtocol::kIpfix));

}  // namespace
}  // namespace weir
