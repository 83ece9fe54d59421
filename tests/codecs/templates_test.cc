// Templates: their scope, redefinition, withdrawal, data that comes before them, and what may be borrowed.
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;

// kBase with source and destination swapped.
const Fields kSwapped = {{12, 4}, {8, 4}, {11, 2}, {7, 2}, {4, 1}, {2, 8}, {1, 8}, {152, 8}, {153, 8}};

class Templates : public DecoderTest {
 protected:
  void feed_template(const Session& from = session(), const Fields& fields = kBase, std::uint32_t domain = 1) {
    feed(ipfix(domain, 0, ipfix_template(256, fields)), from);
  }
  void feed_data(std::string_view src, std::string_view dst, const Session& from = session(),
                 std::uint32_t domain = 1) {
    feed(ipfix(domain, 0, set(256, base_record(src, dst))), from);
  }
};

TEST_F(Templates, DecodeARecord) {
  feed_template();
  feed_data("10.1.1.1", "10.2.2.2");
  ASSERT_EQ(flows().size(), 1U);
  const Seen flow = flows()[0];
  EXPECT_EQ(flow.src(), "10.1.1.1");
  EXPECT_EQ(flow.dst(), "10.2.2.2");
  EXPECT_EQ(flow->src_port, 1111);
  EXPECT_EQ(flow->packets, 10U);
  EXPECT_EQ(flow->bytes, 1000U);
  EXPECT_EQ(flow->proto, 6);
  EXPECT_EQ(flow->etype, 0x0800);
  EXPECT_EQ(flow->time_flow_start_ns, (kExportTime - 5) * kSecond);
  EXPECT_EQ(flow->time_flow_end_ns, (kExportTime - 1) * kSecond);
}

TEST_F(Templates, DataBeforeItsTemplateIsHeld) {
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_TRUE(flows().empty());
  EXPECT_EQ(stats().sets.held, 1U);
  now_ += 10 * kSecond;
  feed_template();
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
  EXPECT_EQ(stats().sets.held, 0U);
  EXPECT_EQ(decoder_.held_memory(), 0U);
  const Seen flow = flows()[0];
  EXPECT_EQ(flow.batch->origin(*flow.flow).time_received_ns, kReceived) << "the origin is its own message's";
}

TEST_F(Templates, DataBeforeItsTemplateInOneMessage) {
  feed(ipfix(1, 0, set(256, base_record("10.1.1.1", "10.2.2.2")) + ipfix_template(256, kBase)));
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
}

TEST_F(Templates, OneTemplateFreesOnlyItsOwnSets) {
  feed(ipfix(1, 0, set(256, base_record("10.1.1.1", "10.2.2.2")) + set(257, base_record("10.1.1.3", "10.2.2.2"))));
  feed_template();
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
  EXPECT_EQ(stats().sets.held, 1U);
  feed(ipfix(1, 0, ipfix_template(257, kSwapped)));
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2", "10.2.2.2>10.1.1.3"));
}

TEST_F(Templates, HeldSetsAgeAway) {
  feed_data("10.1.1.1", "10.2.2.2");
  pass(299);
  EXPECT_EQ(stats().sets.held, 1U);
  pass(2);
  EXPECT_EQ(stats().sets.held, 0U);
  EXPECT_EQ(dropped(SetDrop::kNoTemplate), 1U);
  feed_template();
  EXPECT_TRUE(flows().empty());
}

TEST_F(Templates, TwoExportersBehindOneAddressAndDomain) {
  feed_template(session(1), kBase);
  feed_template(session(2), kSwapped);
  feed_data("10.1.1.1", "10.2.2.2", session(1));
  feed_data("10.8.8.8", "10.9.9.9", session(2));
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2", "10.9.9.9>10.8.8.8"));
  EXPECT_EQ(flows()[1]->dst_port, 1111);
}

TEST_F(Templates, DomainsAreApart) {
  feed_template(session(), kBase, 1);
  feed_template(session(), kSwapped, 2);
  feed_data("10.1.1.1", "10.2.2.2", session(), 1);
  feed_data("10.8.8.8", "10.9.9.9", session(), 2);
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2", "10.9.9.9>10.8.8.8"));
  EXPECT_EQ(decoder_.exporters().size(), 2U);
}

TEST_F(Templates, NetflowAndIpfixOfOneSessionAreApart) {
  feed_template();
  feed(v9(1, 0, v9_template(256, kSwapped)));
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
}

