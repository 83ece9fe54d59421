#include "flow/batch.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir {
namespace {

class BatchTest : public testing::Test {
 protected:
  BatchTest() : writer_(BatchPool::create(), [this](BatchRef batch) { published_.push_back(std::move(batch)); }) {
    Origin origin{};
    origin.sequence_num = 7;
    writer_.set_origin(origin, "router1");
  }

  std::vector<BatchRef> published_;
  BatchWriter writer_;
};

TEST_F(BatchTest, PublishesWhatWasAdded) {
  writer_.add()->bytes = 1500;
  writer_.cold().nat_event = 4;
  writer_.add()->bytes = 40;
  EXPECT_EQ(writer_.pending(), 2U);
  writer_.flush();
  ASSERT_EQ(published_.size(), 1U);
  const FlowBatch& batch = *published_[0];
  ASSERT_EQ(batch.flows().size(), 2U);
  EXPECT_EQ(batch.flows()[0].bytes, 1500U);
  EXPECT_EQ(batch.cold(batch.flows()[0]).nat_event, 4);
  EXPECT_EQ(batch.flows()[1].cold, 0U);
  EXPECT_EQ(batch.origin(batch.flows()[1]).sequence_num, 7U);
  EXPECT_EQ(batch.text(batch.origin(batch.flows()[1]).host), "router1");
}

TEST_F(BatchTest, FlushOfNothingPublishesNothing) {
  writer_.flush();
  writer_.add();
  writer_.undo();
  writer_.flush();
  EXPECT_TRUE(published_.empty());
}

TEST_F(BatchTest, FillsManyBatchesAndLosesNone) {
  constexpr std::uint64_t kFlows = 10'000;
  for (std::uint64_t i = 0; i < kFlows; ++i) {
    Flow* flow = writer_.add(16);
    flow->bytes = i;
    flow->extras = writer_.store(as_bytes("sixteen bytes...")).offset;
  }
  writer_.flush();
  EXPECT_GT(published_.size(), 1U);
  std::uint64_t expected = 0;
  for (const BatchRef& batch : published_) {
    for (const Flow& flow : batch->flows()) {
      ASSERT_EQ(flow.bytes, expected++);
      ASSERT_EQ(batch->text({flow.extras, 16}), "sixteen bytes...");
      ASSERT_EQ(batch->origin(flow).sequence_num, 7U) << "every batch carries the origin";
      ASSERT_EQ(batch->text(batch->origin(flow).host), "router1");
    }
  }
  EXPECT_EQ(expected, kFlows);
}

TEST_F(BatchTest, HoldsTheLargestRecordAndRefusesALargerOne) {
  constexpr std::size_t kRoom = FlowBatch::kMaxRecord - sizeof(Flow) - ((sizeof(FlowCold) + 7) & ~std::size_t{7});
  EXPECT_EQ(writer_.add(kRoom + 1), nullptr);
  ASSERT_NE(writer_.add(kRoom), nullptr);
  writer_.cold();
  std::uint32_t offset = 0;
  std::memset(writer_.allocate(kRoom, offset), 0xff, kRoom);
  writer_.flush();
  ASSERT_EQ(published_.size(), 1U);
  EXPECT_EQ(published_[0]->origin(published_[0]->flows()[0]).sequence_num, 7U);
}

TEST_F(BatchTest, UndoGivesTheArenaBack) {
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_NE(writer_.add(1000), nullptr);
    writer_.store(as_bytes(std::string(1000, 'x')));
    writer_.undo();
  }
  EXPECT_TRUE(published_.empty()) << "nothing accumulates";
}

TEST_F(BatchTest, ReusesMemoryOnlyWhenTheLastReaderIsGone) {
  writer_.add()->bytes = 1;
  writer_.flush();
  const FlowBatch* first = published_[0].get();
  BatchRef reader = published_[0];
  published_.clear();
  writer_.add()->bytes = 2;
  writer_.flush();
  writer_.add()->bytes = 3;
  writer_.flush();
  EXPECT_EQ(reader->flows()[0].bytes, 1U);
  for (const BatchRef& batch : published_) EXPECT_NE(batch.get(), first);
}

TEST(BatchPlaces, ManyFlowsShareOne) {
  std::vector<BatchRef> made;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { made.push_back(std::move(batch)); });
  writer.set_origin({});
  Flow& first = *writer.add(0, FlowBatch::place_need(6));
  Place place{};
  place.geo_country_code = {0, 2};
  place.geo_city_name = {2, 4};
  first.src_place = writer.add_place(place, "DEKiel");
  const std::uint16_t number = first.src_place;
  writer.add()->dst_place = number;
  writer.flush();
  ASSERT_EQ(made.size(), 1U);
  const FlowBatch& batch = *made[0];
  ASSERT_EQ(batch.places().size(), 1U);
  const Place& there = batch.place(batch.flows()[1].dst_place);
  EXPECT_EQ(batch.text(there.geo_country_code), "DE");
  EXPECT_EQ(batch.text(there.geo_city_name), "Kiel");
  EXPECT_EQ(batch.text(there.isp), "");
  EXPECT_EQ(there.text_length, 6U);
}

TEST(BatchPlaces, AFullAnnexMakesAnotherBatch) {
  std::size_t batches = 0, flows = 0;
  const std::string texts(100'000, 'x');
  {
    BatchWriter writer(BatchPool::create(), [&](const BatchRef& batch) {
      ++batches;
      for (const Flow& flow : batch->flows()) {
        ++flows;
        ASSERT_NE(flow.src_place, 0);
        EXPECT_EQ(batch->text(batch->place(flow.src_place).isp), texts);
      }
    });
    writer.set_origin({});
    Place place{};
    place.isp = {0, static_cast<std::uint32_t>(texts.size())};
    for (int i = 0; i < 20; ++i) {
      Flow& flow = *writer.add(0, FlowBatch::place_need(texts.size()));
      flow.src_place = writer.add_place(place, texts);
    }
    EXPECT_EQ(writer.add(0, FlowBatch::kAnnex + 1), nullptr);
  }
  EXPECT_EQ(flows, 20U);
  EXPECT_EQ(batches, 3U);
}

TEST(BatchPlaces, ASealSeesEveryBatchOnceBeforeItIsPublished) {
  std::size_t sealed = 0, published = 0;
  {
    BatchWriter writer(
        BatchPool::create(1),
        [&](const BatchRef& batch) {
          ++published;
          EXPECT_EQ(sealed, published);
          for (const Flow& flow : batch->flows()) EXPECT_EQ(flow.src_place, 1);
        },
        [&](FlowBatch& batch) {
          ++sealed;
          EXPECT_TRUE(batch.places().empty()) << "of the batch that used the memory before";
          const std::uint16_t number = batch.add_place({}, "");
          for (Flow& flow : batch.open_flows()) flow.src_place = number;
        });
    writer.set_origin({});
    for (int i = 0; i < 5000; ++i) writer.add();
  }
  EXPECT_GT(published, 2U);
}

}  // namespace
}  // namespace weir
