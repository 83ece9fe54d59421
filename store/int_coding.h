// Runs of unsigned integers as bytes: what pages, dictionaries and tables are made of ("integer streams" in
// docs/store-format.md). The encoder measures and takes what is smallest; a stream says itself how it is encoded, not
// how many values it has.
//
// Thread rules: one thread per object.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/segment_writer.h"
#include "store/wire.h"

namespace weir {

enum class IntEncoding : std::uint8_t {
  kConstant = 0,
  kPacked = 1,
  kPatched = 2,
  kRuns = 3,
  kDictionary = 4,
};

// Streams hold streams; no deeper than this.
inline constexpr unsigned kMaxStreamDepth = 4;

// The largest power of ten by which values are divided.
inline constexpr unsigned kMaxExponent = 9;

inline constexpr std::size_t kMaxLocalDictionary = 256;

// T is std::uint32_t or std::uint64_t throughout.
class IntEncoder {
 public:
  explicit IntEncoder(Effort effort) : effort_(effort) {}

  template <typename T>
  void encode(std::span<const T> values, std::string& out, unsigned depth = 0);

 private:
  struct Level {
    std::vector<std::uint64_t> scaled;
    std::vector<std::uint64_t> wide;
    std::vector<std::uint32_t> narrow;
    std::string other;
  };
  template <typename T>
  struct Plan;

  template <typename T>
  Plan<T> plan(std::span<const T> values, unsigned depth);
  template <typename T>
  void put_packed(const Plan<T>& plan, std::string& out, unsigned depth);
  template <typename T>
  void put_runs(std::span<const T> values, std::size_t runs, std::string& out, unsigned depth);
  template <typename T>
  bool put_dictionary(std::span<const T> values, std::string& out, unsigned depth);

  Effort effort_;
  std::array<Level, kMaxStreamDepth + 1> levels_;
};

class IntDecoder {
 public:
  // Takes one stream of `count` values from `in`. False when it is malformed. REQUIRES kPackSlack readable bytes beyond
  // those of `in`.
  template <typename T>
  bool decode(WireReader& in, std::size_t count, T* out, unsigned depth = 0);
  // Only the values at `picks` (ascending, below `count`).
  template <typename T>
  bool gather(WireReader& in, std::size_t count, std::span<const std::uint16_t> picks, T* out, unsigned depth = 0);

 private:
  struct Level {
    std::vector<std::uint64_t> wide;
    std::vector<std::uint32_t> narrow;
  };
  // The values and lengths of kRuns, in levels_[depth]. Lengths add up to `count`.
  bool read_runs(WireReader& in, std::size_t count, unsigned depth);
  bool read_local_dictionary(WireReader& in, unsigned depth);
  // The places and upper bits of kPatched, in levels_[depth].
  bool read_patches(WireReader& in, std::size_t count, unsigned depth);

  std::array<Level, kMaxStreamDepth + 1> levels_;
};

}  // namespace weir
