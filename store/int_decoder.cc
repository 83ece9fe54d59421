#include <zstd.h>

#include <algorithm>

#include "store/bit_pack.h"
#include "store/int_coding.h"
#include "store/powers.h"

namespace weir {
namespace {

// The head of kPacked and kPatched.
struct Packed {
  std::uint64_t base = 0;
  std::uint64_t factor = 1;
  unsigned width = 0;
  const std::uint8_t* bits = nullptr;

  bool read(WireReader& in, std::size_t count, unsigned max_width) {
    base = unzigzag(in.varint());
    const unsigned exponent = in.u8();
    width = in.u8();
    if (in.failed() || exponent > kMaxExponent || width > max_width) return in.fail();
    factor = power_of_ten(exponent);
    bits = in.bytes(packed_size(count, width)).data();
    return !in.failed();
  }
};

}  // namespace

template <typename T>
bool IntDecoder::decode(WireReader& in, std::size_t count, T* out, unsigned depth) {
  if (depth > kMaxStreamDepth) return in.fail();
  const auto encoding = static_cast<IntEncoding>(in.u8());
  if (in.failed()) return false;
  switch (encoding) {
    case IntEncoding::kConstant: {
      std::fill_n(out, count, static_cast<T>(in.varint()));
      return !in.failed();
    }
    case IntEncoding::kPacked: {
      Packed packed;
      if (!packed.read(in, count, kMaxWidth)) return false;
      unpack_bits(packed.bits, count, packed.width, packed.base, packed.factor, out);
      return true;
    }
    case IntEncoding::kPatched: {
      Packed packed;
      if (!packed.read(in, count, kMaxWidth - 1) || !read_patches(in, count, depth)) return false;
      unpack_bits(packed.bits, count, packed.width, packed.base, packed.factor, out);
      const Level& level = levels_[depth];
      for (std::size_t i = 0; i < level.narrow.size(); ++i) {
        out[level.narrow[i]] += static_cast<T>((level.wide[i] << packed.width) * packed.factor);
      }
      return true;
    }
    case IntEncoding::kRuns: {
      if (!read_runs(in, count, depth)) return false;
      const Level& level = levels_[depth];
      for (std::size_t i = 0; i < level.wide.size(); ++i) {
        out = std::fill_n(out, level.narrow[i], static_cast<T>(level.wide[i]));
      }
      return true;
    }
    case IntEncoding::kDictionary: {
      if (!read_local_dictionary(in, depth) || !decode(in, count, out, depth + 1)) return false;
      const std::vector<std::uint64_t>& values = levels_[depth].wide;
      for (std::size_t i = 0; i < count; ++i) {
        if (out[i] >= values.size()) return in.fail();
        out[i] = static_cast<T>(values[out[i]]);
      }
      return true;
    }
    case IntEncoding::kPlanes: return decode_planes(in, count, out);
  }
  return in.fail();
}

template <typename T>
bool IntDecoder::gather(WireReader& in, std::size_t count, std::span<const std::uint16_t> picks, T* out,
                        unsigned depth) {
  if (depth > kMaxStreamDepth) return in.fail();
  const auto encoding = static_cast<IntEncoding>(in.u8());
  if (in.failed()) return false;
  switch (encoding) {
    case IntEncoding::kConstant: {
      std::fill_n(out, picks.size(), static_cast<T>(in.varint()));
      return !in.failed();
    }
    case IntEncoding::kPacked: {
      Packed packed;
      if (!packed.read(in, count, kMaxWidth)) return false;
      for (const std::uint16_t pick : picks) {
        *out++ = static_cast<T>(packed.base + extract_bits(packed.bits, packed.width, pick) * packed.factor);
      }
      return true;
    }
    case IntEncoding::kPatched: {
      Packed packed;
      if (!packed.read(in, count, kMaxWidth - 1) || !read_patches(in, count, depth)) return false;
      const Level& level = levels_[depth];
      std::size_t next = 0;
      for (const std::uint16_t pick : picks) {
        std::uint64_t value = extract_bits(packed.bits, packed.width, pick);
        while (next < level.narrow.size() && level.narrow[next] < pick) ++next;
        if (next < level.narrow.size() && level.narrow[next] == pick) value += level.wide[next] << packed.width;
        *out++ = static_cast<T>(packed.base + value * packed.factor);
      }
      return true;
    }
    case IntEncoding::kRuns: {
      if (!read_runs(in, count, depth)) return false;
      const Level& level = levels_[depth];
      std::size_t run = 0, end = level.narrow[0];
      for (const std::uint16_t pick : picks) {
        while (pick >= end) end += level.narrow[++run];
        *out++ = static_cast<T>(level.wide[run]);
      }
      return true;
    }
    case IntEncoding::kDictionary: {
      if (!read_local_dictionary(in, depth) || !gather(in, count, picks, out, depth + 1)) return false;
      const std::vector<std::uint64_t>& values = levels_[depth].wide;
      for (std::size_t i = 0; i < picks.size(); ++i) {
        if (out[i] >= values.size()) return in.fail();
        out[i] = static_cast<T>(values[out[i]]);
      }
      return true;
    }
    case IntEncoding::kPlanes: {
      const auto planes = read_planes(in, count);
      if (!planes) return false;
      for (const std::uint16_t pick : picks) {
        std::uint64_t value = 0;
        for (unsigned plane = 0; plane < planes->count; ++plane) {
          value |= std::uint64_t{planes_[plane * count + pick]} << 8 * plane;
        }
        *out++ = static_cast<T>(planes->base + value * planes->factor);
      }
      return true;
    }
  }
  return in.fail();
}

void IntDecoder::FreeDecompressor::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

std::optional<IntDecoder::Planes> IntDecoder::read_planes(WireReader& in, std::size_t count) {
  const std::uint64_t base = unzigzag(in.varint());
  const unsigned exponent = in.u8(), planes = in.u8();
  if (in.failed() || exponent > kMaxExponent || planes == 0 || planes > kMaxPlanes) return in.fail(), std::nullopt;
  planes_.resize(planes * count);
  for (unsigned plane = 0; plane < planes; ++plane) {
    std::uint8_t* to = planes_.data() + plane * count;
    const std::uint64_t stored = in.varint();
    const Bytes bytes = in.bytes(stored == 0 ? count : stored);
    if (in.failed()) return std::nullopt;
    if (stored == 0) {
      std::copy(bytes.begin(), bytes.end(), to);
      continue;
    }
    if (!zstd_) zstd_.reset(ZSTD_createDCtx());
    if (ZSTD_decompressDCtx(zstd_.get(), to, count, bytes.data(), bytes.size()) != count)
      return in.fail(), std::nullopt;
  }
  return Planes{base, power_of_ten(exponent), planes};
}

template <typename T>
bool IntDecoder::decode_planes(WireReader& in, std::size_t count, T* out) {
  const auto read = read_planes(in, count);
  if (!read) return false;
  const unsigned planes = read->count;
  const auto factor = static_cast<T>(read->factor), first = static_cast<T>(read->base);
  const std::uint8_t* p[kMaxPlanes];
  for (unsigned plane = 0; plane < kMaxPlanes; ++plane) p[plane] = planes_.data() + std::min(plane, planes - 1) * count;
  const auto at = [&](unsigned plane, std::size_t i) { return static_cast<T>(T{p[plane][i]} << 8 * plane); };
  const auto put = [&](std::size_t i, T value) { out[i] = static_cast<T>(first + value * factor); };
  switch (planes) {
    case 1:
      for (std::size_t i = 0; i < count; ++i) put(i, at(0, i));
      break;
    case 2:
      for (std::size_t i = 0; i < count; ++i) put(i, at(0, i) | at(1, i));
      break;
    case 3:
      for (std::size_t i = 0; i < count; ++i) put(i, at(0, i) | at(1, i) | at(2, i));
      break;
    default:
      for (std::size_t i = 0; i < count; ++i) put(i, at(0, i) | at(1, i) | at(2, i) | at(3, i));
  }
  return true;
}

bool IntDecoder::read_runs(WireReader& in, std::size_t count, unsigned depth) {
  const std::size_t runs = in.varint(count);
  if (in.failed() || runs == 0) return in.fail();
  Level& level = levels_[depth];
  level.narrow.resize(runs);
  level.wide.resize(runs);
  if (!decode(in, runs, level.narrow.data(), depth + 1)) return false;
  std::uint64_t sum = 0;
  for (std::uint32_t& length : level.narrow) {
    if (length >= count) return in.fail();
    sum += ++length;
  }
  if (sum != count) return in.fail();
  return decode(in, runs, level.wide.data(), depth + 1);
}

bool IntDecoder::read_local_dictionary(WireReader& in, unsigned depth) {
  const std::size_t size = in.varint(kMaxLocalDictionary);
  if (in.failed()) return false;
  levels_[depth].wide.resize(size);
  return decode(in, size, levels_[depth].wide.data(), depth + 1);
}

bool IntDecoder::read_patches(WireReader& in, std::size_t count, unsigned depth) {
  const std::size_t patches = in.varint(count);
  if (in.failed()) return false;
  Level& level = levels_[depth];
  level.narrow.resize(patches);
  level.wide.resize(patches);
  if (!decode(in, patches, level.narrow.data(), depth + 1)) return false;
  std::uint64_t next = 0;
  for (std::uint32_t& gap : level.narrow) {
    next += gap;
    if (next >= count) return in.fail();
    gap = static_cast<std::uint32_t>(next++);
  }
  return decode(in, patches, level.wide.data(), depth + 1);
}

template bool IntDecoder::decode(WireReader&, std::size_t, std::uint32_t*, unsigned);
template bool IntDecoder::decode(WireReader&, std::size_t, std::uint64_t*, unsigned);
template bool IntDecoder::gather(WireReader&, std::size_t, std::span<const std::uint16_t>, std::uint32_t*, unsigned);
template bool IntDecoder::gather(WireReader&, std::size_t, std::span<const std::uint16_t>, std::uint64_t*, unsigned);

}  // namespace weir
