// `weir query`, `weir list` and goquery as their users run them, over a small store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/support/documents.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// A router's record of one flow, as JSON; it ended `age` seconds ago.
std::string record(unsigned age, const std::string& fields) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto end = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - age * 1'000'000'000LL;
  return R"({"type":"IPFIX","sampler_address":"192.0.2.1","time_received_ns":)" + std::to_string(end) +
         R"(,"time_flow_start_ns":)" + std::to_string(end - 1'000'000'000) + R"(,"time_flow_end_ns":)" +
         std::to_string(end) + "," + fields + "}\n";
}

// What enters by eth0 leaves by eth7; the answers enter by eth7 and leave by eth2. Besides, a name server's flow two
// days ago and one forty days ago.
std::string seed_flows() {
  return record(600, R"("src_addr":"198.51.100.7","dst_addr":"203.0.113.9","src_port":40000,"dst_port":443,)"
                     R"("proto":"TCP","packets":10,"bytes":1000,"in_if_name":"eth0","out_if_name":"eth7")") +
         record(599, R"("src_addr":"203.0.113.9","dst_addr":"198.51.100.7","src_port":443,"dst_port":40000,)"
                     R"("proto":"TCP","packets":20,"bytes":5000,"in_if_name":"eth7","out_if_name":"eth2")") +
         record(172'800,
                R"("src_addr":"2001:db8::1","dst_addr":"2001:db8::53","src_port":5353,"dst_port":53,)"
                R"("proto":"UDP","packets":1,"bytes":77,"in_if":3,"out_if_name":"eth10","sampling_rate":100)") +
         record(40 * 86'400, R"("src_addr":"10.0.0.1","dst_addr":"10.0.0.2","src_port":1,"dst_port":2,)"
                             R"("proto":"UDP","packets":3,"bytes":300,"in_if_name":"eth0","out_if_name":"eth2")");
}

class Query : public testing::Test {
 protected:
  void SetUp() override {
    import(seed_flows());
    std::filesystem::create_symlink(weir_binary(), dir_ / "goquery");
  }

  void import(const std::string& records) {
    std::ofstream(dir_ / "flows.json") << records;
    const Outcome outcome = run({weir_binary(), "db", "import", "-d", store(), (dir_ / "flows.json").string()});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  std::string store() const { return (dir_ / "store").string(); }

  // The store is told by the environment.
  Outcome weir(std::vector<std::string> arguments) { return called(weir_binary(), std::move(arguments)); }
  Outcome goquery(std::vector<std::string> arguments) {
    return called((dir_ / "goquery").string(), std::move(arguments));
  }
  Outcome called(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program);
    return run(std::move(arguments), {"WEIR_DB=" + store(), "TZ=UTC"});
  }
  // A line of a document, by a shell that finds weir and goquery.
  Outcome shell(const std::string& line) {
    const std::string path = dir_.path().string() + ":" + std::filesystem::path(weir_binary()).parent_path().string();
    return run({"bash", "-c", line}, {"WEIR_DB=" + store(), "PATH=" + path + ":/usr/bin:/bin"});
  }

  // The rows of an answer as CSV.
  std::vector<std::string> rows(Outcome outcome) {
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    auto lines = lines_of(outcome.out);
    if (!lines.empty()) lines.erase(lines.begin());
    return lines;
  }

  TempDir dir_;
};

TEST_F(Query, EachInterfaceShowsWhatWentInAndOutThere) {
  EXPECT_THAT(rows(goquery({"-i", "eth0,eth2,eth7", "-f", "-1d", "-e", "csv", "iface,sip,dip"})),
              ElementsAre("eth7,198.51.100.7,203.0.113.9,20,10,50.00,5000,1000,50.00",
                          "eth2,198.51.100.7,203.0.113.9,0,20,33.33,0,5000,41.67",
                          "eth0,198.51.100.7,203.0.113.9,10,0,16.67,1000,0,8.33"));
  EXPECT_THAT(rows(weir({"query", "-i", "eth0,eth2,eth7", "-f", "-1d", "-e", "csv", "iface,sip,dip"})),
              UnorderedElementsAre("eth7,203.0.113.9,198.51.100.7,20,0,33.33,5000,0,41.67",
                                   "eth2,203.0.113.9,198.51.100.7,0,20,33.33,0,5000,41.67",
                                   "eth7,198.51.100.7,203.0.113.9,0,10,16.67,0,1000,8.33",
                                   "eth0,198.51.100.7,203.0.113.9,10,0,16.67,1000,0,8.33"));
}

