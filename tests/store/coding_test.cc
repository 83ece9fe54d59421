// Bit packing, integer streams and dictionaries, each at its edges.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "store/bit_pack.h"
#include "store/dictionary_coding.h"
#include "store/int_coding.h"
#include "store/leader_table.h"

namespace weir {
namespace {

template <typename T>
void expect_packing(unsigned width, std::size_t count) {
  std::mt19937_64 random(width * 1000 + count);
  std::vector<T> values(count);
  const T base = static_cast<T>(random());
  for (T& v : values) v = static_cast<T>(base + static_cast<T>(random() & width_mask(width)));
  if (count > 0) values.back() = static_cast<T>(base + static_cast<T>(width_mask(width)));
  std::vector<std::uint8_t> packed(packed_size(count, width) + kPackSlack, 0xaa);
  pack_bits(values.data(), count, width, base, packed.data());
  std::fill(packed.begin() + static_cast<std::ptrdiff_t>(packed_size(count, width)), packed.end(), std::uint8_t{0x55});
  std::vector<T> got(count);
  unpack_bits(packed.data(), count, width, base, 1, got.data());
  EXPECT_EQ(got, values) << width << " bits";
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(static_cast<T>(base + extract_bits(packed.data(), width, i)), values[i]) << width << " bits";
  }
}

TEST(BitPackTest, EveryWidthAndTail) {
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::size_t count : {0, 1, 7, 8, 9, 63, 64, 65, 1000}) {
      expect_packing<std::uint64_t>(width, count);
      if (width <= 32) expect_packing<std::uint32_t>(width, count);
    }
  }
}

template <typename T>
IntEncoding expect_stream(const std::vector<T>& values, Effort effort) {
  IntEncoder encoder;
  encoder.set_effort(effort);
  std::string stream;
  encoder.encode(std::span<const T>(values), stream);
  const auto encoding = static_cast<IntEncoding>(stream[0]);
  const std::size_t size = stream.size();
  stream.append(kPackSlack, '\x5a');
  const Bytes bytes = as_bytes(stream).first(size);

  IntDecoder decoder;
  std::vector<T> got(values.size() + 1, 77);
  WireReader whole(bytes);
  EXPECT_TRUE(decoder.decode(whole, values.size(), got.data()) && whole.done());
  EXPECT_EQ(got.back(), 77U) << "no more than asked for";
  got.pop_back();
  EXPECT_EQ(got, values);

  if (values.size() > kBlockRows) return encoding;
  std::vector<std::uint16_t> picks;
  for (std::size_t i = values.size() / 3; i < values.size(); i += 1 + i % 5)
    picks.push_back(static_cast<std::uint16_t>(i));
  std::vector<T> some(picks.size());
  WireReader again(bytes);
  EXPECT_TRUE(decoder.gather(again, values.size(), picks, some.data()));
  for (std::size_t i = 0; i < picks.size(); ++i) EXPECT_EQ(some[i], values[picks[i]]);

  // Cut anywhere it is malformed, never read past.
  for (std::size_t cut = 0; cut < size; cut += 1 + size / 100) {
    const std::vector<std::uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    std::vector<std::uint8_t> padded(part);
    padded.resize(cut + kPackSlack);
    WireReader in(Bytes(padded).first(cut));
    EXPECT_FALSE(decoder.decode(in, values.size(), got.data()) && in.done()) << cut << " of " << size;
  }
  return encoding;
}

using Wide = std::vector<std::uint64_t>;
using Narrow = std::vector<std::uint32_t>;

TEST(IntCodingTest, EdgesComeBack) {
  for (const Effort effort : {Effort::kQuick, Effort::kSmall}) {
    expect_stream(Wide{}, effort);
    expect_stream(Wide{0}, effort);
    expect_stream(Wide{UINT64_MAX}, effort);
    expect_stream(Wide{0, UINT64_MAX}, effort);
    expect_stream(Wide{UINT64_MAX, 0, 1, UINT64_MAX - 1}, effort);
    expect_stream(Narrow{UINT32_MAX, 0}, effort);
    Wide extremes(1000);
    for (std::size_t i = 0; i < extremes.size(); ++i) extremes[i] = i % 3 == 0 ? 0 : UINT64_MAX - i % 2;
    expect_stream(extremes, effort);
  }
}

