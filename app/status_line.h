// A line on a terminal that tells how far something is, written over and over. Nothing where standard error is no
// terminal.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Whether it is time to show() again: five times a second, on a terminal.
  bool due();
  void show(std::string_view text);
  // Before something else is printed.
  void clear();

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::uint64_t last_ns_ = 0;
};

}  // namespace weir
