// `weir db` as its user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "tests/support/json.h"
#include "tests/support/messages.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Db : public testing::Test {
 protected:
  std::string store() const { return (dir_ / "store").string(); }

  Outcome db(std::string command, std::vector<std::string> arguments = {}, const std::string& store = {}) {
    arguments.insert(arguments.begin(),
                     {weir_binary(), "db", std::move(command), "-d", store.empty() ? this->store() : store});
    return run(std::move(arguments));
  }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(dir_ / name, std::ios::binary) << content;
    return (dir_ / name).string();
  }
  std::string file(const std::string& name, const Message& content) {
    return file(name, std::string(content.begin(), content.end()));
  }

  static std::vector<std::string> sorted_lines(const std::string& text) {
    auto lines = lines_of(text);
    std::ranges::sort(lines);
    return lines;
  }

  TempDir dir_;
};

TEST_F(Db, ImportsAndExportsWhatDecodePrints) {
  const std::string data = file("flows.dat", v5_datagram(7, 3));
  const std::string decoded = run({weir_binary(), "decode", data}).out;
  const Outcome imported = db("import", {file("flows.json", decoded)});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.err, AllOf(HasSubstr("3 flows"), HasSubstr("0 bad"), HasSubstr("3 flows kept")));
  const Outcome exported = db("export");
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(exported.out, decoded);
  EXPECT_THAT(exported.err, HasSubstr("3 records"));

  const Outcome to_file = db("export", {"--format", "csv", "-o", (dir_ / "out.csv").string()});
  EXPECT_EQ(to_file.code, 0) << to_file.err;
  EXPECT_EQ(slurp(dir_ / "out.csv"), run({weir_binary(), "decode", "--format", "csv", data}).out);

  const Outcome checked = db("check");
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("3 rows"), HasSubstr("no damage")));
}

TEST_F(Db, ExportsWhatIsAskedFor) {
  const std::string records =
      R"({"time_received_ns":1700000000000000000,"time_flow_end_ns":1700000000000000000,"src_addr":"10.0.0.1","dst_port":53,"in_if":3})"
      "\n"
      R"({"time_received_ns":1700000060000000000,"time_flow_end_ns":1700000060000000000,"src_addr":"10.0.0.2","dst_port":80,"in_if":4,"out_if_name":"eth1"})"
      "\n"
      R"({"time_received_ns":1700000120000000000,"time_flow_end_ns":1700000120000000000,"src_addr":"2001:db8::1","dst_port":53,"in_if_name":"eth0"})"
      "\n";
  ASSERT_EQ(db("import", {file("flows.json", records)}).code, 0);
  const auto sources = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--fields", "compact"});
    const Outcome outcome = db("export", std::move(arguments));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::string all;
    for (const Record& record : parse_records(outcome.out)) all += record.at("src_addr") + " ";
    return all;
  };
  EXPECT_EQ(sources({}), "10.0.0.1 10.0.0.2 2001:db8::1 ");
  EXPECT_EQ(sources({"-f", "1700000060"}), "10.0.0.2 2001:db8::1 ");
  EXPECT_EQ(sources({"-f", "1700000030", "-l", "1700000060"}), "10.0.0.2 ");
  EXPECT_EQ(sources({"-c", "dport = 53"}), "10.0.0.1 2001:db8::1 ");
  EXPECT_EQ(sources({"-c", "dport = 53 & snet = 10.0.0.0/8"}), "10.0.0.1 ");
  EXPECT_EQ(sources({"-i", "eth0"}), "2001:db8::1 ");
  EXPECT_EQ(sources({"-i", "/eth[01]/"}), "10.0.0.2 2001:db8::1 ");
  EXPECT_EQ(sources({"-i", "if3"}), "10.0.0.1 ");
  EXPECT_EQ(sources({"-c", "dport = 54"}), "");
}

