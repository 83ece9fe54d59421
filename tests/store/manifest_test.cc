#include "store/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/process.h"

namespace weir {
namespace {

using test::TempDir;
using testing::HasSubstr;

Manifest example() {
  Manifest manifest;
  manifest.generation = 7;
  manifest.next_id = 12;
  manifest.journal_first = 5;
  manifest.segments = {{3, Tier::kRaw, 100, {day_range(20000).first + 5, day_range(20000).first + 9}, 4096},
                       {11, Tier::kRollup, 1, day_range(213503 - 1), 77}};
  manifest.exporters = {{IpAddress::v4(0x0a000001), true, false}, {*IpAddress::parse("2001:db8::1"), true, true}};
  return manifest;
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(ManifestTest, ComesBackAsItWas) {
  const auto back = decode_manifest(as_bytes(encode_manifest(example())));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, example());
}

// The layout of docs/store-format.md, byte by byte.
TEST(ManifestTest, IsLaidOutAsDocumented) {
  const std::string bytes = encode_manifest(example());
  ASSERT_EQ(bytes.size(), 16u + 32u + 2 * 40u + 2 * 18u);
  EXPECT_EQ(bytes.substr(0, 12), std::string("weirMAN\n\1\0\0\0", 12));
  const auto u64 = [&](std::size_t at) {
    std::uint64_t v = 0;
    for (std::size_t i = 8; i-- > 0;) v = v << 8 | static_cast<unsigned char>(bytes[at + i]);
    return v;
  };
  EXPECT_EQ(u64(16), 7u);
  EXPECT_EQ(u64(24), 12u);
  EXPECT_EQ(u64(32), 5u);
  EXPECT_EQ(u64(40), 2u | std::uint64_t{2} << 32);
  EXPECT_EQ(u64(48), 3u);
  EXPECT_EQ(u64(72), 4096u);
  EXPECT_EQ(u64(80), 100u | std::uint64_t{1} << 40);
  EXPECT_EQ(bytes.substr(128, 6), std::string("\4\1\x0a\0\0\1", 6));
}

TEST(ManifestTest, NoChangedOrMissingByteGoesUnnoticed) {
  const std::string good = encode_manifest(example());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(decode_manifest(as_bytes(bad))) << "byte " << i;
    EXPECT_FALSE(decode_manifest(as_bytes(std::string_view(good).substr(0, i)))) << "cut at " << i;
  }
}

TEST(ManifestTest, RemembersSidesOfExporters) {
  Manifest manifest;
  SegmentSummary summary;
  summary.exporters.resize(3);
  summary.exporters[0].exporter = IpAddress::v4(2);
  summary.exporters[0].ingress = true;
  summary.exporters[1].exporter = IpAddress::v4(1);
  summary.exporters[1].egress = true;
  summary.exporters[2].exporter = IpAddress::v4(3);
  manifest.add_sides(summary);
  std::swap(summary.exporters[0].exporter, summary.exporters[1].exporter);
  summary.exporters.pop_back();
  summary.exporters.pop_back();
  manifest.add_sides(summary);
  EXPECT_EQ(manifest.exporters,
            (std::vector<ExporterSides>{{IpAddress::v4(1), true, true}, {IpAddress::v4(2), true, false}}));
}

TEST(ManifestTest, SaysWhatIsWrongWithADirectory) {
  const TempDir dir;
  EXPECT_THAT(read_manifest(dir / "no").error().message, HasSubstr("there is no directory"));
  EXPECT_THAT(read_manifest(dir.path()).error().message, HasSubstr("is not a store"));
  write(dir / "file", "x");
  EXPECT_THAT(read_manifest(dir / "file").error().message, HasSubstr("is no directory"));
  write(dir / "MANIFEST", "something else");
  EXPECT_THAT(read_manifest(dir.path()).error().message, HasSubstr("MANIFEST: it does not begin like"));
  std::string newer = encode_manifest(example());
  newer[8] = 9;
  write(dir / "MANIFEST", newer);
  EXPECT_THAT(read_manifest(dir.path()).error().message, HasSubstr("it has format 9"));
}

}  // namespace
}  // namespace weir
