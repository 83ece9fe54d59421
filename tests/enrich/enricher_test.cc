#include "enrich/enricher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/enrich/places.h"
#include "tests/support/mmdb_writer.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::IsEmpty;

class EnricherTest : public testing::Test {
 protected:
  void SetUp() override {
    write_file(dir_ / "city.mmdb", mmdb::file("City", 1,
                                              {{"192.0.2.0/24", mmdb::city("DE", "Germany", "Berlin", 52.52, 13.405)},
                                               {"203.0.0.0/8", mmdb::city("AU", "Australia", "Perth", -31.95, 115.86)},
                                               {"2001:db8::/32", mmdb::city("JP", "Japan", "Tokyo", 35.7, 139.8)}}));
    write_file(dir_ / "asn.mmdb", mmdb::file("ASN", 1,
                                             {{"192.0.2.0/25", mmdb::asn(64500, "First")},
                                              {"192.0.2.128/25", mmdb::asn(64501, "Second")},
                                              {"2001:db8::/33", mmdb::asn(64502, "Third")}}));
    write_file(dir_ / "networks.csv", "prefix,name,site\n10.1.0.0/16,office,Kiel\n192.0.2.64/26,dmz,\n");
  }
  std::shared_ptr<Enrichment> open(AsnSource source = AsnSource::kPreferExporter) {
    auto opened = Enrichment::open({.databases = {dir_ / "city.mmdb", dir_ / "asn.mmdb"},
                                    .networks = dir_ / "networks.csv",
                                    .asn_source = source,
                                    .look_every = std::chrono::hours(1)});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }
  static void set(Flow& flow, const std::string& src, const std::string& dst) {
    const IpAddress a = IpAddress::parse(src).value_or(IpAddress{}), b = IpAddress::parse(dst).value_or(IpAddress{});
    flow.src_addr = a.bytes;
    flow.src_addr_family = a.family;
    flow.dst_addr = b.bytes;
    flow.dst_addr_family = b.family;
  }
  // One batch of flows between these addresses, AS numbers as given (0: absent).
  BatchRef enriched(const std::shared_ptr<Enrichment>& enrichment,
                    const std::vector<std::pair<std::string, std::string>>& ends, std::uint32_t as = 0) {
    BatchRef made;
    BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { made = std::move(batch); }, seal_of(enrichment));
    writer.set_origin({});
    for (const auto& [src, dst] : ends) {
      Flow& flow = *writer.add();
      set(flow, src, dst);
      if (as == 0) continue;
      flow.src_as = as;
      flow.mark(FieldId::src_as);
    }
    writer.flush();
    return made;
  }

  TempDir dir_;
};

TEST_F(EnricherTest, BothEndsHaveTheirPlaces) {
  const BatchRef batch = enriched(
      open(),
      {{"192.0.2.1", "2001:db8::1"}, {"10.1.2.3", "192.0.2.200"}, {"8.8.8.8", ""}, {"192.0.2.1", "192.0.2.65"}});
  const auto flows = batch->flows();
  const Words berlin{{"asn_autonomous_system_number", "64500"},
                     {"asn_autonomous_system_organization", "First"},
                     {"geo_city_name", "Berlin"},
                     {"geo_country_code", "DE"},
                     {"geo_country_name", "Germany"},
                     {"geo_latitude", "52.52"},
                     {"geo_longitude", "13.405"},
                     {"net_name", "documentation"}};
  EXPECT_EQ(words_src(*batch, flows[0]), berlin);
  EXPECT_EQ(words_dst(*batch, flows[0]).at("asn_autonomous_system_organization"), "Third");
  EXPECT_EQ(words_dst(*batch, flows[0]).at("geo_latitude"), "35.7");
  EXPECT_EQ(words_src(*batch, flows[1]), (Words{{"net_name", "office"}, {"net_site", "Kiel"}}));
  EXPECT_EQ(words_dst(*batch, flows[1]).at("asn_autonomous_system_number"), "64501");
  EXPECT_THAT(words_src(*batch, flows[2]), IsEmpty());
  EXPECT_THAT(words_dst(*batch, flows[2]), IsEmpty());
  EXPECT_EQ(flows[2].src_place, 0);
  EXPECT_EQ(words_dst(*batch, flows[3]).at("net_name"), "dmz") << "own names before those of special ranges";
  EXPECT_EQ(flows[3].src_place, flows[0].src_place) << "one place for all flows of a batch";
}

