#include "sinks/zstd_text.h"

#include <zstd.h>

#include <memory>
#include <new>

namespace weir {
namespace {

constexpr int kLevel = 1;

struct ContextDelete {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};

}  // namespace

void append_zstd(std::string& out, std::string_view text) {
  thread_local const std::unique_ptr<ZSTD_CCtx, ContextDelete> context(::ZSTD_createCCtx());
  const std::size_t had = out.size();
  out.resize_and_overwrite(had + ::ZSTD_compressBound(text.size()), [&](char* begin, std::size_t size) {
    const std::size_t made =
        ::ZSTD_compressCCtx(context.get(), begin + had, size - had, text.data(), text.size(), kLevel);
    return ::ZSTD_isError(made) != 0 ? 0 : had + made;
  });
  if (out.size() <= had) throw std::bad_alloc();  // the only way in which it can fail with room for the worst case
}

std::optional<std::string> unzstd(Bytes frame, std::size_t size) {
  std::string text(size, '\0');
  if (::ZSTD_decompress(text.data(), size, frame.data(), frame.size()) != size) return std::nullopt;
  return text;
}

}  // namespace weir
