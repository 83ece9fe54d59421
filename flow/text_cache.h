// Lets the flows of a batch share texts, such as names of interfaces: each is stored once in a batch.
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>

#include "flow/batch.h"

namespace weir {

class TextCache {
 public:
  // The place of a text in the batch of the writer's last flow. `key` stands for it; `text()` gives it where it has to
  // be stored, and then the flow's add() must have made room for it. Nothing for an empty one.
  template <typename Text>
  Slice place(BatchWriter& writer, std::uint64_t key, Text text) {
    Entry& entry = entries_[key * 0x9e3779b97f4a7c15ULL >> 57];
    if (entry.key != key || entry.turn != writer.turn()) entry = {key, writer.turn(), store(writer, text())};
    return entry.slice;
  }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint64_t turn = 0;
    Slice slice;
  };

  static Slice store(BatchWriter& writer, std::string_view text) {
    return text.empty() ? Slice{} : writer.store(as_bytes(text));
  }

  std::array<Entry, 128> entries_{};
};

}  // namespace weir