TEST_F(Templates, RedefinitionReplacesAtOnce) {
  feed_template();
  feed_data("10.1.1.1", "10.2.2.2");
  feed(ipfix(1, 1, ipfix_template(256, kSwapped) + set(256, base_record("10.1.1.1", "10.2.2.2"))));
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2", "10.2.2.2>10.1.1.1"));
}

TEST_F(Templates, UnknownElementsNeverDecodeByTheOldLayout) {
  feed_template();
  feed(ipfix(1, 0, ipfix_template(256, {{900, 53, 4242}}) + set(256, Octets().text(std::string(53, '\x7f')))));
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_FALSE(flows()[0].has(FieldId::bytes));
  EXPECT_FALSE(flows()[0].has(FieldId::src_addr));
  EXPECT_EQ(flows()[0]->bytes, 0U);
  EXPECT_THAT(flows()[0].extras(4242, 900), ElementsAre(std::string(53, '\x7f')));
}

TEST_F(Templates, ImpossibleRedefinitionRemovesTheOldOne) {
  feed_template();
  feed(ipfix(1, 0, ipfix_template(256, {{8, 0}})));
  EXPECT_EQ(dropped(SetDrop::kBadTemplate), 1U);
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_TRUE(flows().empty());
  EXPECT_EQ(stats().sets.held, 1U);
}

TEST_F(Templates, RedefinitionThatCannotBeReadRemovesTheOldOne) {
  feed_template();
  feed(ipfix(1, 0, set(2, Octets().u16(256).u16(kSwapped.size()).u16(12).u16(4).u16(8).u16(4))));
  feed_data("10.2.2.2", "10.1.1.1");
  EXPECT_TRUE(flows().empty()) << "these would be swapped";
  EXPECT_EQ(dropped(SetDrop::kBadTemplate), 1U);
  feed_template(session(), kSwapped);
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
}

TEST_F(Templates, WithdrawalIsIgnoredOverUdp) {
  feed_template();
  feed(ipfix(1, 0, set(2, Octets().u16(256).u16(0))));
  feed(ipfix(1, 0, set(2, Octets().u16(2).u16(0))));
  feed(ipfix(1, 0, set(2, Octets().u16(2).u16(0))), session(9));
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_EQ(flows().size(), 1U);
}

TEST_F(Templates, WithdrawalIsObeyedOverTcp) {
  const Session tcp = session(5, "192.0.2.1", Transport::kTcp);
  feed_template(tcp);
  feed(ipfix(1, 0, ipfix_template(257, kBase)), tcp);
  feed(ipfix(1, 0, ipfix_options(258, {{149, 4}}, {{41, 8}})), tcp);
  EXPECT_EQ(decoder_.templates().size(), 3U);
  feed(ipfix(1, 0, set(2, Octets().u16(256).u16(0))), tcp);
  EXPECT_EQ(decoder_.templates().size(), 2U);
  feed_data("10.1.1.1", "10.2.2.2", tcp);
  EXPECT_TRUE(flows().empty());
  feed(ipfix(1, 0, set(2, Octets().u16(2).u16(0))), tcp);
  ASSERT_EQ(decoder_.templates().size(), 1U);
  EXPECT_EQ(decoder_.templates()[0].template_id, 258);
  feed(ipfix(1, 0, set(3, Octets().u16(3).u16(0))), tcp);
  EXPECT_TRUE(decoder_.templates().empty());
}

TEST_F(Templates, ClosingATcpSessionTakesItsTemplates) {
  const Session tcp = session(5, "192.0.2.1", Transport::kTcp);
  feed_template(tcp);
  feed(ipfix(1, 0, set(300, Octets().zeros(8))), tcp);
  decoder_.close_session(tcp);
  EXPECT_TRUE(decoder_.templates().empty());
  EXPECT_EQ(decoder_.template_memory(), 0U);
  EXPECT_EQ(decoder_.held_memory(), 0U);
  EXPECT_EQ(dropped(SetDrop::kNoTemplate), 1U) << "what is forgotten still counts in the totals";
  EXPECT_TRUE(decoder_.exporters().empty());
}

TEST_F(Templates, AgeOutOverUdp) {
  feed_template();
  now_ += 86'399 * kSecond;
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_EQ(flows().size(), 1U);
  now_ += 2 * kSecond;
  feed_data("10.1.1.1", "10.2.2.2");
  EXPECT_EQ(flows().size(), 1U);
  EXPECT_EQ(stats().sets.held, 1U);
}