TEST_F(Db, TellsOfBadLinesAndKeepsTheOthers) {
  std::string text = "{\"time_received_ns\":1700000000000000000,\"bytes\":1,\"shape\":\"round\"}\n";
  for (int i = 0; i < 30; ++i) text += "not json\n";
  const std::string path = file("mixed.json", text);
  const Outcome outcome = db("import", {path, file("empty.csv", std::string())});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(path + ":2: not JSON"), HasSubstr("and 10 more bad lines"),
                                 HasSubstr("31 lines: 1 flows"), HasSubstr("30 bad"), HasSubstr("shape (1)")));
  EXPECT_EQ(parse_records(db("export").out).size(), 1U);
  const Outcome missing = db("import", {"/no/such/file", path});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/no/such/file"));
  EXPECT_EQ(parse_records(db("export").out).size(), 2U) << "the other file was read";
}

// What goQuery prints is answered again, row for row.
TEST_F(Db, GoprobesRowsComeBack) {
  const std::string rows =
      "time,iface,sip,dip,dport,proto,packets received,packets sent,%,data vol. received,data vol. sent,%\n"
      "1711929900,eth0,10.0.0.1,10.0.0.2,443,TCP,3,2,45.45,300,200,50.00\n"
      "1711930200,eth0,10.0.0.9,10.0.0.2,53,UDP,1,0,9.09,100,0,10.00\n"
      "1711930200,eth1,2001:db8::1,2001:db8::2,0,IPv6-ICMP,0,5,45.45,0,400,40.00\n";
  const std::string summary = "Received packets,4\nSent packets,7\nInterface,\"eth0,eth1\"\n";
  ASSERT_EQ(db("import", {file("raw.csv", rows + summary)}).code, 0);
  const Outcome asked = run({weir_binary(), "query", "-d", store(), "-i", "any", "-f", "1711929000", "-e", "csv", "-s",
                             "time", "-a", "time,iface,sip,dip,dport,proto"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  for (const std::string& row : lines_of(rows)) EXPECT_THAT(asked.out, HasSubstr(row + "\n"));
}

TEST_F(Db, StatsTellWhatColumnsTake) {
  ASSERT_EQ(
      db("import", {file("flows.json", run({weir_binary(), "decode", file("v5.dat", v5_datagram(7, 30))}).out)}).code,
      0);
  const Outcome text = db("stats");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("30 rows, 30 flows"), HasSubstr("src_addr"), HasSubstr("distinct")));
  const Outcome json = db("stats", {"--format", "json"});
  EXPECT_EQ(json.code, 0) << json.err;
  const Record record = parse_record(json.out);
  EXPECT_THAT(record.at("tiers"), HasSubstr("\"rows\":30"));
  EXPECT_THAT(record.at("columns"), HasSubstr("\"dst_addr\""));
  EXPECT_EQ(record.at("damage"), "[]");
}

TEST_F(Db, CompactMergesAndKeepsEveryFlow) {
  std::string all;
  for (unsigned i = 0; i < 3; ++i) {
    const std::string records = run({weir_binary(), "decode", file("v5.dat", v5_datagram(7 + i, 20))}).out;
    ASSERT_EQ(db("import", {file("flows.json", records)}).code, 0);
    all += records;
  }
  const Outcome outcome = db("compact");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 segments"));
  EXPECT_EQ(sorted_lines(db("export").out), sorted_lines(all));
  EXPECT_EQ(db("check").code, 0);
}

TEST_F(Db, FindsDamage) {
  ASSERT_EQ(
      db("import", {file("flows.json", run({weir_binary(), "decode", file("v5.dat", v5_datagram(7, 30))}).out)}).code,
      0);
  std::filesystem::path segment;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store())) {
    if (entry.path().extension() == ".seg") segment = entry.path();
  }
  ASSERT_FALSE(segment.empty());
  std::string bytes = slurp(segment);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(segment, std::ios::binary) << bytes;
  const Outcome checked = db("check");
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("damaged"), HasSubstr(segment.filename().string())));
  const Outcome exported = db("export");
  EXPECT_EQ(exported.code, 1);
  EXPECT_THAT(exported.err, HasSubstr(segment.filename().string()));
}

