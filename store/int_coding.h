// Runs of unsigned integers as bytes: what pages, dictionaries and tables are made of ("integer streams" in
// docs/store-format.md). The encoder measures and takes what is smallest; a stream says itself how it is encoded, not
// how many values it has.
//
// Thread rules: one thread per object.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/measure.h"
#include "store/segment_writer.h"
#include "store/wire.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace weir {

enum class IntEncoding : std::uint8_t {
  kConstant = 0,
  kPacked = 1,
  kPatched = 2,
  kRuns = 3,
  kDictionary = 4,
  kPlanes = 5,
};

// Streams hold streams; no deeper than this.
inline constexpr unsigned kMaxStreamDepth = 4;

// The largest power of ten by which values are divided.
inline constexpr unsigned kMaxExponent = 9;

inline constexpr std::size_t kMaxLocalDictionary = 256;

// Of kPlanes: the bytes of a value.
inline constexpr unsigned kMaxPlanes = 4;

// T is std::uint32_t or std::uint64_t throughout.
class IntEncoder {
 public:
  // Whether to try what has lost before: now and then, since neighbouring blocks are alike.
  class Trial {
   public:
    bool due() { return rest_ == 0 || --rest_ == 0; }
    void note(bool won) { rest_ = won ? 0 : kRest; }

   private:
    static constexpr unsigned kRest = 8;
    unsigned rest_ = 0;
  };
  // What the blocks of a column tend to be encoded as.
  struct Habits {
    Trial dictionary, planes;
  };

  void set_effort(Effort effort) { effort_ = effort; }

  template <typename T>
  void encode(std::span<const T> values, std::string& out, unsigned depth = 0);
  // Likewise, for values that have been measured.
  template <typename T>
  void encode(std::span<const T> values, const Shape<T>& shape, std::string& out, unsigned depth = 0);
  // Likewise, one block of a column's after the other.
  template <typename T>
  void encode(std::span<const T> values, const Shape<T>& shape, std::string& out, Habits& habits);

 private:
  struct Level {
    std::vector<std::uint64_t> scaled;
    std::vector<std::uint64_t> wide;
    std::vector<std::uint32_t> narrow;
    std::string other;
  };
  struct FreeCompressor {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  template <typename T>
  struct Plan;

  template <typename T>
  Plan<T> plan(std::span<const T> values, const Shape<T>& shape, unsigned depth);
  template <typename T>
  void put_packed(const Plan<T>& plan, std::string& out, unsigned depth);
  template <typename T>
  void put_runs(std::span<const T> values, std::size_t runs, std::string& out, unsigned depth);
  // False when it would not save much of the `best` bytes so far.
  template <typename T>
  bool put_planes(const Plan<T>& plan, std::size_t best, std::string& out);
  void put_plane(std::span<const std::uint8_t> plane, std::string& out);
  template <typename T>
  bool put_dictionary(std::span<const T> values, std::string& out, unsigned depth);

  Effort effort_ = Effort::kQuick;
  Habits* habits_ = nullptr;  // of the stream of depth 0 at hand
  std::array<Level, kMaxStreamDepth + 1> levels_;
  std::vector<std::uint8_t> planes_;
  std::string packed_;
  std::unique_ptr<ZSTD_CCtx_s, FreeCompressor> zstd_;
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
  struct Planes {
    std::uint64_t base;
    std::uint64_t factor;
    unsigned count;
  };
  // The planes of kPlanes one after the other, in planes_, and what makes values of them.
  std::optional<Planes> read_planes(WireReader& in, std::size_t count);
  template <typename T>
  bool decode_planes(WireReader& in, std::size_t count, T* out);

  struct FreeDecompressor {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::array<Level, kMaxStreamDepth + 1> levels_;
  std::vector<std::uint8_t> planes_;
  std::unique_ptr<ZSTD_DCtx_s, FreeDecompressor> zstd_;
};

}  // namespace weir