// An exporter that restarts on another port.
// Some routers send options data from a port of its own.
class Announcer : public Templates {
 protected:
  static Fields fields() {
    Fields with_interface = kBase;
    with_interface.push_back({10, 4});
    return with_interface;
  }
  static Octets options() {
    return ipfix_options(300, {{144, 4}}, {{34, 4}}) + ipfix_options(301, {{10, 4}}, {{82, 8}}) +
           set(300, Octets().u32(2).u32(256)) + set(301, Octets().u32(3).text("ge-0/0/1"));
  }
  static Octets data() { return set(256, base_record("10.1.1.1", "10.2.2.2") + Octets().u32(3)); }
  const Session announcing_ = session(4002);
};

TEST_F(Announcer, ServesTheOtherSessionsOfItsExporter) {
  feed_template(session(), fields());
  feed(ipfix(1, 0, options()), announcing_);
  feed(ipfix(1, 0, data()));
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_EQ(flows()[0]->sampling_rate, 256U);
  EXPECT_EQ(flows()[0].batch->text(flows()[0].flow->in_if_name), "ge-0/0/1");
  EXPECT_EQ(stats().borrowed_flows, 0U);
}

TEST_F(Announcer, ServesNoOtherDomain) {
  feed_template(session(), fields());
  feed(ipfix(2, 0, options()), announcing_);
  feed(ipfix(1, 0, data()));
  EXPECT_EQ(flows()[0]->sampling_rate, 0U);
}

TEST_F(Announcer, IsNoneWithFlowsOfItsOwn) {
  feed_template(session(), fields());
  feed(ipfix(1, 0, options()), announcing_);
  feed_template(announcing_, fields());
  feed(ipfix(1, 0, data()));
  EXPECT_EQ(flows()[0]->sampling_rate, 0U) << "another exporter behind the same address";
}

TEST_F(Announcer, YieldsToTheSessionsOwnTables) {
  feed(ipfix(
      1, 0,
      ipfix_template(256, fields()) + ipfix_options(300, {{144, 4}}, {{34, 4}}) + set(300, Octets().u32(2).u32(10))));
  feed(ipfix(1, 0, options()), announcing_);
  feed(ipfix(1, 1, data()));
  EXPECT_EQ(flows()[0]->sampling_rate, 10U);
  EXPECT_FALSE(flows()[0].has(FieldId::in_if_name));
}

TEST_F(Announcer, SurvivesARestartOfTheCollector) {
  feed(ipfix(1, 0, options()), announcing_);
  feed(ipfix(1, 0, ipfix_template(256, fields()) + ipfix_options(301, {{149, 4}}, {{41, 8}})));
  Decoder second;
  ASSERT_TRUE(second.load(as_bytes(decoder_.save())));
  second.decode(session(), ipfix(1, 0, data()).bytes(), now_, writer_);
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_EQ(flows()[0]->sampling_rate, 256U);
}

TEST_F(Announcer, CloseOfItsSessionTakesItsTables) {
  const Session tcp = session(4002, "192.0.2.1", Transport::kTcp);
  feed_template(session(), fields());
  feed(ipfix(1, 0, options()), tcp);
  decoder_.close_session(tcp);
  feed(ipfix(1, 0, data()));
  EXPECT_EQ(flows()[0]->sampling_rate, 0U);
}

TEST_F(Templates, BorrowedFromASilentSessionAfterFiveSeconds) {
  feed_template(session(1));
  feed_data("10.1.1.1", "10.2.2.2", session(1));
  now_ += kSecond;
  feed_data("10.1.1.3", "10.2.2.2", session(2));
  pass(4);
  EXPECT_EQ(flows().size(), 1U) << "too early";
  pass(1);
  EXPECT_EQ(flows().size(), 2U);
  EXPECT_EQ(stats().borrowed_flows, 1U);
  feed_data("10.1.1.4", "10.2.2.2", session(2));
  EXPECT_EQ(flows().size(), 3U) << "no waiting any more";
  EXPECT_EQ(stats().borrowed_flows, 2U);
}

TEST_F(Templates, NeverBorrowedFromASessionThatSpeaks) {
  feed_template(session(1), kSwapped);
  now_ += kSecond;
  feed_data("10.1.1.3", "10.2.2.2", session(2));
  now_ += kSecond;
  feed(ipfix(1, 0, set(300, Octets().zeros(4))), session(1));
  pass(60);
  decoder_.finish(now_, writer_);
  EXPECT_TRUE(flows().empty());
}