TEST_F(Db, WrongUsageIsToldInOneMessage) {
  const auto said = [](const Outcome& outcome, const std::string& what) {
    EXPECT_EQ(outcome.code, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(what));
  };
  for (const char* command : {"check", "stats", "compact", "export"}) said(db(command), store());
  said(run({weir_binary(), "db"}), "db");
  said(db("import", {"--format", "xml", "x"}), "json, csv, nfdump, goprobe");
  ASSERT_EQ(db("import", {file("flows.json", std::string("{\"time_received_ns\":1700000000000000000}"))}).code, 0);
  said(db("export", {"-c", "dport ="}), "dport =");
  said(db("export", {"-f", "never"}), "never");
  said(db("export", {"-f", "1700000001", "-l", "1700000000"}), "--first");
  said(db("export", {"-o", "/no/such/dir/x"}), "/no/such/dir/x");
}

TEST_F(Db, ARunningCollectorHasTheStore) {
  Process collector({weir_binary(), "collect", "--listen", "udp://127.0.0.1:0", "--http", "off", "--state-dir", "none",
                     "--run-dir", dir_.path().string(), "--to", "store:" + store()});
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(dir_ / "store/MANIFEST") || !collector.running(); }));
  if (!collector.running()) GTEST_SKIP() << "no store sink yet: " << collector.err();
  const Outcome outcome = db("compact");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(std::to_string(collector.pid())));
  EXPECT_EQ(db("import", {file("flows.json", std::string("{}"))}).code, 2);
  EXPECT_EQ(db("stats").code, 0) << "reading needs no lock";
}

// Every recording of the corpus, through a store, to the byte.
TEST_F(Db, CorpusComesBackAsItWasDecoded) {
  const auto corpus = shared_dir() / "corpus";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << corpus << " is not there";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".pcap" || extension == ".dat" || extension == ".ipfix")) {
      files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  std::vector<std::string> command = {weir_binary(), "decode", "--fields", "all"};
  command.insert(command.end(), files.begin(), files.end());
  const std::string decoded = run(std::move(command)).out;
  const Outcome imported = db("import", {file("corpus.json", decoded)});
  EXPECT_EQ(imported.code, 0) << imported.err;
  const auto expected = sorted_lines(decoded), found = sorted_lines(db("export", {"--fields", "all"}).out);
  ASSERT_GT(expected.size(), 50'000U);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    // What was no UTF-8 on the wire is gone in the record; in its place stands the character that says so.
    if (expected[i].find("\\ufffd") == std::string::npos) {
      ASSERT_EQ(found[i], expected[i]);
    }
  }
}

// Bytes waiting in the sockets that listen on a UDP port; nothing while there is none.
std::optional<unsigned long> waiting_on(unsigned port) {
  std::ifstream table("/proc/net/udp");
  std::string line;
  std::optional<unsigned long> waiting;
  while (std::getline(table, line)) {
    unsigned local = 0, remote = 0, state = 0;
    unsigned long sending = 0, receiving = 0;
    if (std::sscanf(line.c_str(), " %*u: %*x:%x %*x:%x %x %lx:%lx", &local, &remote, &state, &sending, &receiving) ==
            5 &&
        local == port) {
      waiting = waiting.value_or(0) + receiving;
    }
  }
  return waiting;
}

// "2026-11-21T15:30:21.333", local time, in ms.
std::int64_t local_ms(const std::string& text) {
  std::tm local{};
  int ms = 0;
  std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%d", &local.tm_year, &local.tm_mon, &local.tm_mday, &local.tm_hour,
              &local.tm_min, &local.tm_sec, &ms);
  local.tm_year -= 1900;
  local.tm_mon -= 1;
  local.tm_isdst = -1;
  return std::int64_t{std::mktime(&local)} * 1000 + ms;
}

// nfdump -o json prints an array of objects over many lines.
std::vector<Record> nfdump_json(const std::string& text) {
  std::vector<Record> records;
  for (std::size_t begin = text.find('{'); begin != std::string::npos; begin = text.find('{', begin)) {
    const std::size_t end = text.find('}', begin) + 1;
    records.push_back(parse_record(text.substr(begin, end - begin)));
    begin = end;
  }
  return records;
}