TEST_F(Query, WithoutInterfacesEachFlowCountsOnce) {
  EXPECT_THAT(rows(goquery({"-f", "-1d", "-e", "csv", "sip,dip,dport,proto"})),
              ElementsAre("198.51.100.7,203.0.113.9,443,TCP,10,20,100.00,1000,5000,100.00"));
  EXPECT_THAT(rows(goquery({"-f", "-1d", "-e", "csv", "-c", "dir = uni", "sip"})), ElementsAre());
  EXPECT_THAT(rows(weir({"query", "-f", "-1d", "-e", "csv", "dport"})),
              ElementsAre("40000,20,0,66.67,5000,0,83.33", "443,10,0,33.33,1000,0,16.67"));
  EXPECT_THAT(rows(goquery({"--no-biflow", "-f", "-1d", "-e", "csv", "-s", "packets", "-a", "dport"})),
              ElementsAre("443,10,0,33.33,1000,0,16.67", "40000,20,0,66.67,5000,0,83.33"));
}

TEST_F(Query, DefaultWindows) {
  EXPECT_EQ(rows(weir({"query", "-e", "csv", "sip"})).size(), 3U);
  EXPECT_EQ(rows(weir({"query", "-e", "csv", "sip,time"})).size(), 2U);
  EXPECT_EQ(rows(weir({"query", "-f", "-60d", "-e", "csv", "sip"})).size(), 4U);
  EXPECT_EQ(rows(weir({"query", "-l", "-35d", "-e", "csv", "sip"})).size(), 1U);
}

