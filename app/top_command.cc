// weir top: the busiest flows, hosts and ports of a running collector or exporter.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "app/checks.h"
#include "app/cli.h"
#include "app/running_daemons.h"
#include "app/terminal.h"
#include "app/top/name_cache.h"
#include "app/top/screen.h"
#include "app/top/view.h"
#include "base/control_client.h"
#include "live/live_view.h"
#include "sinks/sink_spec.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A question that costs nothing, to find out who answers: a crashed daemon leaves its socket behind.
constexpr const char* kProbe = "live 18446744073709551615";
constexpr std::size_t kRowsOnce = 20;
constexpr std::uint64_t kLeastRows = 100;  // asked for, so that another order finds its rows
constexpr std::uint64_t kSecondsOnce = 2;
constexpr milliseconds kLookOnce{200};
// The first second does not count, the last has to be complete, and an exporter may be slow to begin.
constexpr std::chrono::seconds kPatienceOnce{10};
constexpr milliseconds kPatienceForNames{1000};

struct TopFlags {
  std::string daemon, run_dir;
  std::string by = "flows";
  std::string interval = "1s";
  std::uint64_t rows = 0;  // 0: not given
  bool once = false, json = false, resolve = false;
};

// The daemon that is watched.
class Watched {
 public:
  Watched(RunningDaemon whom, std::uint64_t rows) : whom_(std::move(whom)), rows_(std::max(rows, kLeastRows)) {}

  std::string_view name() const { return whom_.daemon.name; }
  Result<std::string> ask(const std::string& command) const {
    return ask_daemon(whom_.directory, whom_.daemon, command);
  }

  Result<TopAnswer> top(const TopChoices& choices) const {
    const std::uint64_t rows = choices.filter.empty() ? rows_ : LiveView::kMaxRows;
    const auto answer = ask(fmt::format("top {} {}", choices.by, rows));
    if (!answer) return std::unexpected(answer.error());
    return read_top_answer(*answer);
  }
  Result<LiveAnswer> live() const {
    const auto answer = ask("live 0");
    if (!answer) return std::unexpected(answer.error());
    return read_live_answer(*answer);
  }

 private:
  RunningDaemon whom_;
  std::uint64_t rows_;
};

int ended(const Watched& watched, const Error& error) {
  complain(fmt::format("the {} no longer answers: {}", watched.name(), error.message));
  return kExitTrouble;
}

// Standard input and output are a terminal that can be written all over.
bool is_screen() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && kind != nullptr &&
         std::string_view(kind) != "dumb";
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text(value);
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos || text.find("utf-8") != text.npos;
  }
  return false;
}

// The screen, asked and drawn over and over.
class TopLoop {
 public:
  TopLoop(const Watched& watched, Screen& screen, TopChoices choices, milliseconds interval, std::string_view note)
      : watched_(watched), screen_(screen), choices_(std::move(choices)), interval_(interval), note_(note) {}

  // Until the user ends it; an Error where the daemon does.
  Result<void> run() {
    Clock::time_point next = Clock::now();
    while (!choices_.quit) {
      if (Clock::now() >= next) {
        if (auto asked = ask(); !asked) return asked;
        next = Clock::now() + interval_;
        draw();
      }
      const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
      const Screen::Event event = screen_.wait(std::max(left, milliseconds(0)));
      if (event.what == Screen::What::kEnd) return {};
      if (event.what == Screen::What::kKey && take_key(event.key)) next = Clock::now();
      if (event.what != Screen::What::kNothing) draw();
    }
    return {};
  }

 private:
  // True when there is something else to ask.
  bool take_key(int key) {
    note_ = {};
    const std::string by = choices_.by;
    press(choices_, key);
    if (by == choices_.by) return !choices_.is_typing && (key == key::kEnter || key == key::kEscape);
    top_ = {};  // rows of the other ranking mean nothing here
    return true;
  }

  // Asked while paused as well, so that the daemon goes on watching.
  Result<void> ask() {
    auto top = watched_.top(choices_);
    if (!top) return std::unexpected(top.error());
    auto live = watched_.live();
    if (!live) return std::unexpected(live.error());
    if (choices_.paused) return {};
    top_ = std::move(*top);
    live_ = std::move(*live);
    return {};
  }

  void draw() {
    const Screen::Size size = screen_.size();
    const TopCanvas canvas{size.width, size.height, output_style().colour, speaks_utf8()};
    const TopPicture picture{watched_.name(), top_, live_, [this](const std::string& a) { return names_.name(a); },
                             note_};
    screen_.draw(draw_top(picture, choices_, canvas));
  }

  const Watched& watched_;
  Screen& screen_;
  TopChoices choices_;
  milliseconds interval_;
  std::string_view note_;
  TopAnswer top_;
  LiveAnswer live_;
  NameCache names_;
};

