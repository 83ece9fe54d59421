// The SQL of the dashboards and alerts, run over weir's own records. check_sql.py has the figures.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "flow/degrees.h"
#include "flow/names.h"
#include "sinks/record_writer.h"
#include "tests/sinks/sample_flows.h"
#include "tests/support/process.h"

namespace weir {
namespace {

constexpr std::uint64_t kNow = 1'800'003'600;  // as in check_sql.py
constexpr std::uint64_t kSecond = 1'000'000'000;

// An hour's flows of three exporters.
class Hour {
 public:
  std::string json() {
    sampled_exporter();
    exporter_of_named_traffic();
    silent_exporter();
    scans();
    std::string text;
    const RecordWriter writer({.split_biflows = true, .timestamp = true});
    for (const BatchRef& batch : batches_.take()) writer.append(*batch, text);
    return text;
  }
  // The sampling-scaled sum of all bytes.
  std::uint64_t volume() const { return volume_; }

 private:
  void origin(FlowProtocol protocol, const char* sampler, std::uint32_t domain, std::uint64_t seconds,
              std::uint32_t sequence) {
    Origin origin = sample::netflow_v9_origin();
    origin.protocol = protocol;
    origin.sampler_address = IpAddress::parse(sampler).value().bytes;
    origin.observation_domain_id = domain;
    origin.time_received_ns = received_ = seconds * kSecond;
    origin.sequence_num = sequence;
    batches_.writer().set_origin(origin);
  }

  Flow& flow(const std::string& from, const std::string& to, std::uint8_t proto, std::uint16_t src_port,
             std::uint16_t dst_port, std::uint64_t bytes, std::uint64_t packets, std::uint32_t sampling = 0) {
    Flow& flow = batches_.add();
    batches_.set_address(FieldId::src_addr, from);
    batches_.set_address(FieldId::dst_addr, to);
    flow.etype = kEtypeIpv4;
    flow.proto = proto;
    flow.src_port = src_port;
    flow.dst_port = dst_port;
    flow.bytes = bytes;
    flow.packets = packets;
    flow.sampling_rate = sampling;
    for (const FieldId id : {FieldId::etype, FieldId::proto, FieldId::src_port, FieldId::dst_port, FieldId::bytes,
                             FieldId::packets, FieldId::sampling_rate}) {
      flow.mark(id);
    }
    volume_ += bytes * (sampling == 0 ? 1 : sampling);
    return flow;
  }

  void ends(Flow& flow, std::uint64_t time_ns) {
    flow.time_flow_end_ns = time_ns;
    flow.mark(FieldId::time_flow_end_ns);
  }

