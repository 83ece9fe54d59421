// A line on standard error that tells how far something is, written over and over, erased at the end.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

class StatusLine {
 public:
  // `shown` false: nothing is written.
  explicit StatusLine(bool shown = on_terminal());
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Whether it is time to show() again: five times a second where it is shown.
  bool due();
  void show(std::string_view text);
  // Before something else is printed.
  void clear();

  // Standard error is one.
  static bool on_terminal();

 private:
  bool shown_;
  bool standing_ = false;
  std::uint64_t last_ns_ = 0;
};

}  // namespace weir