int watch(const Watched& watched, const TopChoices& choices, milliseconds interval, std::string_view note) {
  auto screen = Screen::open();
  if (!screen) return usage_error(screen.error());
  const auto done = TopLoop(watched, **screen, choices, interval, note).run();
  screen->reset();
  return done ? kExitDone : ended(watched, done.error());
}

int print_once(const Watched& watched, const TopFlags& flags, const TopChoices& choices) {
  const auto end = Clock::now() + kPatienceOnce;
  const std::uint64_t rows = flags.rows != 0 ? flags.rows : kRowsOnce;
  const std::string command = fmt::format("top {} {}", choices.by, flags.json ? rows : std::max(rows, kLeastRows));
  for (;;) {
    const auto answer = watched.ask(command);
    if (!answer) return ended(watched, answer.error());
    const auto top = read_top_answer(*answer);
    if (!top) return ended(watched, top.error());
    if (top->window_s < kSecondsOnce && Clock::now() < end) {
      std::this_thread::sleep_for(kLookOnce);
      continue;
    }
    if (flags.json) return print_output(*answer) ? kExitDone : kExitTrouble;
    NameCache names;
    const LiveAnswer live;
    const TopPicture picture{watched.name(), *top, live, [&](const std::string& a) { return names.name(a); }};
    std::string text = print_top(picture, choices, rows);
    for (const auto until = Clock::now() + kPatienceForNames; !names.idle() && Clock::now() < until;) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    if (choices.names) text = print_top(picture, choices, rows);
    return print_output(text) ? kExitDone : kExitTrouble;
  }
}

int show_top(const TopFlags& flags) {
  const auto interval = parse_duration(flags.interval);
  if (!interval || *interval < milliseconds(200) || *interval > std::chrono::seconds(10)) {
    return usage_error({"--interval '" + flags.interval + "' must be a time from 200ms to 10s, such as 1s"});
  }
  const std::vector<RunningDaemon> daemons = to_ask(flags.daemon, flags.run_dir);
  if (daemons.empty()) return usage_error(nobody_runs(flags.run_dir));
  const auto answering = std::ranges::find_if(
      daemons, [&](const RunningDaemon& one) { return Watched(one, flags.rows).ask(kProbe).has_value(); });
  const Watched watched(answering == daemons.end() ? daemons.front() : *answering, flags.rows);
  if (const auto answers = watched.ask(kProbe); !answers) return usage_error(answers.error());
  TopChoices choices;
  choices.by = flags.by;
  choices.names = flags.resolve;
  choices.most_rows = flags.rows;
  const bool both = daemons.size() > 1 && answering == daemons.begin();
  if (!flags.once && !flags.json && is_screen()) {
    return watch(watched, choices, *interval, both ? "An exporter runs, too: weir top exporter" : "");
  }
  return print_once(watched, flags, choices);
}

}  // namespace

void add_top_command(CLI::App& root, int& exit_code) {
  auto flags = std::make_shared<TopFlags>();
  CLI::App* command = root.add_subcommand("top", "Watch the busiest flows, hosts and ports of a running weir");
  command->footer(
      "Examples:\n"
      "  weir top                            of the collector that runs here, else of the exporter\n"
      "  weir top exporter --by hosts        the busiest hosts on this machine's interfaces\n"
      "  weir top --once -n 5                the five busiest flows of two seconds, then the end\n"
      "  weir top --json --by ports | jq .   the same for programs, as GET /api/v1/top answers\n"
      "\n"
      "Keys: f flows, h hosts, p ports, b bytes, k packets, s sort, / filter, r names, space pause, ? help, q quit.\n"
      "A collector counts a flow when its record arrives, an exporter when its packets do.");
  command->add_option("DAEMON", flags->daemon, "collector or exporter; default: the one that runs here")
      ->type_name("")
      ->transform(one_of({"collector", "exporter"}));
  command->add_option("--by", flags->by, "What to rank: flows, hosts or ports")
      ->type_name("WHAT")
      ->capture_default_str()
      ->transform(one_of({"flows", "hosts", "ports"}));
  command
      ->add_option("--run-dir", flags->run_dir,
                   "Directory of the control socket; default: the one that weir collect and export use")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_option("-n,--limit", flags->rows, "Rows at most; default: as many as the screen has, 20 with --once")
      ->type_name("ROWS")
      ->check(whole_number(1, LiveView::kMaxRows));
  command->add_option("--interval", flags->interval, "How often to look")->type_name("TIME")->capture_default_str();
  command->add_flag("--once", flags->once, "Print two seconds' traffic as text and end; so does output to a file");
  command->add_flag("--json", flags->json, "The same as one JSON object");
  command->add_flag("--resolve", flags->resolve, "Show names in place of addresses, by reverse DNS");
  command->callback([flags, &exit_code] { exit_code = show_top(*flags); });
}

}  // namespace weir
