// `weir decode` as its user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/json.h"
#include "tests/support/messages.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::HasSubstr;

class Decode : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::vector<std::uint8_t>& content) {
    std::ofstream(dir_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return (dir_ / name).string();
  }

  Outcome decode(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {weir_binary(), "decode"});
    return run(std::move(arguments));
  }

  TempDir dir_;
};

TEST_F(Decode, PrintsOneRecordAFlowAndTheLedger) {
  const Outcome outcome = decode({file("v5.dat", v5_datagram(7, 3))});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto records = parse_records(outcome.out);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].at("type"), "NETFLOW_V5");
  EXPECT_EQ(records[2].at("bytes"), "1002");
  EXPECT_THAT(outcome.err, HasSubstr("3 flows"));
}

TEST_F(Decode, TakesFilesAsOneStream) {
  const std::string data = file("data.dat", ipfix_message(1, 0, ipfix_data(256, 2)));
  const std::string templates = file("template.dat", ipfix_message(1, 0, ipfix_template(256)));
  EXPECT_EQ(parse_records(decode({templates, data}).out).size(), 2U);
  EXPECT_EQ(parse_records(decode({data, templates}).out).size(), 2U) << "data waits for its template";
  const Outcome waiting = decode({data});
  EXPECT_EQ(waiting.out, "");
  EXPECT_EQ(waiting.code, 0);
  EXPECT_THAT(waiting.err, HasSubstr("1 waiting for their template"));
}

TEST_F(Decode, DataThatWaitedInVainIsNotMalformed) {
  auto later = ipfix_message(1, 2, ipfix_template(300));
  ++later[4];  // its export time: half a year on, longer than any set waits
  const Outcome outcome = decode({file("data.dat", ipfix_message(1, 0, ipfix_data(256, 2))), file("later.dat", later)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("no_template 1"));
}

TEST_F(Decode, MalformedInputGivesExitCodeOne) {
  auto datagram = v5_datagram(7, 3);
  datagram.resize(datagram.size() - 1);
  const Outcome outcome = decode({file("cut.dat", datagram)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(parse_records(outcome.out).size(), 2U) << "whole records still come";
}

TEST_F(Decode, AnUnreadableFileDoesNotCostTheOthers) {
  const Outcome outcome = decode({"/no/such/file", file("v5.dat", v5_datagram(7, 3))});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(parse_records(outcome.out).size(), 3U);
  EXPECT_THAT(outcome.err, HasSubstr("/no/such/file"));
}

TEST_F(Decode, WritesCsvAndText) {
  const std::string input = file("v5.dat", v5_datagram(7, 3));
  const auto csv = lines_of(decode({"--format", "csv", input}).out);
  ASSERT_EQ(csv.size(), 4U);
  EXPECT_THAT(csv[0], testing::StartsWith("type,time_received_ns,"));
  EXPECT_THAT(csv[1], testing::StartsWith("NETFLOW_V5,"));
  const auto text = lines_of(decode({"--format", "text", input}).out);
  ASSERT_EQ(text.size(), 4U) << "a heading and a line a flow";
  EXPECT_THAT(text[1], HasSubstr("10.0.0.1:40000"));
}

// The ids on the "FAIL ID WHY" lines of compare_decode.py.
std::vector<std::string> failing_cases(const std::string& output) {
  std::vector<std::string> ids;
  for (const std::string& line : lines_of(output)) {
    if (line.starts_with("FAIL ")) ids.push_back(line.substr(5, line.find(' ', 5) - 5));
  }
  return ids;
}

// Records of these carry addresses of both families, and the family that the flow is not of, all zero, comes first. The
// tool takes the first; a flow's address is the other, as pmacct's output for the same captures says too
// (expect/pmacct/101-NFv9-CISCO-cust_primitives__output-flow-00.jsonl: "ip_src": "138.187.58.13").
const std::string kZeroAddressFirst[] = {
    "logstash/ipfix-procera",
    "fluent/v9-mpls",
    "pmacct/101-NFv9-CISCO-cust_primitives/traffic-00",
    "pmacct/102-NFv9-CISCO-f2rd-pretag-sampling-reload/traffic-00",
    "pmacct/111-IPFIXv10-NFv9-IPv6-IPv4-mix_sources/traffic-00",
    "pmacct/501-IPFIXv10-BGP-IPv6-CISCO-MPLS/traffic-00",
};

// Every NetFlow and IPFIX case of the corpus, held against an independent decode.
TEST_F(Decode, Corpus) {
  const auto tool = shared_dir() / "tools/compare_decode.py";
  if (!std::filesystem::exists(tool)) GTEST_SKIP() << tool << " is not there";
  if (!have_program("python3")) GTEST_SKIP() << "python3 is not installed";
  const Outcome outcome = run({"python3", tool.string(), weir_binary(), (shared_dir() / "corpus").string()});
  EXPECT_THAT(outcome.out, HasSubstr("/228 cases"));
  EXPECT_THAT(failing_cases(outcome.out), testing::IsSubsetOf(kZeroAddressFirst)) << outcome.out;
}

TEST_F(Decode, AFlowHasTheAddressThatIsNotZero) {
  const auto capture = shared_dir() / "corpus/repeatedly+fluent-plugin-netflow";
  if (!std::filesystem::exists(capture)) GTEST_SKIP() << capture << " is not there";
  const auto records =
      parse_records(decode({capture / "netflow.v9.mpls-template.dump", capture / "netflow.v9.mpls-data.dump"}).out);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("src_addr"), "192.168.32.100");
  EXPECT_EQ(records[0].at("dst_addr"), "172.16.32.2");
}

}  // namespace
}  // namespace weir::test
