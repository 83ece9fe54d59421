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

// Every NetFlow and IPFIX case of the corpus, held against an independent decode.
TEST_F(Decode, Corpus) {
  const auto tool = shared_dir() / "tools/compare_decode.py";
  if (!std::filesystem::exists(tool)) GTEST_SKIP() << tool << " is not there";
  if (!have_program("python3")) GTEST_SKIP() << "python3 is not installed";
  const Outcome outcome = run({"python3", tool.string(), weir_binary(), (shared_dir() / "corpus").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
}

}  // namespace
}  // namespace weir::test
