// The terminal as a screen of its own, from open() until the object goes, and whatever else ends the process: signals
// that kill and crashes included.
//
// Thread rules: one at a time in a process, used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

class Screen {
 public:
  enum class What : unsigned char {
    kNothing,  // the time is up
    kKey,
    kResized,
    kEnd,  // SIGINT, SIGTERM, SIGHUP, or the terminal is gone
  };
  struct Event {
    What what = What::kNothing;
    int key = 0;
  };
  struct Size {
    unsigned width, height;
  };

  // Fails where standard input and output are no terminal.
  static Result<std::unique_ptr<Screen>> open();
  ~Screen();

  Size size() const;
  // What happens next, within `timeout`. Keys that are sequences (arrows) are passed over.
  Event wait(std::chrono::milliseconds timeout);
  void draw(const std::vector<std::string>& lines);

 private:
  Screen() = default;
  void enter();
  void stop_for_a_while();

  bool gone_ = false;
  std::string keys_;  // read and not given out yet
};

}  // namespace weir
