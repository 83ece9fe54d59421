// A process under test on a terminal of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace weir::test {

class TerminalProcess {
 public:
  TerminalProcess(std::vector<std::string> argv, unsigned short width, unsigned short height,
                  const std::vector<std::string>& environment = {});
  ~TerminalProcess();

  void type(const std::string& keys) const;
  void resize(unsigned short width, unsigned short height) const;
  void signal(int number) const;
  // Reads what it writes until `text` is in what came since the last call that succeeded; false after a long while.
  bool sees(const std::string& text);
  // All that it has written.
  const std::string& written() const { return written_; }
  // Waits for its end; the exit code, or 128 + signal.
  int wait();
  // The terminal echoes and takes lines, as it did at the start.
  bool is_as_it_was() const;

 private:
  bool read_some(std::chrono::milliseconds patience);

  UniqueFd terminal_, other_end_;
  pid_t pid_ = -1;
  std::string written_;
  std::size_t seen_ = 0;
};

}  // namespace weir::test