TEST_F(EnricherTest, AsNumbersByTheirSource) {
  const auto as = [&](AsnSource source, std::uint32_t exporters, const std::string& src) {
    const BatchRef batch = enriched(open(source), {{src, "192.0.2.200"}}, exporters);
    const Flow& flow = batch->flows()[0];
    EXPECT_EQ(flow.has(FieldId::src_as), flow.src_as != 0);
    return flow.src_as;
  };
  EXPECT_EQ(as(AsnSource::kPreferExporter, 7, "192.0.2.1"), 7U);
  EXPECT_EQ(as(AsnSource::kPreferExporter, 0, "192.0.2.1"), 64500U);
  EXPECT_EQ(as(AsnSource::kPreferExporter, 0, "8.8.8.8"), 0U);
  EXPECT_EQ(as(AsnSource::kExporter, 7, "192.0.2.1"), 7U);
  EXPECT_EQ(as(AsnSource::kExporter, 0, "192.0.2.1"), 0U);
  EXPECT_EQ(as(AsnSource::kGeoip, 7, "192.0.2.1"), 64500U);
  EXPECT_EQ(as(AsnSource::kGeoip, 7, "8.8.8.8"), 0U);
}

// Over many batches, with more addresses than the cache has slots: what a flow got is what the sources say.
TEST_F(EnricherTest, PlacesAreThoseOfDirectLookups) {
  const auto enrichment = open();
  const auto knowledge = enrichment->knowledge();
  const auto expected = [&](const AddressBytes& address, Family family) {
    return words(knowledge->describe(knowledge->find(address, family)));
  };
  std::mt19937 random(5);
  std::size_t checked = 0, known = 0;
  const auto publish = [&](const BatchRef& batch) {
    for (const Flow& flow : batch->flows()) {
      const Words src = expected(flow.src_addr, flow.src_addr_family);
      ASSERT_EQ(words_src(*batch, flow), src);
      ASSERT_EQ(words_dst(*batch, flow), expected(flow.dst_addr, flow.dst_addr_family));
      ++checked;
      known += src.empty() ? 0 : 1;
    }
  };
  constexpr std::size_t kFlows = 100'000;
  {
    BatchWriter writer(BatchPool::create(2), publish, seal_of(enrichment));
    writer.set_origin({});
    const auto any = [&](AddressBytes& bytes, Family& family) {
      constexpr AddressBytes kHeads[] = {{192, 0, 2}, {203}, {10, 1}, {1}};
      family = random() % 4 == 0 ? Family::kV6 : Family::kV4;
      bytes = family == Family::kV4 ? kHeads[random() % 4]
                                    : AddressBytes{0x20, 0x01, 0x0d, static_cast<std::uint8_t>(0xb8 + random() % 2)};
      const std::size_t size = family == Family::kV4 ? 4 : 16;
      bytes[size - 1] = static_cast<std::uint8_t>(random());
      bytes[size - 2] = static_cast<std::uint8_t>(random() % 3);
      if (random() % 3 == 0) bytes[4 % size] = static_cast<std::uint8_t>(random());
    };
    for (std::size_t i = 0; i < kFlows; ++i) {
      Flow& flow = *writer.add();
      any(flow.src_addr, flow.src_addr_family);
      any(flow.dst_addr, flow.dst_addr_family);
    }
  }
  EXPECT_EQ(checked, kFlows);
  EXPECT_GT(known, kFlows / 4);
  EXPECT_EQ(enrichment->status().flows, kFlows);
  EXPECT_GT(enrichment->status().lookups, 1000U);
  EXPECT_EQ(enrichment->status().places_dropped, 0U);
}

// Places larger than any batch's annex together: the flows go on without, counted.
TEST_F(EnricherTest, ABatchWithoutRoomIsCounted) {
  std::string csv = "prefix,name,site,role,tenant\n";
  const std::string text(255, 'x');
  for (int i = 0; i < 1200; ++i) {
    csv += "10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24," + text + "," + text + "," + text +
           "," + text + "\n";
  }
  write_file(dir_ / "networks.csv", csv);
  std::vector<std::pair<std::string, std::string>> ends;
  for (int i = 0; i < 1200; ++i) {
    ends.push_back({"10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".9", "192.0.2.1"});
  }
  const auto enrichment = open();
  const BatchRef batch = enriched(enrichment, ends);
  ASSERT_EQ(batch->flows().size(), 1200U);
  const std::uint64_t dropped = enrichment->status().places_dropped;
  EXPECT_GT(dropped, 0U);
  std::uint64_t without = 0;
  for (const Flow& flow : batch->flows()) {
    without += flow.src_place == 0;
    EXPECT_EQ(words_src(*batch, flow).empty(), flow.src_place == 0);
  }
  EXPECT_EQ(without, dropped);
}

TEST(SealOf, NothingIsNoSeal) { EXPECT_FALSE(seal_of(nullptr)); }

}  // namespace
}  // namespace weir::test
