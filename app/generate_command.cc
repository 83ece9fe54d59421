// weir generate: test traffic for a collector.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "app/signals.h"
#include "exporter/generator/sender.h"

namespace weir {
namespace {

const std::map<std::string, ExportProtocol> kProtocols = {
    {"5", ExportProtocol::kNetflowV5}, {"9", ExportProtocol::kNetflowV9}, {"ipfix", ExportProtocol::kIpfix}};

constexpr double kMost = std::numeric_limits<double>::max();
constexpr double kLongestSeconds = 10 * 365 * 86400.0;  // the clock counts nanoseconds in 63 bits

void print_totals(const GenerateTotals& totals) {
  const double seconds = std::chrono::duration<double>(totals.elapsed).count();
  fmt::print(stderr, "weir: sent {} flows in {} datagrams ({} bytes) in {:.1f} s, {:.0f} flows/s\n", totals.flows,
             totals.datagrams, totals.bytes, seconds, static_cast<double>(totals.flows) / seconds);
  if (totals.flows_unsent != 0) {
    complain(fmt::format("{} flows were not sent: {}", totals.flows_unsent, totals.last_error));
  } else if (totals.send_errors != 0) {
    complain(fmt::format("the system reported {} errors: {}; is a collector listening there?", totals.send_errors,
                         totals.last_error));
  }
}

int generate_and_report(const GenerateOptions& options) {
  std::atomic<bool> stop = false;
  const SignalHandler signals([&stop] { stop = true; });
  const auto totals = generate(options, stop);
  if (!totals) return usage_error(totals.error());
  print_totals(*totals);
  return totals->send_errors == 0 ? kExitDone : kExitTrouble;
}

// `--to` takes the same form as a collector's address elsewhere, udp://HOST:PORT; HOST:PORT will do.
std::string without_scheme(const std::string& target) {
  constexpr std::string_view kScheme = "udp://";
  return target.starts_with(kScheme) ? target.substr(kScheme.size()) : target;
}

}  // namespace

void add_generate_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<GenerateOptions>();
  auto target = std::make_shared<std::string>("udp://127.0.0.1:2055");
  options->rate = 1000;
  auto protocol = std::make_shared<std::string>("ipfix");
  auto seconds = std::make_shared<double>(0);
  CLI::App* command = root.add_subcommand("generate", "Send realistic export traffic to a collector");
  command->footer(
      "Examples:\n"
      "  weir generate                                1,000 flows/s of IPFIX to 127.0.0.1:2055 until Ctrl-C\n"
      "  weir generate --protocol 5 --flows 100000 --rate 0   100,000 NetFlow v5 flows as fast as possible\n"
      "  weir generate --to 'udp://[::1]:2055' --exporters 8 --duration 10");
  command->add_option("--to", *target, "Collector, udp://HOST:PORT")
      ->type_name("URL")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("--protocol", *protocol, "5, 9 or ipfix")
      ->type_name("PROTOCOL")
      ->transform(one_of({"5", "9", "ipfix"}))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Flows per second; 0: as fast as possible")
      ->type_name("N")
      ->check(number(0, kMost))
      ->capture_default_str();
  command->add_option("--flows", options->flows, "Stop after this many flows; 0: never")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str();
  command->add_option("--duration", *seconds, "Stop after this many seconds; 0: never")
      ->type_name("SECONDS")
      ->check(number(0, kLongestSeconds))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "The same seed makes the same flows")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str();
  command->add_option("--exporters", options->exporters, "How many exporters to play")
      ->type_name("N")
      ->check(whole_number(1, 10000))
      ->capture_default_str();
  command->add_option("--ipv6-share", options->ipv6_share, "Part of the flows that is IPv6 (none in NetFlow v5)")
      ->type_name("SHARE")
      ->check(number(0, 1))
      ->capture_default_str();
  command->add_option("--sampling", options->sampling, "Announce 1:N packet sampling; 0: none")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str();
  command->callback([options, target, protocol, seconds, &exit_code] {
    options->protocol = kProtocols.at(*protocol);
    options->target = without_scheme(*target);
    options->duration = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(*seconds));
    exit_code = generate_and_report(*options);
  });
}

}  // namespace weir
