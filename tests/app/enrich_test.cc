// Enrichment end to end: export messages in, enriched records, store, query, status and metrics out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "tests/app/running_collector.h"
#include "tests/support/messages.h"
#include "tests/support/mmdb_writer.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string city_file(const std::string& city) {
  return mmdb::file("City", 1'700'000'000, {{"10.0.1.0/25", mmdb::city("DE", "Germany", city, 54.32, -10.14)}});
}

std::string answer(const std::string& store, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{weir_binary(), "query", "-d", store, "-e", "csv"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Process query(argv);
  EXPECT_EQ(query.wait(), 0) << query.err();
  return query.out();
}

TEST(Enrich, FlowsAreEnrichedFromTheSocketToTheQuery) {
  const TempDir temp;
  const std::string store = (temp / "flows").string();
  write_file(temp / "city.mmdb", city_file("Kiel"));
  write_file(temp / "asn.mmdb", mmdb::file("ASN", 1'700'000'000, {{"10.0.1.0/24", mmdb::asn(64500, "Ours")}}));
  write_file(temp / "networks.csv", "prefix,name,site\n10.0.0.1,gateway,Kiel\n");
  RunningCollector collector({"--to", "store:" + store, "--geoip-city", (temp / "city.mmdb").string(), "--geoip-asn",
                              (temp / "asn.mmdb").string(), "--networks", (temp / "networks.csv").string()});
  const Sender sender(collector.port());
  sender.send(ipfix_message(1, 0, ipfix_template(256) + ipfix_data(256, 20)));
  const std::vector<Record> records = collector.wait_for_records(20);
  ASSERT_EQ(records.size(), 20U);
  for (const Record& record : records) {
    EXPECT_EQ(record.at("src_net_name"), "gateway");
    EXPECT_EQ(record.at("src_net_site"), "Kiel");
    EXPECT_EQ(record.at("dst_geo_country_code"), "DE");
    EXPECT_EQ(record.at("dst_geo_city_name"), "Kiel");
    EXPECT_EQ(record.at("dst_geo_latitude"), "54.32");
    EXPECT_EQ(record.at("dst_geo_longitude"), "-10.14");
    EXPECT_EQ(record.at("dst_asn_autonomous_system_number"), "64500");
    EXPECT_EQ(record.at("dst_as"), "64500");
    EXPECT_EQ(record.at("src_as"), "0");
    EXPECT_FALSE(record.contains("src_geo_country_code"));
  }

  const Record enrichment = parse_record(collector.status().at("enrichment"));
  EXPECT_EQ(enrichment.at("flows"), "20");
  EXPECT_THAT(enrichment.at("files"), AllOf(HasSubstr("\"type\":\"City\""), HasSubstr("\"networks\":1")));

  // SIGHUP: a broken file is refused, a good one taken.
  write_file(temp / "city.mmdb", "broken");
  ::kill(collector.process().pid(), SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return parse_record(collector.status().at("enrichment")).at("files").find("\"refused\":1") != std::string::npos;
  }));
  write_file(temp / "city.mmdb", city_file("Plön"));
  ::kill(collector.process().pid(), SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return parse_record(collector.status().at("enrichment")).at("files").find("\"loads\":2") != std::string::npos;
  }));
  sender.send(ipfix_message(1, 20, ipfix_data(256, 20)));
  const std::vector<Record> more = collector.wait_for_records(40);
  ASSERT_EQ(more.size(), 40U);
  EXPECT_EQ(more.back().at("dst_geo_city_name"), "Plön");
  const std::string metrics = http_get(collector.http_port(), "/metrics");
  const std::string city = "{file=\"" + (temp / "city.mmdb").string() + "\",type=\"City\"} ";
  for (const std::string& row :
       {std::string("weir_enriched_flows_total 40"), "weir_enrichment_loads_total" + city + "2",
        "weir_enrichment_refused_total" + city + "1", "weir_enrichment_failing" + city + "0",
        "weir_enrichment_build_time_seconds" + city + "1700000000",
        std::string("weir_enrichment_dropped_places_total 0")}) {
    EXPECT_THAT(metrics, HasSubstr("\n" + row + "\n"));
  }
  EXPECT_EQ(collector.stop(), 0) << collector.process().err();
  EXPECT_THAT(collector.process().err(), HasSubstr("city.mmdb: "));

  EXPECT_THAT(answer(store, {"-f", "0", "dst_country,dst_city,dst_asn_name,dst_latitude"}),
              AllOf(HasSubstr("DE,Kiel,Ours,54.32"), HasSubstr("DE,Plön,Ours,54.32")));
  const auto condition = [&](const std::string& text) { return answer(store, {"-f", "0", "-c", text, "src_site"}); };
  EXPECT_THAT(condition("dst_longitude < -10 & src_net_name = gateway"), HasSubstr("Kiel"));
  EXPECT_THAT(condition("dst_longitude > -10"), Not(HasSubstr("Kiel")));
  EXPECT_THAT(condition("dst_asn = 64500 & dst_country = DE"), HasSubstr("Kiel"));

  // What is enriched stays so through JSON and back.
  const std::string again = (temp / "again").string();
  Process import({weir_binary(), "db", "import", "-d", again, (collector.dir() / "flows.json").string()});
  EXPECT_EQ(import.wait(), 0) << import.err();
  const std::vector<std::string> columns{"-f", "0", "src_site,dst_country,dst_city,dst_asn_name,dst_latitude"};
  EXPECT_EQ(answer(again, columns), answer(store, columns));
}

TEST(Enrich, WhatCannotBeLoadedStopsTheStart) {
  const TempDir temp;
  write_file(temp / "n.csv", "prefix,name\nx,y\n");
  const auto error = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {weir_binary(), "collect", "--listen", "udp://127.0.0.1:0", "--http", "off",
                                     "--state-dir", "none", "--run-dir", (temp / "run").string()});
    Process process(options);
    EXPECT_EQ(process.wait(), 2);
    return process.err();
  };
  EXPECT_THAT(error({"--geoip-city", (temp / "none.mmdb").string()}), HasSubstr("none.mmdb: No such file"));
  EXPECT_THAT(error({"--networks", (temp / "n.csv").string()}), HasSubstr("n.csv, line 2: 'x' is no prefix"));
  EXPECT_THAT(error({"--asn-source", "geoip"}), HasSubstr("--asn-source geoip needs a database"));
  EXPECT_THAT(error({"--asn-source", "x"}), HasSubstr("--asn-source"));
}

}  // namespace
}  // namespace weir::test