TEST_F(Templates, BorrowingEndsWhenTheLenderSpeaks) {
  feed_template(session(1));
  now_ += kSecond;
  feed_data("10.1.1.3", "10.2.2.2", session(2));
  pass(6);
  ASSERT_EQ(flows().size(), 1U);
  now_ += kSecond;
  feed_data("10.1.1.1", "10.2.2.2", session(1));
  now_ += kSecond;
  feed_data("10.1.1.4", "10.2.2.2", session(2));
  pass(60);
  decoder_.finish(now_, writer_);
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.3>10.2.2.2", "10.1.1.1>10.2.2.2"));
}

TEST_F(Templates, FinishBorrowsRegardlessOfTime) {
  feed_template(session(1));
  now_ += kSecond;
  feed_data("10.1.1.3", "10.2.2.2", session(2));
  feed_data("10.1.1.3", "10.2.2.2", session(2, "192.0.2.77"));
  decoder_.finish(now_, writer_);
  EXPECT_EQ(flows().size(), 1U) << "only of the same address";
  EXPECT_EQ(stats().sets.held, 1U);
}

class TightLimits : public DecoderTest {
 protected:
  static Decoder::Limits limits() {
    Decoder::Limits l;
    l.template_bytes = 200'000;
    l.template_bytes_per_session = 100'000;
    l.sessions = 100;
    l.held_bytes = 10'000;
    l.held_bytes_per_session = 5'000;
    return l;
  }
  TightLimits() : DecoderTest(limits()) {}
};

TEST_F(TightLimits, FloodOfTemplatesStaysInsideTheBound) {
  for (unsigned round = 0; round < 50; ++round) {
    Octets sets;
    for (unsigned i = 0; i < 100; ++i) sets += ipfix_template(static_cast<std::uint16_t>(256 + round * 100 + i), kBase);
    feed(ipfix(1, 0, sets), session(static_cast<std::uint16_t>(round % 4)));
    EXPECT_LE(decoder_.template_memory(), 200'000U);
  }
  EXPECT_GT(decoder_.templates().size(), 20U);
  feed(ipfix(1, 0, set(256 + 4999, base_record("10.1.1.1", "10.2.2.2"))), session(49 % 4));
  EXPECT_EQ(flows().size(), 1U) << "the latest template is in force";
}

TEST_F(TightLimits, LeastRecentlyUsedGoesFirst) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  for (std::uint16_t id = 300; id < 1000; ++id) {
    feed(ipfix(1, 0, ipfix_template(id, kBase) + set(256, base_record("10.1.1.1", "10.2.2.2"))));
  }
  EXPECT_EQ(flows().size(), 700U) << "a template in use stays";
}

TEST_F(TightLimits, ATemplateLargerThanItsSessionsShareIsRefused) {
  feed(ipfix(1, 0, ipfix_template(256, Fields(8000, F{8, 4}))));
  EXPECT_EQ(dropped(SetDrop::kTemplateLimit), 1U);
  EXPECT_EQ(decoder_.template_memory(), 0U);
}

TEST_F(TightLimits, FloodOfSessionsAndDomainsStaysInsideTheBound) {
  for (unsigned i = 0; i < 2000; ++i) {
    feed(ipfix(i, 0, ipfix_template(256, kBase)), session(static_cast<std::uint16_t>(i)));
    feed(ipfix(i, 0, set(999, Octets().zeros(8))), session(static_cast<std::uint16_t>(i)));
  }
  EXPECT_LE(decoder_.exporters().size(), 100U);
  EXPECT_LE(decoder_.templates().size(), 100U);
  EXPECT_EQ(stats().messages, 4000U) << "totals keep what is forgotten";
  EXPECT_EQ(decoder_.messages().out, 4000U);
}

TEST_F(TightLimits, OneSessionCannotPushOutTheOthers) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)), session(1));
  for (unsigned i = 0; i < 1000; ++i) feed(ipfix(i, 0, ipfix_template(256, kBase)), session(2));
  feed(ipfix(1, 0, set(256, base_record("10.1.1.1", "10.2.2.2"))), session(1));
  EXPECT_EQ(flows().size(), 1U);
}

TEST_F(TightLimits, HeldSetsAreBounded) {
  for (unsigned i = 0; i < 100; ++i) feed(ipfix(1, 0, set(999, Octets().zeros(1000))), session(1));
  EXPECT_LE(decoder_.held_memory(), 5'000U);
  EXPECT_GT(dropped(SetDrop::kHoldLimit), 90U);
  for (std::uint16_t port = 2; port < 50; ++port) feed(ipfix(1, 0, set(999, Octets().zeros(1000))), session(port));
  EXPECT_LE(decoder_.held_memory(), 10'000U);
}

}  // namespace
}  // namespace weir::test
