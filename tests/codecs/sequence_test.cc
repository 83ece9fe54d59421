// Sequence numbers: losses are counted, and only losses.
#include "codecs/sequence.h"

#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

class Sequence : public DecoderTest {
 protected:
  void data(std::uint32_t sequence, unsigned records = 1) {
    Octets content;
    for (unsigned i = 0; i < records; ++i) content += base_record("10.1.1.1", "10.2.2.2");
    feed(ipfix(1, sequence, set(256, content)));
  }
  SequenceStats settled() {
    decoder_.finish(now_, writer_);
    return stats().sequence;
  }
};

TEST_F(Sequence, OptionsRecordsCount) {
  feed(ipfix(1, 0, ipfix_options(300, {{149, 4}}, {{41, 8}}) + ipfix_template(256, kBase)));
  std::uint32_t sequence = 0;
  for (unsigned i = 0; i < 50; ++i) {
    data(sequence++);
    if (i % 10 == 9) feed(ipfix(1, sequence++, set(300, Octets().u32(1).u64(i))));
  }
  EXPECT_EQ(settled().lost, 0U);
}

TEST_F(Sequence, UndecodableSetsMakeARange) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  std::uint32_t sequence = 0;
  for (unsigned i = 0; i < 20; ++i) {
    data(sequence++);
    feed(ipfix(1, sequence++, set(999, Octets().zeros(16))));
  }
  EXPECT_EQ(settled().lost, 0U);
  EXPECT_EQ(stats().sequence.resets, 0U);
}

TEST_F(Sequence, BeyondTheRangeIsALoss) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  data(0);
  feed(ipfix(1, 1, set(999, Octets().zeros(16))));  // at most 16 records
  data(100);
  EXPECT_EQ(settled().lost, 100U - 17U);
}

TEST_F(Sequence, ReorderedMessagesAreNotLost) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  for (const std::uint32_t sequence : {0U, 1U, 2U, 4U, 3U, 5U, 8U, 7U, 6U, 9U}) data(sequence);
  EXPECT_EQ(settled().lost, 0U);
  EXPECT_EQ(stats().sequence.reordered, 3U);
}

TEST_F(Sequence, ALostMessageCountsItsRecords) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  for (unsigned i = 0; i < 10; ++i) {
    if (i != 5) data(20 * i, 20);
  }
  EXPECT_EQ(settled().lost, 20U);
}

TEST_F(Sequence, ALossIsCertainAfterTheWindowOrASecond) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  data(0);
  data(5);
  EXPECT_EQ(stats().sequence.lost, 0U) << "it may only be late";
  pass(1);
  pass(1);
  EXPECT_EQ(stats().sequence.lost, 4U);
  data(10);
  for (std::uint32_t i = 11; i < 40; ++i) data(i);
  EXPECT_EQ(stats().sequence.lost, 8U);
}

TEST_F(Sequence, RestartIsNoLoss) {
  feed(ipfix(1, 1'000'000, ipfix_template(256, kBase)));
  data(1'000'000);
  data(1'000'001);
  data(0);
  data(1);
  EXPECT_EQ(settled().lost, 0U);
  EXPECT_EQ(stats().sequence.resets, 1U);
}

TEST_F(Sequence, RestartSoonAfterTheStart) {
  feed(ipfix(1, 0, ipfix_template(256, kBase)));
  for (std::uint32_t i = 0; i < 10; ++i) data(i);
  for (std::uint32_t i = 0; i < 20; ++i) data(i);
  EXPECT_EQ(settled().lost, 0U);
  EXPECT_EQ(stats().sequence.resets, 1U);
}

TEST_F(Sequence, WrapsAt32Bits) {
  feed(ipfix(1, 0xfffffffe, ipfix_template(256, kBase)));
  for (const std::uint32_t sequence : {0xfffffffeU, 0xffffffffU, 0U, 1U, 3U}) data(sequence);
  EXPECT_EQ(settled().lost, 1U);
}

TEST_F(Sequence, NetflowV9CountsDatagrams) {
  for (const std::uint32_t sequence : {7U, 8U, 9U, 12U, 13U}) feed(v9(1, sequence, Octets()));
  EXPECT_EQ(settled().lost, 2U);
  EXPECT_EQ(decoder_.exporters()[0].sequence_unit, "datagrams");
}

Octets v5_records(unsigned count) {
  Octets records;
  for (unsigned i = 0; i < count; ++i) records += v5_record();
  return records;
}

TEST_F(Sequence, NetflowV5CountsFlows) {
  std::uint32_t sequence = 100;
  for (const unsigned count : {30U, 5U, 1U, 30U}) {
    feed(v5(sequence, static_cast<std::uint16_t>(count), v5_records(count)));
    sequence += count;
  }
  feed(v5(sequence + 7, 1, v5_records(1)));
  EXPECT_EQ(settled().lost, 7U);
  EXPECT_EQ(decoder_.exporters()[0].sequence_unit, "flows");
}

// nflow-generator counts datagrams.
TEST_F(Sequence, NetflowV5SenderThatCountsDatagrams) {
  for (std::uint32_t i = 0; i < 50; ++i) {
    if (i != 20) feed(v5(i, static_cast<std::uint16_t>(8 + i % 9), v5_records(8 + i % 9)));
  }
  EXPECT_EQ(settled().lost, 1U);
  EXPECT_EQ(stats().sequence.resets, 0U);
  EXPECT_EQ(decoder_.exporters()[0].sequence_unit, "datagrams");
}

TEST_F(Sequence, UnitIsLearntAnewWhenTheSenderChanges) {
  std::uint32_t sequence = 0;
  for (; sequence < 5; ++sequence) feed(v5(sequence, 10, v5_records(10)));
  for (unsigned i = 0; i < 10; ++i, sequence += 10) feed(v5(sequence, 10, v5_records(10)));
  EXPECT_EQ(decoder_.exporters()[0].sequence_unit, "flows");
}

TEST(SequenceTracker, AnExporterThatDoesNotCountNeitherLosesNorRestarts) {
  SequenceTracker tracker(SequenceUnit::kFlows);
  SequenceStats stats;
  for (int i = 0; i < 100; ++i) tracker.on_message(0, 14, 14, stats);
  tracker.settle_all(stats);
  EXPECT_EQ(stats.lost, 0U);
  EXPECT_EQ(stats.resets, 0U);
}

TEST(SequenceTracker, ManyGapsAreAllCounted) {
  SequenceTracker tracker(SequenceUnit::kDatagrams);
  SequenceStats stats;
  for (std::uint32_t i = 0; i < 100; ++i) tracker.on_message(3 * i, 1, 1, stats);
  tracker.settle_all(stats);
  EXPECT_EQ(stats.lost, 99U * 2);
}

TEST(SequenceTracker, LateMessageInTheMiddleOfAGap) {
  SequenceTracker tracker(SequenceUnit::kRecords);
  SequenceStats stats;
  for (const std::uint32_t sequence : {0U, 100U, 50U}) tracker.on_message(sequence, 10, 10, stats);
  tracker.settle_all(stats);
  EXPECT_EQ(stats.lost, 80U);
  EXPECT_EQ(stats.reordered, 1U);
}

}  // namespace
}  // namespace weir::test
