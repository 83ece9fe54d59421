// weir query: questions to a store, in goquery's language.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "app/cli.h"
#include "app/query_options.h"
#include "app/signals.h"
#include "app/status_line.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "query/print.h"
#include "store/snapshot.h"

namespace weir {
namespace {

constexpr const char* kFooter =
    "Conditions compare fields and join with & | ! and brackets: sip, dip, host, snet, dnet, net, dport, proto, dir "
    "and\n"
    "every field of a flow, with = != < <= > >= and in (…). The columns and attributes are listed in docs/query.md.\n"
    "\n"
    "Examples:\n"
    "  weir query sip,dip                                      who talked with whom in the last 30 days\n"
    "  weir query -i eth1 -f -1d -n 10 -c 'dport = 443' sip    one interface, one day, ten rows\n"
    "  weir query -f -2h --sum -s packets time,proto           over time\n"
    "  weir query --examples                                   more\n"
    "\n"
    "Called as goquery (a symbolic link) it takes goquery's command line; --biflow is the default then.\n"
    "Exit codes: 0 answered, 1 stopped, out of memory or time, or parts of the store are damaged, 2 bad usage or no "
    "store.";

constexpr const char* kExamples =
    "weir query talk_conv\n"
    "    The conversations of the last 30 days with the most bytes.\n"
    "weir query -i eth0 -f -1d -c 'snet = 10.0.0.0/8' -n 5 sip,dip,dport,proto\n"
    "    Five rows of yesterday's traffic of one network through eth0.\n"
    "weir query -i eth0,eth2,eth7 -f -5d -c 'sip = 198.51.100.7 & dip = 203.0.113.9' iface,sip,dip\n"
    "    By which interfaces a conversation went in and out.\n"
    "weir query -i 'any,!eth2' -f '02.01.2026 07:00' -l '02.01.2026 19:30 +0100' -e csv apps_port\n"
    "    The services of a day, as CSV, without eth2.\n"
    "weir query -i '/eth[0-3]/' -f -15d:04h:05m --time-resolution 1h time,proto\n"
    "    Traffic per hour and protocol.\n"
    "weir query -c 'dport in (22, 3389) & tcp_flags = S & packets <= 2' -r sip,dip\n"
    "    Unanswered attempts at remote logins, with host names.\n"
    "weir query -c 'bytes > 1G | duration > 1h' --explain src_as,dst_as\n"
    "    Large or long flows by autonomous system, and what the query read.\n"
    "weir query -f -24h -e json raw | jq '.rows[].counters'\n"
    "    For programs.\n";

// Takes the process's signals while a query runs, so that it ends in order.
class Interruption {
 public:
  const std::atomic<bool>* flag() const { return &stop_; }

 private:
  std::atomic<bool> stop_{false};
  SignalHandler signals_{[this] { stop_ = true; }};
};

// How far a query is, from half a second on. The engine calls from any of its threads.
class Progress {
 public:
  explicit Progress(bool shown) : line_(shown) {}
  void update(double share) {
    if (steady_time_ns() - start_ns_ < kPatienceNs) return;
    const std::lock_guard lock(mutex_);
    if (line_.due()) line_.show(fmt::format("{:3.0f} %", share * 100));
  }

 private:
  static constexpr std::uint64_t kPatienceNs = 500 * kNsPerMs;
  std::mutex mutex_;
  StatusLine line_;
  const std::uint64_t start_ns_ = steady_time_ns();
};

Result<QueryResult> run_with_progress(const QueryOptions& options, const QueryRequest& request,
                                      const Snapshot& snapshot, RunOptions run) {
  const Interruption interruption;
  Progress progress(options.progress == "on" || (options.progress == "auto" && StatusLine::on_terminal()));
  run.stop = interruption.flag();
  run.progress = [&](double share) { progress.update(share); };
  return run_query(request, snapshot, run);
}

std::string print(const QueryOptions& options, const QueryRequest& request, const QueryResult& result,
                  const AddressNames& names) {
  if (options.format == "json") return print_json(request, result, names);
  if (options.format == "csv") return print_csv(request, result, names);
  TextStyle style = output_style();
  style.explain = options.explain;
  return print_text(request, result, style, names);
}

int query(const QueryOptions& options) {
  if (options.examples) return print_output(kExamples) ? kExitDone : kExitTrouble;
  if (options.query.columns.empty()) return usage_error({"which columns? such as sip,dip (see weir query --help)"});
  const auto request = make_request(options.query, wall_time_ns());
  if (!request) return usage_error(request.error());
  const auto run = make_run_options(options);
  if (!run) return usage_error(run.error());
  const auto lookup = make_reverse_lookup(options);
  if (!lookup) return usage_error(lookup.error());
  const auto snapshot = open_snapshot(options.store, request->times);
  if (!snapshot) return usage_error(snapshot.error());

  const auto result = run_with_progress(options, *request, *snapshot, *run);
  if (!result) {
    complain(result.error().message);
    return kExitTrouble;
  }
  for (const std::string& warning : result->warnings) complain("warning: left out " + warning);
  if (result->hits == 0 && options.query.interfaces != "any" && StatusLine::on_terminal()) {
    complain("note: nothing was found at '" + options.query.interfaces +
             "'; weir list shows the interfaces of a store");
  }
  const AddressNames names = options.resolve ? look_up_names(*result, *lookup) : AddressNames();
  const bool printed = print_output(print(options, *request, *result, names));
  return printed && result->warnings.empty() ? kExitDone : kExitTrouble;
}

}  // namespace

CLI::App* add_query_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* command = root.add_subcommand("query", "Ask a store: who talked with whom, how much, when");
  command->footer(kFooter);
  add_query_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = query(*options); });
  return command;
}

}  // namespace weir
