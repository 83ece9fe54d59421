// Shell scripts that complete weir's command line.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct CompletionOption {
  std::vector<std::string> names;  // "-n", "--limit"
  std::string help;
  bool takes_value = false;
};

struct CompletionCommand {
  std::string name;
  std::string help;
  std::vector<CompletionOption> options;
};

// For `weir` with these commands and for `goquery`, which has those of `query`; the words of `query` complete to
// columns, also behind a comma.
std::string bash_completion(const std::vector<CompletionCommand>& commands,
                            const std::vector<std::string_view>& columns);
std::string zsh_completion(const std::vector<CompletionCommand>& commands,
                           const std::vector<std::string_view>& columns);
std::string fish_completion(const std::vector<CompletionCommand>& commands,
                            const std::vector<std::string_view>& columns);

}  // namespace weir
