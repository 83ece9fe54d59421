// tshark as an independent witness of what the encoders write.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "codecs/encoder.h"
#include "exporter/generator/flow_generator.h"
#include "flow/names.h"
#include "tests/codecs/any_flows.h"

namespace weir {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;
constexpr std::size_t kFlows = 2000;
constexpr std::uint16_t kPort = 2055;

bool tshark_is_there() { return std::system("tshark --version >/dev/null 2>&1") == 0; }

// A capture file (raw IPv4) of UDP datagrams.
class Capture {
 public:
  explicit Capture(const std::filesystem::path& path) : file_(path, std::ios::binary) {
    for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 101U}) put(word);
  }
  void add(Bytes payload) {
    const std::size_t length = 28 + payload.size();
    std::vector<std::uint8_t> packet(28);
    packet[0] = 0x45;
    store_be16(&packet[2], static_cast<std::uint16_t>(length));
    packet[8] = 64;
    packet[9] = 17;
    store_be32(&packet[12], 0x7f000101);
    store_be32(&packet[16], 0x7f000001);
    store_be16(&packet[20], 40000);
    store_be16(&packet[22], kPort);
    store_be16(&packet[24], static_cast<std::uint16_t>(8 + payload.size()));
    packet.insert(packet.end(), payload.begin(), payload.end());
    for (const std::size_t word : {std::size_t{kNow / kNsPerSecond}, std::size_t{0}, length, length}) {
      put(static_cast<std::uint32_t>(word));
    }
    file_.write(reinterpret_cast<const char*>(packet.data()), static_cast<std::streamsize>(packet.size()));
  }

  void close() { file_.close(); }

 private:
  void put(std::uint32_t word) { file_.write(reinterpret_cast<const char*>(&word), sizeof word); }

  std::ofstream file_;
};

class EncoderByTshark : public testing::TestWithParam<ExportProtocol> {
 protected:
  void SetUp() override {
    if (!tshark_is_there()) GTEST_SKIP() << "tshark is not installed";
    path_ = std::filesystem::temp_directory_path() / ("weir-encoder-" + std::to_string(::getpid()) + ".pcap");
    Capture capture(path_);
    EncoderOptions options;
    options.protocol = GetParam();
    options.boot_time_ns = kNow - 3600 * kNsPerSecond;
    options.sampling_rate = 100;
    options.template_packets = 20;
    ExportEncoder encoder(options, [&](Bytes message, std::size_t) { capture.add(message); });
    FlowGenerator generator({.seed = 5, .ipv6_share = GetParam() == ExportProtocol::kNetflowV5 ? 0 : 0.3});
    const FlowBatch no_batch;
    for (std::size_t i = 0; i < kFlows; ++i) {
      flows_.push_back(generator.next(kNow));
      ASSERT_TRUE(encoder.add(no_batch, flows_.back(), kNow));
    }
    encoder.flush(kNow);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string tshark(const std::string& arguments) const {
    const std::string command = "tshark -n -r '" + path_.string() + "' -d udp.port==" + std::to_string(kPort) +
                                ",cflow " + arguments + " 2>/dev/null";
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return output;
  }

  using Text = std::function<std::string(const Flow&)>;

  // For each field: its values of all messages, in order, against those of all flows ("" where a flow has none).
  void expect_fields(const std::vector<std::pair<std::string, Text>>& fields) const {
    std::string arguments = "-T fields -E aggregator=,";
    for (const auto& [field, text] : fields) arguments += " -e " + field;
    std::vector<std::string> read(fields.size()), expected(fields.size());
    std::istringstream lines(tshark(arguments));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream columns(line);
      for (std::string& values : read) {
        std::string column;
        std::getline(columns, column, '\t');
        if (!column.empty()) values += column + ',';
      }
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      for (const Flow& flow : flows_) {
        const std::string value = fields[i].second(flow);
        if (!value.empty()) expected[i] += value + ',';
      }
      EXPECT_EQ(read[i], expected[i]) << fields[i].first;
    }
  }

  std::filesystem::path path_;
  std::vector<Flow> flows_;
};

std::string address_of(const Flow& flow, Family family) {
  return flow.src_addr_family == family ? IpAddress{flow.src_addr, family}.to_string() : "";
}

TEST_P(EncoderByTshark, ReadsEveryFlow) {
  expect_fields({
      {"cflow.srcaddr", [](const Flow& f) { return address_of(f, Family::kV4); }},
      {"cflow.srcaddrv6", [](const Flow& f) { return address_of(f, Family::kV6); }},
      {"cflow.octets", [](const Flow& f) { return std::to_string(f.bytes); }},
      {"cflow.packets", [](const Flow& f) { return std::to_string(f.packets); }},
      {"cflow.srcport", [](const Flow& f) { return std::to_string(f.src_port); }},
      {"cflow.protocol", [](const Flow& f) { return std::to_string(f.proto); }},
      {"cflow.inputint", [](const Flow& f) { return std::to_string(f.in_if); }},
      {"cflow.outputint", [](const Flow& f) { return std::to_string(f.out_if); }},
      {"cflow.dstport",
       [](const Flow& f) {
         return GetParam() == ExportProtocol::kNetflowV5 && f.proto == kProtoIcmp
                    ? std::to_string(f.icmp_type << 8 | f.icmp_code)
                    : std::to_string(f.dst_port);
       }},
  });
}

TEST_P(EncoderByTshark, FindsNothingWrong) {
  EXPECT_EQ(
      tshark("-o cflow.max_template_fields:200 -Y '_ws.malformed || _ws.expert || cflow.unexpected_sequence_number'"),
      "");
  EXPECT_EQ(tshark("-V").find("No template found"), std::string::npos);
}

// Every template that the encoders can make but for extras, whose bytes are whatever came in: fields and lists of any
// flows, options data.
TEST_P(EncoderByTshark, FindsNothingWrongWithAnyFields) {
  std::mt19937_64 random(7);
  std::size_t sent = 0;
  Capture capture(path_);
  for (std::uint32_t source = 0; source < 20; ++source) {
    std::vector<std::uint8_t> noise(4000);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
    EncoderOptions options = any_flows::make_options(GetParam(), Bytes(noise).first(64));
    options.source_id = source;
    ExportEncoder encoder(options, [&](Bytes message, std::size_t) { capture.add(message); });
    for (const BatchRef& batch : any_flows::make(noise)) {
      for (Flow flow : batch->flows()) {
        flow.extras = 0;
        sent += encoder.add(*batch, flow, any_flows::kNow) ? 1 : 0;
      }
    }
    encoder.flush(any_flows::kNow);
  }
  capture.close();
  EXPECT_GT(sent, 100U);
  EXPECT_EQ(tshark("-o cflow.max_template_fields:200 -Y '_ws.malformed || _ws.expert' -T fields -e frame.number -e "
                   "_ws.expert.message"),
            "");
}

INSTANTIATE_TEST_SUITE_P(, EncoderByTshark,
                         testing::Values(ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                         ExportProtocol::kIpfix),
                         [](const testing::TestParamInfo<ExportProtocol>& info) {
                           return std::string(info.param == ExportProtocol::kNetflowV5   ? "V5"
                                              : info.param == ExportProtocol::kNetflowV9 ? "V9"
                                                                                         : "Ipfix");
                         });

}  // namespace
}  // namespace weir
