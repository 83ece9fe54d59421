#include "flow/text_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

class TextCacheTest : public testing::Test {
 protected:
  TextCacheTest() { writer_.set_origin(Origin{}); }

  // A flow whose text is that of `key`.
  void add(std::uint64_t key) {
    const std::string text = key == 0 ? "" : "text" + std::to_string(key);
    Flow& flow = *writer_.add(text.size() + 8);
    flow.in_if_name = cache_.place(writer_, key, [&] { return std::string_view(text); });
    texts_.push_back(text);
  }
  void expect_all() {
    writer_.flush();
    std::size_t at = 0;
    for (const BatchRef& batch : published_) {
      for (const Flow& flow : batch->flows()) EXPECT_EQ(batch->text(flow.in_if_name), texts_[at++]);
    }
    EXPECT_EQ(at, texts_.size());
  }

  std::vector<std::string> texts_;
  std::vector<BatchRef> published_;
  BatchWriter writer_{BatchPool::create(), [this](BatchRef batch) { published_.push_back(std::move(batch)); }};
  TextCache cache_;
};

TEST_F(TextCacheTest, StoresATextOncePerBatch) {
  for (int i = 0; i < 10; ++i) add(1), add(2), add(0);
  expect_all();
  const auto flows = published_[0]->flows();
  EXPECT_EQ(flows[0].in_if_name.offset, flows[27].in_if_name.offset);
  EXPECT_NE(flows[0].in_if_name.offset, flows[1].in_if_name.offset);
  EXPECT_EQ(flows[2].in_if_name.offset, 0U);
}

TEST_F(TextCacheTest, HoldsForEachBatchOfItsOwn) {
  for (std::uint64_t i = 0; i < 20'000; ++i) add(i % 7);
  EXPECT_GT(published_.size(), 2U);
  expect_all();
}

TEST_F(TextCacheTest, HoldsForMoreTextsThanItRemembers) {
  for (std::uint64_t i = 0; i < 5'000; ++i) add(i % 1000);
  expect_all();
}

TEST_F(TextCacheTest, ForgetsWhatAnUndoneFlowHasStored) {
  add(1);
  writer_.undo();
  texts_.pop_back();
  writer_.add(16);
  writer_.store(as_bytes(std::string_view("overwrites it")));
  texts_.emplace_back();
  add(1);
  expect_all();
}

TEST_F(TextCacheTest, TellsWritersApart) {
  add(1);
  std::vector<BatchRef> others;
  BatchWriter other(BatchPool::create(), [&](BatchRef batch) { others.push_back(std::move(batch)); });
  other.set_origin(Origin{});
  Flow& flow = *other.add(64);
  flow.in_if_name = cache_.place(other, 1, [] { return std::string_view("text1"); });
  add(1);
  other.flush();
  EXPECT_EQ(others[0]->text(others[0]->flows()[0].in_if_name), "text1");
  expect_all();
}

}  // namespace
}  // namespace weir
