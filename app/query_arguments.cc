#include "app/query_arguments.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "app/stored_query.h"

namespace weir {
namespace {

constexpr std::string_view kPercentOption = "memory.max-pct";

// Words that goquery takes as options or as commands of their own, and what they are here.
struct Task {
  std::string_view word;
  std::array<std::string_view, 2> arguments;
};

constexpr std::array kTasks = std::to_array<Task>({
    {"list", {"list", ""}},
    {"examples", {"query", "--examples"}},
    {"version", {"--version", ""}},
    {"help", {"query", "--help"}},
});

const CLI::Option* find_long(const CLI::App& command, std::string_view name) {
  const auto options = command.get_options([&](const CLI::Option* o) { return o->check_lname(std::string(name)); });
  return options.empty() ? nullptr : options.front();
}

const CLI::Option* find_short(const CLI::App& command, char name) {
  const auto options = command.get_options([&](const CLI::Option* o) { return o->check_sname(std::string(1, name)); });
  return options.empty() ? nullptr : options.front();
}

bool takes_value(const CLI::Option& option) { return option.get_expected_max() > 0 && option.get_type_size_max() > 0; }

// One option and its value, in the form that CLI11 cannot misread.
void append(std::vector<std::string>& out, const std::string& name, const std::string& value) {
  if (value.empty()) {
    out.insert(out.end(), {"--" + name, ""});
  } else {
    out.push_back("--" + name + "=" + value);
  }
}

// Makes long options of what is spelt with one dash, and joins values to their options.
class Rewriter {
 public:
  Rewriter(const CLI::App& command, const std::vector<std::string>& in, bool goquery)
      : command_(command), in_(in), goquery_(goquery) {}

  std::vector<std::string> rewrite() {
    while (at_ < in_.size()) {
      const std::string& argument = in_[at_++];
      if (argument == "--") {
        out_.insert(out_.end(), in_.begin() + static_cast<std::ptrdiff_t>(at_) - 1, in_.end());
        break;
      }
      if (!rewrite_option(argument)) out_.push_back(argument);
    }
    return std::move(out_);
  }

 private:
  bool rewrite_option(const std::string& argument) {
    if (argument.size() < 2 || argument.front() != '-') return false;
    const std::string_view body = std::string_view(argument).substr(argument[1] == '-' ? 2 : 1);
    const std::string name(body.substr(0, body.find('=')));
    const bool single = argument[1] != '-';
    if (single && body.size() == 1) return rewrite_short(body.front());
    if (name == kPercentOption) return join(name, body, true);
    const CLI::Option* option = find_long(command_, name);
    if (option == nullptr) return single && rewrite_task(body);
    return join(name, body, takes_value(*option));
  }

  bool rewrite_short(char letter) {
    const CLI::Option* option = find_short(command_, letter);
    if (option == nullptr && letter == 'v' && goquery_) return rewrite_task("version");
    if (option == nullptr || !takes_value(*option) || at_ == in_.size()) return false;
    append(out_, option->get_lnames().front(), in_[at_++]);
    return true;
  }

  // "-list" is goquery's; "-version" would be read as -v.
  bool rewrite_task(std::string_view word) {
    if (std::ranges::find(kTasks, word, &Task::word) == kTasks.end()) return false;
    out_.push_back("--" + std::string(word));
    return true;
  }

  bool join(const std::string& name, std::string_view body, bool value) {
    const std::size_t equals = body.find('=');
    if (!value || (equals == std::string_view::npos && at_ == in_.size())) {
      out_.push_back("--" + std::string(body));
      return true;
    }
    const std::string text(equals == std::string_view::npos ? in_[at_++] : body.substr(equals + 1));
    if (name == kPercentOption) {
      append(out_, "memory", text + "%");
    } else {
      append(out_, name, text);
    }
    return true;
  }

  const CLI::App& command_;
  const std::vector<std::string>& in_;
  const bool goquery_;
  std::vector<std::string> out_;
  std::size_t at_ = 0;
};

bool is_positional(const std::string& argument) { return !argument.empty() && argument.front() != '-'; }

// goquery's task where one is asked for: as an option, under goquery's name also as the first word.
std::vector<std::string> as_task(std::vector<std::string> arguments, bool goquery) {
  for (const Task& task : kTasks) {
    auto at = std::ranges::find(arguments, "--" + std::string(task.word));
    if (at == arguments.end() && goquery) {
      at = std::ranges::find_if(arguments, is_positional);
      if (at != arguments.end() && *at != task.word) at = arguments.end();
    }
    if (at == arguments.end()) continue;
    arguments.erase(at);
    if (task.word != "list") arguments.clear();
    std::vector<std::string> out;
    for (const std::string_view word : task.arguments) {
      if (!word.empty()) out.emplace_back(word);
    }
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
  }
  if (goquery) arguments.insert(arguments.begin(), "--biflow");
  arguments.insert(arguments.begin(), "query");
  return arguments;
}

// The position of the command, 0 to n: behind --config and its value.
std::size_t command_position(const std::vector<std::string>& arguments) {
  std::size_t at = 0;
  while (at < arguments.size() && !is_positional(arguments[at])) at += arguments[at] == "--config" ? 2 : 1;
  return std::min(at, arguments.size());
}

Result<std::vector<std::string>> with_stored_query(std::vector<std::string> arguments) {
  constexpr std::string_view kOption = "--stored-query=";
  const auto at = std::ranges::find_if(arguments, [&](const std::string& a) { return a.starts_with(kOption); });
  if (at == arguments.end()) return arguments;
  auto stored = read_stored_query(at->substr(kOption.size()));
  if (!stored) return std::unexpected(stored.error());
  if (std::ranges::any_of(arguments, is_positional)) stored->columns.clear();
  arguments.insert(arguments.begin(), stored->options.begin(), stored->options.end());
  if (!stored->columns.empty()) arguments.push_back(stored->columns);
  return arguments;
}

}  // namespace

Result<std::vector<std::string>> query_arguments(const std::string& program, std::vector<std::string> arguments,
                                                 const CLI::App& query) {
  const bool goquery = std::filesystem::path(program).filename() == "goquery";
  const std::size_t position = goquery ? 0 : command_position(arguments);
  std::vector<std::string> out(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(position));
  arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(position));
  if (!goquery) {
    if (arguments.empty() || (arguments.front() != "query" && arguments.front() != "list")) {
      out.insert(out.end(), arguments.begin(), arguments.end());
      return out;
    }
    out.push_back(arguments.front());
    arguments.erase(arguments.begin());
  }
  auto rewritten = with_stored_query(Rewriter(query, arguments, goquery).rewrite());
  if (!rewritten) return rewritten;
  if (out.empty() || out.back() != "list") {
    if (!goquery) out.pop_back();
    *rewritten = as_task(std::move(*rewritten), goquery);
  }
  out.insert(out.end(), rewritten->begin(), rewritten->end());
  return out;
}

}  // namespace weir