TEST_F(Query, TextEndsWithWhatWasAsked) {
  const Outcome outcome = weir({"query", "-c", "dport=53", "-n", "5", "sip"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("    2001:db8::1         1.00     0.00    100.00  77.00  B   0.00  B  100.00\n"),
                    HasSubstr("\nInterface   : any\n"), HasSubstr("\nConditions  : dport = 53\n"),
                    HasSubstr("\nQuery stats : displayed top 1 hits out of 1 in "), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(weir({"query", "-n", "1", "sip"}).out, HasSubstr("...\n"));
  EXPECT_THAT(weir({"query", "--explain", "sip"}).out, HasSubstr("\nSegments    : 2 read, 1 left out"));
}

TEST_F(Query, DirectionsSamplingAndNames) {
  EXPECT_THAT(rows(goquery({"-f", "-1d", "--in", "-e", "csv", "sip"})),
              ElementsAre("198.51.100.7,10,100.00,1000,100.00"));
  EXPECT_THAT(rows(goquery({"-f", "-1d", "-out", "-e", "csv", "sip"})),
              ElementsAre("198.51.100.7,20,100.00,5000,100.00"));
  EXPECT_THAT(rows(goquery({"-f", "-1d", "-sum", "-e", "csv", "sip"})),
              ElementsAre("198.51.100.7,30,100.00,6000,100.00"));
  EXPECT_THAT(rows(weir({"query", "-c", "proto=udp", "--sampling", "scaled", "-e", "csv", "iface"})),
              UnorderedElementsAre("if3,100,0,50.00,7700,0,50.00", "eth10,0,100,50.00,0,7700,50.00"));
  EXPECT_THAT(rows(weir({"query", "-c", "hostname = 192.0.2.1 & in_iface = if3", "-e", "csv", "host,hostid,in_if"})),
              ElementsAre("192.0.2.1,192.0.2.1,3,1,0,100.00,77,0,100.00"));
}

TEST_F(Query, Json) {
  const Outcome outcome = weir({"query", "-e", "JSON", "-c", "dport = 53", "iface,sip,dport"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Record record = parse_record(outcome.out);
  EXPECT_EQ(record.at("status"), R"({"code":"ok"})");
  EXPECT_EQ(parse_record(record.at("summary")).at("interfaces"), R"(["eth10","if3"])");
  EXPECT_THAT(record.at("rows"), HasSubstr(R"({"labels":{"iface":"if3"},"attributes":{"sip":"2001:db8::1","dport":53},)"
                                           R"("counters":{"br":77,"bs":0,"pr":1,"ps":0}})"));
}

TEST_F(Query, StoredQueries) {
  const std::string file = (dir_ / "query.json").string();
  std::ofstream(file) << R"({"query":"sip,dport","ifaces":"any","condition":"dport = 53","sort_by":"packets",)"
                         R"("num_results":7,"format":"csv","first":"-3d","last":"","in":false,"sum":true,)"
                         R"("dns_resolution":{"enabled":false,"timeout":1000000000,"max_rows":25},"max_mem_pct":60,)"
                         R"("caller":"x","hosts":["a"]})";
  const char* const row = "2001:db8::1,53,1,100.00,77,100.00";
  EXPECT_THAT(rows(weir({"query", "--stored-query", file})), ElementsAre(row));
  EXPECT_THAT(rows(goquery({"--stored-query=" + file, "-c", "dport = 443", "-in", "--sum=false", "dip"})),
              ElementsAre("203.0.113.9,10,100.00,1000,100.00"));
  EXPECT_THAT(rows(shell("weir query --stored-query - <" + file)), ElementsAre(row));
  std::ofstream(file) << "[1]";
  const Outcome bad = weir({"query", "--stored-query", file});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, AllOf(HasSubstr(file), HasSubstr("one JSON object")));
}

TEST_F(Query, ListShowsInterfacesInNaturalOrder) {
  const Outcome outcome = weir({"list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 9U) << outcome.out;
  EXPECT_THAT(lines[0], testing::MatchesRegex(" +iface +# of flows +traffic +from +until"));
  EXPECT_THAT(lines[2], testing::MatchesRegex(" +eth0 +2.00 +1.27 kB +.*"));
  EXPECT_THAT(lines[3], testing::MatchesRegex(" +eth2 +2.00 +5.18 kB +.*"));
  EXPECT_THAT(lines[4], testing::MatchesRegex(" +eth7 +2.00 +5.86 kB +.*"));
  EXPECT_THAT(lines[5], testing::MatchesRegex(" +eth10 +1.00 +77.00  B +.*"));
  EXPECT_THAT(lines[6], testing::MatchesRegex(" +if3 +1.00 +77.00  B +.*"));
  EXPECT_EQ(lines[7], "");
  EXPECT_THAT(lines[8], testing::MatchesRegex(" +Total +4.00 +6.23 kB +.*"));
  EXPECT_EQ(goquery({"-list"}).out, outcome.out);
  EXPECT_EQ(goquery({"list"}).out, outcome.out);
  EXPECT_EQ(weir({"query", "-list", "-d", store()}).out, outcome.out);

  const Record json = parse_record(weir({"list", "-e", "json", "/eth1?0/"}).out);
  EXPECT_THAT(json.at("interfaces"),
              StartsWith(R"([{"iface":"eth0","host":"192.0.2.1","host_id":"192.0.2.1","flows":2,)"
                         R"("counters":{"br":1300,"bs":0,"pr":13,"ps":0},"time_first":")"));
  EXPECT_THAT(json.at("total"), StartsWith(R"({"flows":3,"bytes":1377,"packets":14,)"));
}

TEST_F(Query, GoQuerysOtherWords) {
  EXPECT_THAT(goquery({"version"}).out, StartsWith("weir "));
  EXPECT_THAT(goquery({"-version"}).out, StartsWith("weir "));
  EXPECT_THAT(goquery({"-v"}).out, StartsWith("weir "));
  EXPECT_EQ(weir({"query", "-v"}).code, 2) << "under its own name weir has no such option";
  EXPECT_THAT(goquery({"examples"}).out, HasSubstr("talk_conv"));
  EXPECT_THAT(goquery({"-help"}).out, HasSubstr("Usage: weir query"));
  EXPECT_THAT(goquery({"help"}).out, HasSubstr("Usage: weir query"));
  EXPECT_THAT(rows(goquery({"-f", "-1d", "-e", "csv", "--memory.max-pct", "50", "--query.timeout", "10s",
                            "--dns-resolution.timeout=1s", "--results.limit", "3", "-resolve-rows", "4", "sip"})),
              ElementsAre("198.51.100.7,10,20,100.00,1000,5000,100.00"));
}

TEST_F(Query, EveryCommandLineOfGoQuerysExamples) {
  const std::string page = slurp(shared_dir() / "goquery-examples.md");
  if (page.empty()) GTEST_SKIP() << "no goquery-examples.md";
  const auto lines = fenced_lines(page, "", "## Command lines");
  EXPECT_GE(lines.size(), 11U);
  for (std::string line : lines) {
    if (const std::size_t at = line.find("-d /var/lib/db"); at != std::string::npos) line.replace(at + 3, 11, store());
    if (line.find("\"02.01.2026") == std::string::npos) {
      const Outcome outcome = shell(line);
      EXPECT_EQ(outcome.code, 0) << line << "\n" << outcome.err;
      EXPECT_EQ(outcome.err, "") << line;
      EXPECT_NE(outcome.out, "") << line;
      continue;
    }
    // -f is local time there, and must lie before -l for that.
    const Outcome outcome = shell("TZ=UTC " + line);
    EXPECT_EQ(outcome.code, 0) << line << "\n" << outcome.err;
  }
}

TEST_F(Query, EveryCommandLineOfOurPage) {
  const auto lines = fenced_lines(slurp(std::filesystem::path(WEIR_SOURCE_DIR) / "docs/query.md"), "sh");
  EXPECT_GE(lines.size(), 14U);
  for (const std::string& line : lines) {
    const Outcome outcome = shell(line);
    EXPECT_EQ(outcome.code, 0) << line << "\n" << outcome.err;
  }
}

TEST_F(Query, BadUsageIsOneClearMessage) {
  const auto refused = [&](std::vector<std::string> arguments, const std::string& words) {
    const Outcome outcome = weir(std::move(arguments));
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, AllOf(StartsWith("weir: "), HasSubstr(words)));
    return lines_of(outcome.err);
  };
  EXPECT_EQ(refused({"query", "sip,dprt"}, "unknown column 'dprt'; did you mean 'dport'?").size(), 1U);
  EXPECT_EQ(refused({"query"}, "which columns?").size(), 1U);
  EXPECT_THAT(refused({"query", "-c", "dport = 22 & proto = tpc", "sip"}, "did you mean 'tcp'?"),
              ElementsAre(StartsWith("weir: proto is"), "dport = 22 & proto = tpc", "                     ^"));
  EXPECT_EQ(refused({"query", "-f", "-1h", "-l", "-2h", "sip"}, "the time range is empty").size(), 1U);
  EXPECT_EQ(refused({"query", "-f", "now", "sip"}, "the time range is empty").size(), 1U);
  EXPECT_EQ(refused({"query", "-f", "yesterday", "sip"}, "--first: 'yesterday' is not a time").size(), 1U);
  EXPECT_EQ(refused({"query", "-d", "/no/such/store", "sip"}, "/no/such/store").size(), 1U);
  EXPECT_EQ(refused({"query", "-d", dir_.path().string(), "sip"}, dir_.path().string()).size(), 1U);
  EXPECT_EQ(refused({"list", "-d", "/no/such/store"}, "/no/such/store").size(), 1U);
  EXPECT_EQ(refused({"query", "-n", "0", "sip"}, "--limit").size(), 1U);
  EXPECT_EQ(refused({"query", "-e", "xml", "sip"}, "txt, json, csv").size(), 1U);
  EXPECT_EQ(refused({"query", "-i", "/eth[/", "sip"}, "--ifaces: the pattern '/eth[/'").size(), 1U);
  EXPECT_EQ(refused({"query", "--time-resolution", "7m", "time"}, "multiple of five minutes").size(), 1U);
  EXPECT_EQ(refused({"query", "--memory", "0%", "sip"}, "--memory: '0%'").size(), 1U);
  EXPECT_EQ(refused({"query", "--memory", "1kB", "sip"}, "1MiB or more").size(), 1U);
  EXPECT_EQ(refused({"query", "--timeout", "soon", "sip"}, "--timeout: 'soon'").size(), 1U);
  EXPECT_EQ(refused({"query", "--lmit", "5", "sip"}, "did you mean '--limit'?").size(), 1U);
  EXPECT_EQ(refused({"query", "sip", "dip"}, "unexpected argument 'dip'").size(), 1U);
  EXPECT_EQ(refused({"query", "-c"}, "-c").size(), 1U);
  EXPECT_EQ(refused({"query", "--stored-query", "/no/such/file"}, "/no/such/file").size(), 1U);
}

TEST_F(Query, ValuesMayBeginWithAnything) {
  // CLI11 alone would take brackets for a list, and an empty value for none.
  EXPECT_EQ(rows(weir({"query", "-e", "csv", "-c", "[dport = 53]", "sip"})).size(), 1U);
  EXPECT_EQ(rows(weir({"query", "-e", "csv", "-c", "", "sip"})).size(), 3U);
  EXPECT_EQ(rows(weir({"query", "-e", "csv", "--condition=", "sip"})).size(), 3U);
  EXPECT_THAT(weir({"query", "-c", "-dport = 53", "sip"}).err, HasSubstr("\n-dport = 53\n^"));
}

TEST_F(Query, TooLittleMemoryIsAnErrorNotADeath) {
  std::string many;
  for (unsigned i = 0; i < 40'000; ++i) {
    many += record(60, R"("src_addr":"10.1.)" + std::to_string(i / 250) + "." + std::to_string(i % 250) +
                           R"(","dst_addr":"10.0.0.1","packets":1,"bytes":40)");
  }
  import(many);
  const Outcome outcome = weir({"query", "--memory", "1MiB", "sip"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("memory"));
  EXPECT_EQ(weir({"query", "--memory", "100MiB", "sip"}).code, 0);
}

TEST_F(Query, DamageIsToldAndLeftOut) {
  std::filesystem::path segment;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store())) {
    if (entry.path().extension() == ".seg") segment = entry.path();
  }
  ASSERT_FALSE(segment.empty());
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(segment) / 2));
    file.write("damaged!", 8);
  }
  const Outcome outcome = weir({"query", "-f", "-60d", "-e", "json", "sip,dip,sport,dport,proto,in_iface,out_iface"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("weir: warning: left out"), HasSubstr(segment.filename().string())));
  EXPECT_THAT(parse_record(outcome.out).at("status"), HasSubstr("missing data"));
}

TEST_F(Query, OnATerminal) {
  if (!have_program("script")) GTEST_SKIP() << "no script(1)";
  const auto on_terminal = [&](const std::string& settings) {
    return shell(settings + " script -qec 'stty cols 60; weir query -c \"dport = 53\" sip,dip' /dev/null").out;
  };
  EXPECT_THAT(on_terminal("TERM=xterm"), HasSubstr("\x1b[1m"));
  EXPECT_THAT(on_terminal("TERM=xterm NO_COLOR=1"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal("TERM=dumb"), Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace weir::test