TEST(IntCodingTest, PicksTheEncodingThatTheDataWants) {
  std::mt19937_64 random(1);
  Wide values(10'000);

  values.assign(values.size(), 5);
  EXPECT_EQ(expect_stream(values, Effort::kQuick), IntEncoding::kConstant);

  for (auto& v : values) v = 1000 + random() % 1000;
  EXPECT_EQ(expect_stream(values, Effort::kQuick), IntEncoding::kPacked);

  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i / 30 * 1'000'003;
  EXPECT_EQ(expect_stream(values, Effort::kQuick), IntEncoding::kRuns);

  for (auto& v : values) v = random() % 100 == 0 ? random() : random() % 100;
  EXPECT_EQ(expect_stream(values, Effort::kQuick), IntEncoding::kPatched);

  for (auto& v : values) v = random() % 9 * 1'000'003;
  EXPECT_EQ(expect_stream(values, Effort::kSmall), IntEncoding::kDictionary);

  for (auto& v : values) v = (random() % 2 == 0 ? 443 : 32768 + random() % 28000);
  EXPECT_EQ(expect_stream(values, Effort::kSmall), IntEncoding::kPlanes);
}

TEST(IntCodingTest, WholeMillisecondsTakeNoMoreBitsThanMilliseconds) {
  std::mt19937_64 random(2);
  Wide times(10'000);
  for (auto& t : times) t = 1'790'000'000'123'000'000 + random() % 60'000 * 1'000'000;
  // A few are absent, a few are finer than that.
  for (std::size_t i = 0; i < times.size(); i += 500) times[i] = 0;
  IntEncoder encoder;
  std::string stream;
  encoder.encode(std::span<const std::uint64_t>(times), stream);
  EXPECT_LT(stream.size(), times.size() * 17 / 8);
  expect_stream(times, Effort::kQuick);
  for (std::size_t i = 7; i < times.size(); i += 700) times[i] += 64;
  expect_stream(times, Effort::kQuick);
}

TEST(IntCodingTest, RandomShapesComeBack) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> wide(random() % 3000);
    const auto width = static_cast<unsigned>(random() % 65);
    const std::uint64_t run = 1 + random() % 50, rare = 1 + random() % 200;
    const std::uint64_t base = random(), factor = random() % 3 == 0 ? 1'000'000 : 1;
    for (std::size_t i = 0; i < wide.size(); ++i) {
      if (i % run != 0) {
        wide[i] = wide[i - 1];
      } else {
        wide[i] = base + (random() & width_mask(width)) * factor;
        if (random() % rare == 0) wide[i] = random() % 2 == 0 ? 0 : random();
      }
    }
    const Effort effort = round % 2 == 0 ? Effort::kQuick : Effort::kSmall;
    expect_stream(wide, effort);
    expect_stream(Narrow(wide.begin(), wide.end()), effort);
  }
}

TEST(IntCodingTest, RandomBytesNeverReadPastTheEnd) {
  std::mt19937_64 random(4);
  IntDecoder decoder;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = random() % 40;
    std::vector<std::uint8_t> bytes(size + kPackSlack);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 8);
    std::vector<std::uint64_t> out(random() % 100);
    WireReader in(Bytes(bytes).first(size));
    decoder.decode(in, out.size(), out.data());
  }
}

AddressDictionary round_trip(const std::vector<std::uint32_t>& v4, const std::vector<AddressBytes>& v6) {
  std::string bytes = encode_addresses(v4, v6);
  const std::size_t size = bytes.size();
  bytes.append(kPackSlack, '\0');
  auto dictionary = decode_addresses(as_bytes(bytes).first(size), v4.size() + v6.size());
  EXPECT_TRUE(dictionary);
  if (v4.size() + v6.size() > 1) {
    EXPECT_FALSE(decode_addresses(as_bytes(bytes).first(size), (v4.size() + v6.size()) / 2 - 1));
  }
  return dictionary ? std::move(*dictionary) : AddressDictionary();
}

