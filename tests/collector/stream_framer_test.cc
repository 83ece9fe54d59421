#include "collector/stream_framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace weir {
namespace {

std::string message(std::size_t length, char fill) {
  std::string text(length, fill);
  auto* bytes = reinterpret_cast<std::uint8_t*>(text.data());
  store_be16(bytes, 10);
  store_be16(bytes + 2, static_cast<std::uint16_t>(length));
  return text;
}

// Feeds `stream` in pieces of the given size, and gives the messages that came out.
std::vector<std::string> cut(StreamFramer& framer, std::string_view stream, std::size_t piece) {
  std::vector<std::string> messages;
  while (!stream.empty() && !framer.broken()) {
    const auto space = framer.space();
    const std::size_t n = std::min({space.size(), piece, stream.size()});
    std::copy_n(stream.begin(), n, space.begin());
    stream.remove_prefix(n);
    framer.filled(n);
    for (Bytes m = framer.next(); !m.empty(); m = framer.next()) messages.emplace_back(as_text(m));
  }
  return messages;
}

TEST(StreamFramerTest, GivesTheSameMessagesHoweverTheStreamIsCut) {
  const std::vector<std::string> sent{message(16, 'a'), message(100, 'b'), message(17, 'c'), message(5000, 'd')};
  std::string stream;
  for (const std::string& one : sent) stream += one;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    StreamFramer framer;
    ASSERT_EQ(cut(framer, stream, piece), sent) << "in pieces of " << piece;
    ASSERT_EQ(framer.partial(), 0U);
  }
}

TEST(StreamFramerTest, TakesTheLongestMessage) {
  StreamFramer framer;
  const std::string longest = message(65535, 'x');
  EXPECT_EQ(cut(framer, longest + longest, 7000), (std::vector{longest, longest}));
}

TEST(StreamFramerTest, KnowsWhatIsIncomplete) {
  StreamFramer framer;
  EXPECT_TRUE(cut(framer, message(100, 'a').substr(0, 99), 10).empty());
  EXPECT_EQ(framer.partial(), 99U);
  EXPECT_FALSE(framer.broken());
}

TEST(StreamFramerTest, WrongVersionBreaksTheStreamButNotWhatCameBefore) {
  StreamFramer framer;
  EXPECT_EQ(cut(framer, message(20, 'a') + "GET / HTTP/1.1\r\n", 1000), std::vector{message(20, 'a')});
  EXPECT_TRUE(framer.broken());
  EXPECT_TRUE(framer.next().empty());
}

TEST(StreamFramerTest, LengthBelowTheHeaderBreaksTheStream) {
  for (std::uint16_t length = 0; length < 16; ++length) {
    std::string bad = message(16, 'a');
    store_be16(reinterpret_cast<std::uint8_t*>(bad.data()) + 2, length);
    StreamFramer framer;
    EXPECT_TRUE(cut(framer, bad, 100).empty());
    EXPECT_TRUE(framer.broken()) << length;
  }
}

TEST(StreamFramerTest, MemoryGrowsOnlyAsBytesArrive) {
  StreamFramer framer;
  EXPECT_TRUE(cut(framer, message(65535, 'x').substr(0, 4), 4).empty());
  EXPECT_LE(framer.space().size(), 4096U);
}

}  // namespace
}  // namespace weir
