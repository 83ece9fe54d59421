// What survives a restart.
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;

class State : public DecoderTest {
 protected:
  State() {
    feed(ipfix(1, 0,
               ipfix_template(256, with_interface()) + ipfix_options(300, {{10, 4}}, {{34, 4}, {82, 8}}) +
                   set(300, Octets().u32(3).u32(500).text("xe-0/0/3"))));
    feed(v9(7, 41, v9_template(256, {{8, 4}, {82, 65535}})));
    feed(v5(100, 2, v5_record() + v5_record()));
    feed(ipfix(1, 0, ipfix_template(256, kBase)), session(5, "192.0.2.5", Transport::kTcp));
  }

  static Fields with_interface() {
    Fields fields = kBase;
    fields.push_back({10, 4});
    return fields;
  }

  // Decodes with `other` and gives the flows.
  std::vector<Seen> decode_with(Decoder& other, const Octets& message) {
    other.decode(session(), message.bytes(), now_, writer_);
    const auto all = flows();
    return {all.begin() + 2, all.end()};
  }
};

TEST_F(State, TemplatesTablesAndSequencesSurvive) {
  Decoder second;
  ASSERT_TRUE(second.load(as_bytes(decoder_.save())));
  EXPECT_EQ(second.templates().size(), 3U) << "TCP sessions are over";
  const auto seen = decode_with(second, ipfix(1, 11, set(256, base_record("10.1.1.1", "10.2.2.2") + Octets().u32(3))));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].src(), "10.1.1.1");
  EXPECT_EQ(seen[0]->sampling_rate, 500U);
  EXPECT_EQ(seen[0].batch->text(seen[0].flow->in_if_name), "xe-0/0/3");
  second.finish(now_, writer_);
  EXPECT_EQ(second.totals().sequence.lost, 10U) << "what was lost meanwhile is lost";
  EXPECT_EQ(second.save().size(), decoder_.save().size());
}

TEST_F(State, ExporterThatRestartedMeanwhileMayBorrow) {
  Decoder second;
  ASSERT_TRUE(second.load(as_bytes(decoder_.save())));
  now_ += kSecond;
  const Octets data = ipfix(1, 0, set(256, base_record("10.1.1.1", "10.2.2.2") + Octets().u32(3)));
  second.decode(session(4001), data.bytes(), now_, writer_);
  now_ += 5 * kSecond;
  second.tick(now_, writer_);
  EXPECT_EQ(second.totals().borrowed_flows, 1U);
}

TEST_F(State, OnlyWantedExporters) {
  Decoder second;
  ASSERT_TRUE(second.load(as_bytes(decoder_.save()), [](const IpAddress& a) { return a.to_string() != "192.0.2.1"; }));
  EXPECT_TRUE(second.templates().empty());
}

TEST_F(State, DamagedBytesChangeNothing) {
  const std::string good = decoder_.save();
  Decoder second;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    EXPECT_FALSE(second.load(as_bytes(bad))) << i;
    EXPECT_FALSE(second.load(as_bytes(good.substr(0, i)))) << i;
  }
  EXPECT_FALSE(second.load(as_bytes(good + "x")));
  EXPECT_TRUE(second.templates().empty());
  EXPECT_TRUE(second.exporters().empty());
  EXPECT_TRUE(second.load(as_bytes(good)));
}

TEST_F(State, VersionTellsWhetherSavingIsWorthIt) {
  std::uint64_t before = decoder_.state_version();
  const auto changed = [&] { return std::exchange(before, decoder_.state_version()) != before; };
  feed(ipfix(1, 0, ipfix_template(256, with_interface())));
  EXPECT_FALSE(changed()) << "re-sent as it was";
  feed(ipfix(1, 0, set(300, Octets().u32(3).u32(500).text("xe-0/0/3"))));
  EXPECT_FALSE(changed());
  feed(ipfix(1, 1, set(256, base_record("10.1.1.1", "10.2.2.2") + Octets().u32(3))));
  EXPECT_FALSE(changed()) << "numbers and times alone";
  feed(ipfix(1, 2, set(300, Octets().u32(3).u32(501).text("xe-0/0/3"))));
  EXPECT_TRUE(changed());
  feed(ipfix(1, 3, set(300, Octets().u32(3).u32(501).text("xe-0/0/4"))));
  EXPECT_TRUE(changed());
  feed(ipfix(1, 3, ipfix_template(256, kBase)));
  EXPECT_TRUE(changed());
}

}  // namespace
}  // namespace weir::test