// The codes of every prefix are those of the addresses that it contains, no others.
TEST(AddressDictionaryTest, PrefixesOfEveryLengthAreRanges) {
  std::mt19937_64 random(5);
  std::set<std::uint32_t> v4_set{0, 1, 0x7fffffff, 0x80000000, UINT32_MAX};
  std::set<AddressBytes> v6_set;
  for (int i = 0; i < 400; ++i) {
    v4_set.insert(static_cast<std::uint32_t>(random() & (i % 2 == 0 ? 0xffffffff : 0x000003ff)) |
                  (i % 2 == 0 ? 0 : 0x0a000000));
    AddressBytes bytes{0x20, 0x01};
    for (std::size_t b = random() % 16; b < 16; ++b) bytes[b] = static_cast<std::uint8_t>(random());
    v6_set.insert(bytes);
  }
  const std::vector<std::uint32_t> v4(v4_set.begin(), v4_set.end());
  const std::vector<AddressBytes> v6(v6_set.begin(), v6_set.end());
  const AddressDictionary dictionary = round_trip(v4, v6);
  ASSERT_TRUE(std::ranges::equal(dictionary.v4(), v4));
  ASSERT_TRUE(std::ranges::equal(dictionary.v6(), v6));

  for (std::uint32_t code = 1; code <= dictionary.size(); ++code) {
    const IpAddress address = dictionary.address(code);
    ASSERT_EQ(dictionary.find(address), code);
    if (code > 1) {
      EXPECT_LT(
          dictionary.address(code - 1).family == address.family ? dictionary.address(code - 1).bytes : AddressBytes{},
          address.bytes);
    }
    const unsigned full = address.family == Family::kV4 ? 32 : 128;
    for (unsigned length = 0; length <= full; length += code % 7 == 0 ? 1 : 13) {
      const Prefix prefix{{masked(address.bytes, length), address.family}, static_cast<std::uint8_t>(length)};
      const auto codes = dictionary.find(prefix);
      std::size_t inside = 0;
      for (std::uint32_t other = 1; other <= dictionary.size(); ++other)
        inside += prefix.contains(dictionary.address(other));
      ASSERT_FALSE(codes.empty());
      ASSERT_EQ(codes.last - codes.first + 1, inside) << prefix.address.to_string() << "/" << length;
      ASSERT_TRUE(prefix.contains(dictionary.address(codes.first)) && prefix.contains(dictionary.address(codes.last)));
    }
  }
  EXPECT_TRUE(dictionary.find(*Prefix::parse("192.0.2.0/28")).empty());
  EXPECT_TRUE(dictionary.find(*Prefix::parse("fe80::/10")).empty());
  EXPECT_EQ(dictionary.find(*IpAddress::parse("192.0.2.1")), 0U);
  EXPECT_EQ(dictionary.find(IpAddress{}), 0U);
  EXPECT_EQ(dictionary.address(0), IpAddress{});
}

TEST(AddressDictionaryTest, MayBeEmpty) {
  const AddressDictionary empty = round_trip({}, {});
  EXPECT_EQ(empty.size(), 0U);
  EXPECT_TRUE(empty.find(*Prefix::parse("0.0.0.0/0")).empty());
}

TEST(BytesDictionaryTest, FindsWhatItHolds) {
  const std::set<std::string> entries{
      "", "a", "ab", "abc", "abd", "b", std::string("\0", 1), std::string("\xff\xfe", 2), std::string(70'000, 'x')};
  BytesEncoder encoder;
  for (const std::string& entry : entries) encoder.add(entry);
  const std::string bytes = encoder.finish();
  const auto dictionary = decode_bytes(as_bytes(bytes));
  ASSERT_TRUE(dictionary);
  std::uint32_t code = 0;
  for (const std::string& entry : entries) {
    EXPECT_EQ(dictionary->bytes(++code), entry);
    EXPECT_EQ(dictionary->find(entry), code);
  }
  EXPECT_EQ(dictionary->size(), code);
  EXPECT_EQ(dictionary->find("aa"), 0U);
  EXPECT_EQ(dictionary->find("zzz"), 0U);
  EXPECT_EQ(dictionary->bytes(0), "");
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 300) {
    EXPECT_FALSE(decode_bytes(as_bytes(bytes).first(cut)));
  }
}

// Long entries that share nearly all: on disk they would be a bomb, so that they are written in full at times.
TEST(BytesDictionaryTest, NeverExpandsBeyondItsBound) {
  BytesEncoder encoder;
  std::string entry(60'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    store_be32(reinterpret_cast<std::uint8_t*>(entry.data() + entry.size() - 4), static_cast<std::uint32_t>(i));
    encoder.add(entry);
  }
  const std::string bytes = encoder.finish();
  EXPECT_LT(bytes.size(), 2'000'000U);
  const auto dictionary = decode_bytes(as_bytes(bytes));
  ASSERT_TRUE(dictionary);
  EXPECT_EQ(dictionary->bytes(1000), entry);
}

TEST(LeaderTableTest, TellsFunctionsFromNoise) {
  std::mt19937_64 random(6);
  std::vector<std::uint32_t> leader(20'000), values(leader.size());
  for (std::size_t i = 0; i < leader.size(); ++i) {
    leader[i] = static_cast<std::uint32_t>(random() % 300);
    values[i] = leader[i] * 7 % 11;
    if (i % 50 == 0) values[i] = 99;
  }
  const auto table = follow(std::span<const std::uint32_t>(values), leader.data(), 299);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->exceptions, 400U);
  for (std::uint32_t code = 0; code < 300; ++code) EXPECT_EQ(table->values[code], code * 7 % 11);
  for (std::uint32_t& v : values) v = static_cast<std::uint32_t>(random() % 3);
  EXPECT_FALSE(follow(std::span<const std::uint32_t>(values), leader.data(), 299));
}

}  // namespace
}  // namespace weir