std::string either(const Record& record, const std::string& a, const std::string& b) {
  return record.contains(a) ? record.at(a) : record.at(b);
}

class Nfdump : public Db {
 protected:
  void SetUp() override {
    if (!have_program("nfcapd") || !have_program("nfdump")) GTEST_SKIP() << "nfdump is not installed";
    ::setenv("TZ", "Europe/Zurich", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }

  // A file of nfcapd with what `weir generate` sent.
  std::string capture(const std::string& flows) {
    const unsigned port = 40'000 + static_cast<unsigned>(::getpid()) % 20'000;
    const auto folder = dir_ / "nf";
    std::filesystem::create_directory(folder);
    Process nfcapd({"nfcapd", "-w", folder.string(), "-b", "127.0.0.1", "-p", std::to_string(port), "-t", "86400"});
    EXPECT_TRUE(wait_until([&] { return waiting_on(port).has_value(); })) << nfcapd.err();
    const Outcome sent = run({weir_binary(), "generate", "--to", "udp://127.0.0.1:" + std::to_string(port),
                              "--protocol", "ipfix", "--flows", flows, "--rate", "5000"});
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_TRUE(wait_until([&] { return waiting_on(port) == 0UL; }));
    nfcapd.signal(SIGTERM);
    nfcapd.wait();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) return entry.path().string();
    return "";
  }
};

// What nfcapd wrote comes in by nfdump's CSV, and is what nfdump's JSON says it is.
TEST_F(Nfdump, IsReadAsItIsWritten) {
  const std::string capture_file = capture("500");
  const Outcome imported = db("import", {file("nfdump.csv", run({"nfdump", "-r", capture_file, "-o", "csv"}).out)});
  EXPECT_EQ(imported.code, 0) << imported.err;
  const std::map<std::string, std::string> protocols = {
      {"6", "TCP"}, {"17", "UDP"}, {"1", "ICMP"}, {"58", "IPv6-ICMP"}};
  std::map<std::string, std::int64_t> expected, found;
  for (const Record& flow : nfdump_json(run({"nfdump", "-r", capture_file, "-o", "json"}).out)) {
    const bool ports = flow.contains("src_port");
    expected[either(flow, "src4_addr", "src6_addr") + " " + either(flow, "dst4_addr", "dst6_addr") + " " +
             protocols.at(flow.at("proto")) + " " + (ports ? flow.at("src_port") + " " + flow.at("dst_port") : "0 0") +
             " " + flow.at("in_bytes") + " " + flow.at("in_packets") + " " + flow.at("src_as") + " " +
             flow.at("dst_as") + " " + flow.at("input_snmp") + " " + flow.at("output_snmp") + " " +
             either(flow, "ip4_next_hop", "ip6_next_hop") + " " + flow.at("in_src_mac") + " " + flow.at("src_vlan") +
             " " + flow.at("ip4_router")] = local_ms(flow.at("first"));
  }
  for (const Record& flow : parse_records(db("export").out)) {
    found[flow.at("src_addr") + " " + flow.at("dst_addr") + " " + flow.at("proto") + " " + flow.at("src_port") + " " +
          flow.at("dst_port") + " " + flow.at("bytes") + " " + flow.at("packets") + " " + flow.at("src_as") + " " +
          flow.at("dst_as") + " " + flow.at("in_if") + " " + flow.at("out_if") + " " + flow.at("next_hop") + " " +
          flow.at("src_mac") + " " + flow.at("src_vlan") + " " + flow.at("sampler_address")] =
        std::stoll(flow.at("time_flow_start_ns")) / 1'000'000;
  }
  ASSERT_GT(expected.size(), 450U);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [flow, first_ms] : expected) {
    ASSERT_TRUE(found.contains(flow)) << flow;
    EXPECT_LE(found.at(flow), first_ms) << flow;
    EXPECT_GT(found.at(flow), first_ms - 1000) << flow << ": CSV cuts times to seconds";
  }
}

}  // namespace
}  // namespace weir::test
