// The picture that `weir top` shows: answers and choices in, lines of text out.
//
// Nothing in it writes or asks anything. What came from the network is shown as printable ASCII only.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/top/answers.h"

namespace weir {

enum class TopUnit : std::uint8_t { kBits, kBytes, kPackets };
enum class TopColumn : std::uint8_t { k2s, k10s, k40s, kTotal, kCount };

// What whoever watches has chosen.
struct TopChoices {
  std::string by = "flows";
  TopUnit unit = TopUnit::kBits;
  TopColumn sort = TopColumn::k10s;
  bool paused = false;
  bool names = false;
  bool help = false;
  bool is_typing = false;  // the filter
  bool quit = false;
  std::string filter;
  std::size_t most_rows = 0;  // 0: as many as there is room for
};

// A key as Screen gives it.
namespace key {
inline constexpr int kEscape = 27, kEnter = '\r', kBackspace = 127;
}
// What a key does.
void press(TopChoices& choices, int key);

struct TopCanvas {
  unsigned width = 80, height = 24;
  bool colour = false;
  bool utf8 = false;
};

struct TopPicture {
  std::string_view daemon;
  const TopAnswer& top;
  const LiveAnswer& live;
  // A name in the place of an address, where there is one; may be empty.
  std::function<std::optional<std::string>(const std::string& address)> name;
  std::string_view note = {};  // a line for the user, where there is nothing else to tell
};

// Lines of exactly canvas.height, none wider than canvas.width.
std::vector<std::string> draw_top(const TopPicture& picture, const TopChoices& choices, const TopCanvas& canvas);
// The same once, as plain text of `rows` rows.
std::string print_top(const TopPicture& picture, const TopChoices& choices, std::size_t rows);

// "1.23M", five characters at the most.
std::string short_count(std::uint64_t n);

}  // namespace weir
