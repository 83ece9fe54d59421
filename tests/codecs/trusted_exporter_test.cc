// Exporters behind a load balancer: who they are is told by their records or options data, and sessions of the
// balancer's address are strangers to each other.
#include "codecs/decoder.h"
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::Eq;

const Fields kOptions{{130, 4}, {131, 16}, {300, 8}};
constexpr const char* kNoIpv6 = "::";

class TrustedExporterTest : public DecoderTest {
 protected:
  TrustedExporterTest() { restart(); }

  // A decoder without memory that trusts the balancer 192.0.2.1, which session() comes from.
  void restart() { decoder_ = std::make_unique<Decoder>(Decoder::Limits{}, trusted_); }

  void feed(const Octets& message, const Session& from = session()) {
    decoder_->decode(from, message.bytes(), now_, writer_);
  }
  // The exporter of every flow so far, with its name if it has one.
  std::vector<std::string> exporters() {
    std::vector<std::string> all;
    for (const Seen& seen : flows()) {
      const Origin& origin = seen.batch->origin(*seen.flow);
      const std::string name(seen.batch->text(origin.host));
      all.push_back(IpAddress{origin.sampler_address, origin.sampler_address_family}.to_string() +
                    (name.empty() ? "" : ' ' + name));
    }
    return all;
  }

  static Fields with(std::initializer_list<F> more) {
    Fields fields = kBase;
    fields.insert(fields.end(), more);
    return fields;
  }
  static Octets record() { return base_record("10.0.0.1", "10.0.0.2"); }
  static Octets announce(std::string_view exporter4, std::string_view exporter6, std::string_view name) {
    return ipfix_options(512, {{149, 4}}, kOptions) + set(512, Octets().u32(7).ip(exporter4).ip(exporter6).text(name));
  }
  void teach(const Session& from) { feed(ipfix(7, 0, ipfix_template(256, kBase)), from); }

  std::vector<Prefix> trusted_{Prefix::parse("192.0.2.0/28").value()};
  std::unique_ptr<Decoder> decoder_;
};

TEST_F(TrustedExporterTest, RecordsSayWhoseTheyAre) {
  feed(ipfix(7, 0, ipfix_template(256, with({{130, 4}, {131, 16}}))));
  const auto said = [](std::string_view v4, std::string_view v6) { return record().ip(v4).ip(v6); };
  feed(ipfix(7, 0,
             set(256, said("198.51.100.1", kNoIpv6) + said("198.51.100.1", kNoIpv6) + said("0.0.0.0", "2001:db8::1") +
                          said("0.0.0.0", kNoIpv6) + said("198.51.100.2", "2001:db8::2"))));
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.1", "198.51.100.1", "2001:db8::1", "192.0.2.1", "198.51.100.2"));
}

TEST_F(TrustedExporterTest, OptionsDataSayItForTheirSession) {
  teach(session(4001));
  teach(session(4002));
  feed(ipfix(7, 0, announce("198.51.100.1", kNoIpv6, "router-1")), session(4001));
  feed(ipfix(7, 0, announce("0.0.0.0", "2001:db8::2", "router-2")), session(4002));
  feed(ipfix(7, 1, set(256, record())), session(4001));
  feed(ipfix(7, 1, set(256, record())), session(4002));
  teach(session(4003));
  feed(ipfix(7, 0, set(256, record())), session(4003));
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.1 router-1", "2001:db8::2 router-2", "192.0.2.1"));
}

TEST_F(TrustedExporterTest, ARecordIsBelievedBeforeOptionsData) {
  feed(ipfix(7, 0, announce("198.51.100.1", kNoIpv6, "router-1")));
  feed(ipfix(7, 1,
             ipfix_template(256, with({{130, 4}})) + set(256, record().ip("198.51.100.9") + record().ip("0.0.0.0"))));
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.9 router-1", "198.51.100.1 router-1"));
}

TEST_F(TrustedExporterTest, V9SaysItLikewise) {
  feed(v9(7, 0, v9_template(256, with({{130, 4}})) + set(256, record().ip("198.51.100.1"))));
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.1"));
}

TEST_F(TrustedExporterTest, AFieldOfAnotherWidthSaysNothing) {
  feed(ipfix(
      7, 0,
      ipfix_template(256, with({{130, 16}, {131, 4}})) + set(256, record().ip("2001:db8::1").ip("198.51.100.1"))));
  EXPECT_THAT(exporters(), ElementsAre("192.0.2.1"));
}

TEST_F(TrustedExporterTest, OthersAreNotBelieved) {
  const Session stranger = session(4000, "192.0.2.16");  // the first address behind the prefix
  feed(ipfix(7, 0, announce("198.51.100.1", kNoIpv6, "router-1")), stranger);
  feed(ipfix(7, 1, ipfix_template(256, with({{130, 4}})) + set(256, record().ip("198.51.100.9"))), stranger);
  EXPECT_THAT(exporters(), ElementsAre("192.0.2.16 router-1"));
}

TEST_F(TrustedExporterTest, HeldSetsHaveTheirExporter) {
  feed(ipfix(7, 0, set(256, record())));
  feed(ipfix(7, 1, announce("198.51.100.1", kNoIpv6, "router-1")));
  teach(session());
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.1 router-1"));
}

TEST_F(TrustedExporterTest, SessionsLendEachOtherNothing) {
  teach(session(4001));
  now_ += 60 * kSecond;
  feed(ipfix(7, 0, set(256, record())), session(4002));
  decoder_->tick(now_ + 20 * kSecond, writer_);
  decoder_->finish(now_ + 20 * kSecond, writer_);
  EXPECT_THAT(exporters(), ElementsAre());
  EXPECT_THAT(decoder_->totals().sets.held, Eq(1U));
}

TEST_F(TrustedExporterTest, ItIsKnownAfterARestart) {
  teach(session());
  feed(ipfix(7, 0, announce("198.51.100.1", kNoIpv6, "router-1")));
  const std::string saved = decoder_->save();
  restart();
  ASSERT_TRUE(decoder_->load(as_bytes(saved)));
  feed(ipfix(7, 1, set(256, record())));
  // Who is not trusted any more is not believed either.
  trusted_.clear();
  restart();
  ASSERT_TRUE(decoder_->load(as_bytes(saved)));
  feed(ipfix(7, 1, set(256, record())));
  EXPECT_THAT(exporters(), ElementsAre("198.51.100.1 router-1", "192.0.2.1 router-1"));
}

}  // namespace
}  // namespace weir::test