  // NetFlow v9, one packet of a hundred: quiet, then at a hundred times the rate, with 10 of 120 datagrams lost.
  void sampled_exporter() {
    for (std::uint32_t i = 0; i < 90; ++i) {
      origin(FlowProtocol::kNetflowV9, "192.0.2.1", 256, kNow - 3540 + 25 * i, 4910 + i);
      flow("10.3.0." + std::to_string(i % 7), "198.51.100.1", kProtoTcp, 443, 40'000, 1000, 2, 100);
    }
    for (std::uint32_t i = 0; i < 120; ++i) {
      if (i >= 50 && i < 60) continue;
      origin(FlowProtocol::kNetflowV9, "192.0.2.1", 256, kNow - 290 + 2 * i, 5000 + i);
      flow("10.3.0.9", "198.51.100.2", kProtoUdp, 4500, 51'820, 400'000, 300, 100);
    }
  }

  // IPFIX without loss, of what enrichment and options data have names for.
  void exporter_of_named_traffic() {
    for (std::uint32_t i = 0; i < 40; ++i) {
      origin(FlowProtocol::kIpfix, "192.0.2.2", 7, kNow - 3590 + 89 * i, sequence_);
      for (std::uint32_t j = 0; j < 3; ++j, ++sequence_) named_flow(i, j);
    }
  }

  void named_flow(std::uint32_t i, std::uint32_t j) {
    constexpr std::uint16_t kPorts[] = {443, 53, 9999};
    Flow& one =
        flow("10.4.0." + std::to_string(j), "203.0.113." + std::to_string(i % 5), j == 1 ? kProtoUdp : kProtoTcp,
             static_cast<std::uint16_t>(33'000 + i), kPorts[j], 1500 + i * 10 + j, 3 + j);
    ends(one, received_ - (1 + j) * 1'500'000'000);
    one.src_as = 64'500;
    one.dst_as = 64'501 + i % 3;
    one.in_if = 1 + j % 2;
    one.out_if = 12;
    one.in_if_name = batches_.text("xe-0/0/" + std::to_string(j % 2));
    one.out_if_name = batches_.text("lag1");
    for (const FieldId id : {FieldId::src_as, FieldId::dst_as, FieldId::in_if, FieldId::out_if, FieldId::in_if_name,
                             FieldId::out_if_name}) {
      one.mark(id);
    }
    if (j == 2) return;  // nothing is known of its ends
    Place berlin{};
    berlin.geo_country_name = {0, 7};
    berlin.geo_city_name = {7, 6};
    berlin.asn_autonomous_system_organization = {13, 8};
    berlin.asn_autonomous_system_number = 64'500;
    berlin.geo_latitude = degrees_from(52.5).value();
    berlin.geo_longitude = degrees_from(13.25).value();
    one.src_place = batches_.writer().add_place(berlin, "GermanyBerlinProvider");
    one.dst_place =
        batches_.writer().add_place(oslo_or_bergen(i), i % 2 == 0 ? "NorwayOslo  Carrier1" : "NorwayBergenCarrier2");
    for (const FieldId id :
         {FieldId::src_geo_country_name, FieldId::src_geo_city_name, FieldId::src_geo_latitude,
          FieldId::src_geo_longitude, FieldId::src_asn_autonomous_system_number,
          FieldId::src_asn_autonomous_system_organization, FieldId::dst_geo_country_name, FieldId::dst_geo_city_name,
          FieldId::dst_geo_latitude, FieldId::dst_geo_longitude, FieldId::dst_asn_autonomous_system_number,
          FieldId::dst_asn_autonomous_system_organization}) {
      one.mark(id);
    }
  }

  static Place oslo_or_bergen(std::uint32_t i) {
    Place place{};
    place.geo_country_name = {0, 6};
    place.geo_city_name = {6, i % 2 == 0 ? 4U : 6U};
    place.asn_autonomous_system_organization = {12, 8};
    place.asn_autonomous_system_number = 64'501 + i % 2;
    place.geo_latitude = degrees_from(i % 2 == 0 ? 59.91 : 60.39).value();
    place.geo_longitude = degrees_from(i % 2 == 0 ? 10.75 : 5.32).value();
    return place;
  }

  // NetFlow v5 that misses every other flow, has a clock ahead of weir's, and has been silent for a quarter of an hour.
  void silent_exporter() {
    for (std::uint32_t i = 0; i < 20; ++i) {
      origin(FlowProtocol::kNetflowV5, "192.0.2.3", 0, kNow - 900 - 60 * (19 - i), 2 * i);
      Flow& one = flow("10.5.0.1", "10.5.0.2", kProtoIcmp, 0, 0, 84, 1);
      ends(one, received_ + 2 * kSecond);
    }
  }

  // One host tries 150 ports of another; one host sends to 1,100; a server answers many ports of a client, which is
  // neither.
  void scans() {
    origin(FlowProtocol::kIpfix, "192.0.2.2", 7, kNow - 120, sequence_);
    for (std::uint16_t port = 1; port <= 150; ++port) {
      flow("203.0.113.66", "10.0.0.5", kProtoTcp, 50'000, port, 40, 1);
    }
    for (std::uint16_t port = 1; port <= 300; ++port) {
      flow("10.0.0.6", "203.0.113.8", kProtoTcp, 443, static_cast<std::uint16_t>(30'000 + port), 400, 2);
    }
    sequence_ += 450;
    origin(FlowProtocol::kIpfix, "192.0.2.2", 7, kNow - 60, sequence_);
    for (int host = 0; host < 1100; ++host) {
      flow("203.0.113.77", "10.1." + std::to_string(host / 250) + "." + std::to_string(host % 250), kProtoTcp, 50'001,
           22, 60, 1);
    }
  }

  sample::Batches batches_;
  std::uint64_t received_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint64_t volume_ = 0;
};

TEST(SqlTest, EveryPanelAndAlertGivesTheRightFigures) {
  if (test::run({"python3", "-c", "import sqlite3"}).code != 0) GTEST_SKIP() << "python3 with sqlite3 is not installed";
  const test::TempDir directory;
  Hour hour;
  std::ofstream(directory / "records.json") << hour.json();
  const std::string source = WEIR_SOURCE_DIR;
  const test::Outcome outcome =
      test::run({"python3", source + "/tests/openobserve/check_sql.py", (directory / "records.json").string(),
                 source + "/deploy/openobserve", std::to_string(hour.volume())});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
}

}  // namespace
}  // namespace weir
