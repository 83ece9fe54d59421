#include "app/top/view.h"

namespace weir {
namespace {

constexpr std::size_t kLongestFilter = 60;

void type(TopChoices& choices, int key) {
  if (key == key::kEscape) choices.filter.clear();
  if (key == key::kEscape || key == key::kEnter || key == '\n') choices.is_typing = false;
  if ((key == key::kBackspace || key == '\b') && !choices.filter.empty()) choices.filter.pop_back();
  if (key >= ' ' && key < key::kBackspace && choices.filter.size() < kLongestFilter) {
    choices.filter += static_cast<char>(key);
  }
}

void toggle(TopUnit& unit, TopUnit to) { unit = unit == to ? TopUnit::kBits : to; }

}  // namespace

void press(TopChoices& choices, int key) {
  if (choices.is_typing) return type(choices, key);
  if (choices.help && key != 'q') {
    choices.help = false;
    return;
  }
  switch (key) {
    case 'f': choices.by = "flows"; break;
    case 'h': choices.by = "hosts"; break;
    case 'p': choices.by = "ports"; break;
    case 'b': toggle(choices.unit, TopUnit::kBytes); break;
    case 'k': toggle(choices.unit, TopUnit::kPackets); break;
    case 's':
      choices.sort =
          static_cast<TopColumn>((static_cast<unsigned>(choices.sort) + 1) % static_cast<unsigned>(TopColumn::kCount));
      break;
    case ' ': choices.paused = !choices.paused; break;
    case 'r': choices.names = !choices.names; break;
    case '/': choices.is_typing = true; break;
    case key::kEscape: choices.filter.clear(); break;
    case '?': choices.help = true; break;
    case 'q': choices.quit = true; break;
    default: break;
  }
}

}  // namespace weir
