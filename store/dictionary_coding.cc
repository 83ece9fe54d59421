#include "store/dictionary_coding.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "store/bit_pack.h"
#include "store/wire.h"

namespace weir {
namespace {

// Gaps of IPv4 addresses are packed in groups, each with a width of its own: addresses come in dense and thin
// stretches.
constexpr std::size_t kGapGroup = 64;

void put_v4(std::string& out, std::span<const std::uint32_t> v4) {
  std::array<std::uint32_t, kGapGroup> gaps;
  std::uint32_t next = 0;  // the smallest that may follow
  for (std::size_t at = 0; at < v4.size(); at += kGapGroup) {
    const std::size_t count = std::min(kGapGroup, v4.size() - at);
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < count; ++i) {
      gaps[i] = v4[at + i] - next;
      all |= gaps[i];
      next = v4[at + i] + 1;
    }
    const unsigned width = width_of(all);
    put_u8(out, width);
    std::array<std::uint8_t, kGapGroup * 4 + kPackSlack> packed;
    pack_bits(gaps.data(), count, width, 0U, packed.data());
    out.append(reinterpret_cast<const char*>(packed.data()), packed_size(count, width));
  }
}

bool read_v4(WireReader& in, std::vector<std::uint32_t>& v4) {
  std::uint64_t next = 0;
  for (std::size_t at = 0; at < v4.size(); at += kGapGroup) {
    const std::size_t count = std::min(kGapGroup, v4.size() - at);
    const unsigned width = in.u8();
    if (width > 32) return false;
    const Bytes packed = in.bytes(packed_size(count, width));
    if (in.failed()) return false;
    unpack_bits(packed.data(), count, width, 0, 1, &v4[at]);
    for (std::size_t i = 0; i < count; ++i) {
      next += v4[at + i];
      if (next > UINT32_MAX) return false;
      v4[at + i] = static_cast<std::uint32_t>(next++);
    }
  }
  return true;
}

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

std::string_view as_text(const AddressBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Each as the number of leading bytes it shares with the one before, then the others.
void put_v6(std::string& out, std::span<const AddressBytes> v6) {
  AddressBytes last{};
  for (const AddressBytes& address : v6) {
    const std::size_t shared = shared_prefix(as_text(last), as_text(address));
    put_u8(out, static_cast<unsigned>(shared));
    out += as_text(address).substr(shared);
    last = address;
  }
}

bool read_v6(WireReader& in, std::vector<AddressBytes>& v6) {
  AddressBytes last{};
  for (std::size_t i = 0; i < v6.size(); ++i) {
    const std::size_t shared = in.u8();
    if (shared > last.size()) return false;
    const Bytes rest = in.bytes(last.size() - shared);
    if (in.failed()) return false;
    std::copy(rest.begin(), rest.end(), last.begin() + static_cast<std::ptrdiff_t>(shared));
    if (i > 0 && last <= v6[i - 1]) return false;
    v6[i] = last;
  }
  return true;
}

}  // namespace

std::string encode_addresses(std::span<const std::uint32_t> v4, std::span<const AddressBytes> v6) {
  std::string out;
  put_varint(out, v4.size());
  put_varint(out, v6.size());
  put_v4(out, v4);
  put_v6(out, v6);
  return out;
}

Result<AddressDictionary> decode_addresses(Bytes bytes, std::uint64_t limit) {
  WireReader in(bytes);
  // A group takes at least a byte, and so does an IPv6 address.
  std::vector<std::uint32_t> v4(in.varint(std::min<std::uint64_t>(limit, bytes.size() * kGapGroup)));
  std::vector<AddressBytes> v6(in.varint(std::min<std::uint64_t>(limit, bytes.size())));
  if (in.failed() || !read_v4(in, v4) || !read_v6(in, v6) || !in.done()) return fail("malformed address dictionary");
  return AddressDictionary(std::move(v4), std::move(v6));
}

void BytesEncoder::add(std::string_view bytes) {
  const std::size_t shared = shared_prefix(last_, bytes);
  put_varint(entries_, shared);
  put_text(entries_, bytes.substr(shared));
  last_ = bytes;
  content_ += bytes.size();
  ++size_;
  // Where the rule of expansion_limit() would be broken, the rest is written in full.
  if (content_ > expansion_limit(entries_.size()) / 2) last_.clear();
}

std::string BytesEncoder::finish() const {
  if (content_ > UINT32_MAX) throw std::length_error("a segment's texts exceed 4 GiB");
  std::string out;
  put_varint(out, size_);
  put_varint(out, content_);
  return out + entries_;
}

Result<BytesDictionary> decode_bytes(Bytes bytes) {
  WireReader in(bytes);
  const std::uint64_t count = in.varint(bytes.size());
  const std::uint64_t size = in.varint(std::min<std::uint64_t>(expansion_limit(bytes.size()), UINT32_MAX));
  std::vector<std::uint32_t> offsets;
  std::string content;
  offsets.reserve(count + 1);
  content.reserve(size);
  offsets.push_back(0);
  std::size_t last = 0;  // where the entry before begins
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t start = content.size();
    const std::size_t shared = in.varint(start - last);
    const std::string_view rest = in.text();
    if (in.failed() || shared + rest.size() > size - start) return fail("malformed dictionary");
    content.append(content, last, shared);
    content.append(rest);
    if (i > 0 && std::string_view(content).substr(start) <= std::string_view(content).substr(last, start - last)) {
      return fail("a dictionary that is not sorted");
    }
    offsets.push_back(static_cast<std::uint32_t>(content.size()));
    last = start;
  }
  if (!in.done() || content.size() != size) return fail("malformed dictionary");
  return BytesDictionary(std::move(offsets), std::move(content));
}

}  // namespace weir
