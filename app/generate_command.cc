// weir generate: test traffic for a collector.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>

#include "app/cli.h"
#include "app/signals.h"
#include "exporter/generator/sender.h"

namespace weir {
namespace {

const std::map<std::string, ExportProtocol> kProtocols = {
    {"5", ExportProtocol::kNetflowV5}, {"9", ExportProtocol::kNetflowV9}, {"ipfix", ExportProtocol::kIpfix}};

void print_totals(const GenerateTotals& totals, std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  std::fprintf(stderr, "weir: sent %llu flows in %llu datagrams (%llu bytes) in %.1f s, %.0f flows/s",
               static_cast<unsigned long long>(totals.flows), static_cast<unsigned long long>(totals.datagrams),
               static_cast<unsigned long long>(totals.bytes), seconds, static_cast<double>(totals.flows) / seconds);
  if (totals.send_errors != 0) {
    std::fprintf(stderr, "; %llu datagrams were refused by the system",
                 static_cast<unsigned long long>(totals.send_errors));
  }
  std::fputc('\n', stderr);
}

int generate_and_report(const GenerateOptions& options) {
  std::atomic<bool> stop = false;
  const StopOnSignals signals([&stop] { stop = true; });
  const auto start = std::chrono::steady_clock::now();
  const auto totals = generate(options, stop);
  if (!totals) return usage_error(totals.error());
  print_totals(*totals, std::chrono::steady_clock::now() - start);
  return totals->send_errors == 0 ? kExitDone : kExitTrouble;
}

}  // namespace

void add_generate_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<GenerateOptions>();
  auto seconds = std::make_shared<double>(0);
  CLI::App* command = root.add_subcommand("generate", "Send realistic export traffic to a collector");
  command->footer(
      "Examples:\n"
      "  weir generate                                1,000 flows/s of IPFIX to 127.0.0.1:2055 until Ctrl-C\n"
      "  weir generate --protocol 5 --flows 100000 --rate 0   100,000 NetFlow v5 flows as fast as possible\n"
      "  weir generate --to udp://[::1]:2055 --exporters 8 --duration 10");
  command->add_option("--to", options->target, "Collector, udp://HOST:PORT")->capture_default_str();
  command->add_option("--protocol", options->protocol, "5, 9 or ipfix")
      ->transform(CLI::CheckedTransformer(kProtocols, CLI::ignore_case).description(""))
      ->default_str("ipfix");
  command->add_option("--rate", options->rate, "Flows per second; 0: as fast as possible")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
  command->add_option("--flows", options->flows, "Stop after this many flows; 0: never")->capture_default_str();
  command->add_option("--duration", *seconds, "Stop after this many seconds; 0: never")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "The same seed makes the same flows")->capture_default_str();
  command->add_option("--exporters", options->exporters, "How many exporters to play")
      ->check(CLI::Range(1, 10000).description(""))
      ->capture_default_str();
  command->add_option("--ipv6-share", options->ipv6_share, "Part of the flows that is IPv6 (none in NetFlow v5)")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->capture_default_str();
  command->add_option("--sampling", options->sampling, "Announce 1:N packet sampling; 0: none")->capture_default_str();
  command->callback([options, seconds, &exit_code] {
    options->duration = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(*seconds));
    exit_code = generate_and_report(*options);
  });
}

}  // namespace weir
