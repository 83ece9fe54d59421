#include "app/query_options.h"

#include <algorithm>
#include <limits>

#include "app/checks.h"
#include "app/memory_limit.h"
#include "base/clock.h"
#include "query/units.h"

namespace weir {
namespace {

constexpr std::uint64_t kDay = 86'400 * kNsPerSecond;

std::unexpected<Error> fail_for(const std::string& option, const Error& error) {
  return fail(option + ": " + error.message);
}

Result<std::chrono::milliseconds> duration(const std::string& option, const std::string& text) {
  const bool seconds = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const auto ns = parse_timespan(seconds ? text + "s" : text);
  if (!ns || *ns < kNsPerMs) return fail(option + ": '" + text + "' must be a time such as 500ms, 10s or 1m30s");
  constexpr std::uint64_t kMost = 365 * kDay;
  return std::chrono::milliseconds(std::min(*ns, kMost) / kNsPerMs);
}

}  // namespace

Result<RunOptions> make_run_options(const QueryOptions& options) {
  RunOptions run;
  const auto memory = parse_memory(options.memory);
  if (!memory) return fail_for("--memory", memory.error());
  run.memory = *memory;
  if (!options.timeout.empty()) {
    const auto timeout = duration("--timeout", options.timeout);
    if (!timeout) return std::unexpected(timeout.error());
    run.timeout = *timeout;
  }
  return run;
}

Result<ReverseLookup> make_reverse_lookup(const QueryOptions& options) {
  ReverseLookup lookup;
  lookup.max_rows = options.resolve_rows;
  const auto timeout = duration("--resolve-timeout", options.resolve_timeout);
  if (!timeout) return std::unexpected(timeout.error());
  lookup.timeout = *timeout;
  return lookup;
}

void add_query_options(CLI::App& command, QueryOptions& options) {
  const auto text = [&](const char* names, std::string& target, const char* help, const char* type) {
    return command.add_option(names, target, help)->type_name(type);
  };
  text("COLUMNS", options.query.columns, "What to group by: sip,dip,dport,proto; talk_conv; time,apps_port; any field",
       "");
  text("-i,--ifaces", options.query.interfaces, "Interfaces: eth0,eth2; any; any,!eth2; /eth[0-2]/", "LIST")
      ->capture_default_str();
  text("-c,--condition", options.query.condition, "Only flows like this: 'dport = 443 & snet = 10.0.0.0/8'",
       "CONDITION");
  text("-f,--first", options.query.first,
       "From here on: -1d, -2h, '2026-01-02 15:04', 02.01.2026, Unix seconds; default:\n"
       "30 days before --last, 24 hours where time is a column",
       "TIME");
  text("-l,--last", options.query.last, "Until here; default: now", "TIME");
  command
      .add_option("-n,--limit,--results.limit", options.query.limit,
                  "Rows at most; default: 1000, all where time is a column")
      ->type_name("N")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  text("-e,--format,--results.format", options.format, "txt, json or csv", "FORMAT")
      ->transform(one_of({"txt", "json", "csv"}))
      ->capture_default_str();
  text("-s,--sort,--sort.by", options.query.sort, "bytes, packets or time; default: bytes, time where that is a column",
       "BY")
      ->transform(one_of({"bytes", "packets", "time"}));
  command.add_flag("-a,--ascending,--sort.ascending", options.query.ascending, "Smallest or earliest first");
  command.add_flag("--in", options.query.in, "Show and sort by what went in only");
  command.add_flag("--out", options.query.out, "Show and sort by what went out only");
  command.add_flag("--sum", options.query.sum, "Show in and out as one number");
  text("-d,--db,--db.path", options.store, "Directory of the store", "DIR")->check(not_empty())->capture_default_str();
  command.add_flag("-r,--resolve,--dns-resolution.enabled", options.resolve, "Show names of addresses (reverse DNS)");
  command.add_option("--resolve-rows,--dns-resolution.max-rows", options.resolve_rows, "For the first rows only")
      ->type_name("N")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  text("--resolve-timeout,--dns-resolution.timeout", options.resolve_timeout, "Wait for names no longer", "TIME")
      ->capture_default_str();
  text("--time-resolution,--query.time-resolution", options.query.time_resolution,
       "Blocks of the time column: multiples of 5m, or auto", "TIME")
      ->capture_default_str();
  text("--timeout,--query.timeout", options.timeout, "Give up after this long; default: never", "TIME");
  text("--memory", options.memory, "Most memory for tables: 2GB, 512MiB, or a share of the machine's", "SIZE")
      ->capture_default_str();
  text("--stored-query", options.stored_query,
       "Take what the command line does not say from a JSON file, - for standard input", "FILE");
  command.add_flag("--biflow,!--no-biflow", options.query.biflow,
                   "Turn one-way flows round to the side that began; default under the name goquery");
  text("--sampling", options.query.sampling, "raw: as exported; scaled: times the sampling rate", "HOW")
      ->transform(one_of({"raw", "scaled"}))
      ->capture_default_str();
  command.add_flag("--explain,--query.stats", options.explain, "Tell what was read and what could be left out");
  text("--progress", options.progress, "auto (on a terminal), on or off", "WHEN")
      ->transform(one_of({"auto", "on", "off"}))
      ->capture_default_str();
  command.add_flag("--examples", options.examples, "Print more examples");
  // Like goquery, and so that the command line wins over a stored query.
  for (CLI::Option* option : command.get_options()) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace weir
