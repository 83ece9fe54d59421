// weir decode: the flows of captures and payload files, one record each on standard output; the ledger on standard
// error.
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "base/clock.h"
#include "codecs/decoder.h"
#include "collector/file_source.h"
#include "sinks/encode_pool.h"
#include "sinks/sink.h"

namespace weir {
namespace {

struct DecodeOptions {
  std::vector<std::string> files;
  std::vector<std::uint16_t> ports;
  std::string format = "json";
  std::string fields = "full";
  std::string biflow = "merge";
};

// "  sets        12 in, 10 decoded, 2 waiting for a template".
void print_account(const AccountView& account, std::string_view verb, std::string_view waiting) {
  if (account.in == 0) return;
  fmt::print(stderr, "  {:<11}{} in, {} {}", account.unit, account.in, account.out, verb);
  if (account.held != 0) fmt::print(stderr, ", {} {}", account.held, waiting);
  const std::string drops = drop_reasons(account);
  if (!drops.empty()) fmt::print(stderr, ", not: {}", drops);
  fmt::print(stderr, "\n");
}

void print_ledger(const FileSource& source, const Decoder& decoder, const SinkStatus& sink) {
  const ExporterStats totals = decoder.totals();
  fmt::print(stderr, "weir: {} flows, {} options records\n", totals.flows, totals.options_records);
  print_account(view("file", "packets", source.counts().packets), "are export datagrams", "");
  print_account(view("file", "fragments", source.fragments()), "reassembled", "waiting for others");
  if (const std::uint64_t trailing = source.counts().trailing_bytes + totals.trailing_bytes; trailing != 0) {
    fmt::print(stderr, "  {:<11}{} behind the message of a file or datagram, not read\n", "bytes", trailing);
  }
  print_account(view("decode", "messages", decoder.messages()), "decoded", "");
  print_account(view("decode", "sets", totals.sets), "decoded", "waiting for their template");
  print_account(view("output", "flows", sink.flows), "written", "");
  if (totals.records_missing != 0) {
    fmt::print(stderr, "  {:<11}{} announced by headers were not there\n", "records", totals.records_missing);
  }
  if (totals.sequence.lost != 0) {
    fmt::print(stderr, "  {:<11}{} lost on the way, by sequence numbers\n", "sequence", totals.sequence.lost);
  }
}

// A set that waited in vain for its template, or found no room to wait, is not malformed.
bool had_malformed(const FileSource& source, const Decoder& decoder) {
  const ExporterStats totals = decoder.totals();
  const std::uint64_t only_waited =
      totals.sets.dropped_for(SetDrop::kNoTemplate) + totals.sets.dropped_for(SetDrop::kHoldLimit);
  return decoder.messages().dropped_total() != 0 || totals.sets.dropped_total() != only_waited ||
         totals.records_missing != 0 || source.counts().packets.dropped_for(PacketSkip::kTruncated) != 0 ||
         source.counts().packets.dropped_for(PacketSkip::kMalformed) != 0;
}

// Reads all files into the decoder; one that cannot be read is told, and the others still are. How many failed.
std::size_t read_files(const std::vector<std::string>& files, FileSource& source) {
  std::size_t failed = 0;
  for (const std::string& file : files) {
    if (const auto read = source.read(file); !read) {
      complain(read.error().message);
      ++failed;
    }
  }
  source.finish();
  return failed;
}

bool anything_read(const FileSource& source) {
  return source.counts().packets.in + source.counts().fragments + source.counts().messages != 0;
}

int decode(const DecodeOptions& options) {
  SinkContext context;
  context.encoders = std::make_shared<EncodePool>(std::max(1U, std::thread::hardware_concurrency()));
  context.when_full = WhenFull::kWait;
  auto sink = open_sink(
      fmt::format("stdout?format={}&fields={}&biflow={}", options.format, options.fields, options.biflow), context);
  if (!sink) return usage_error(sink.error());

  Decoder decoder;
  std::uint64_t last_ns = 0;
  std::uint64_t next_tick_ns = 0;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { (*sink)->submit(std::move(batch)); });
  FileSource source(options.ports, [&](const Session& session, Bytes message, std::uint64_t time_ns) {
    decoder.decode(session, message, time_ns, writer);
    last_ns = time_ns;
    if (time_ns < next_tick_ns) return;
    decoder.tick(time_ns, writer);
    next_tick_ns = time_ns + kNsPerSecond;
  });
  const std::size_t failed = read_files(options.files, source);
  decoder.finish(last_ns, writer);
  writer.flush();
  (*sink)->close(std::chrono::steady_clock::time_point::max());

  const SinkStatus status = (*sink)->status();
  if (failed == 0 || anything_read(source)) print_ledger(source, decoder, status);
  if (!status.last_error.empty()) complain(status.last_error);
  if (failed != 0) return kExitUsage;
  return had_malformed(source, decoder) || status.flows.dropped_total() != 0 ? kExitTrouble : kExitDone;
}

}  // namespace

void add_decode_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<DecodeOptions>();
  CLI::App* command = root.add_subcommand("decode", "Print the flows of captures and files of export datagrams");
  command->footer(
      "Files are pcap or pcapng captures, IPFIX files (RFC 5655), or one UDP payload each; they are read in the order\n"
      "given as one stream, so that a template file serves the data files after it. Records go to standard output, a\n"
      "summary of what was decoded and what was not to standard error.\n"
      "\n"
      "Examples:\n"
      "  weir decode capture.pcap | head -1\n"
      "  weir decode --port 2055 --format csv capture.pcapng >flows.csv\n"
      "  weir decode --fields all template.dat data.dat\n"
      "\n"
      "Exit codes: 0 every datagram decoded or only waits for a template, 1 some were malformed, 2 bad usage or a "
      "file\n"
      "that cannot be read.");
  command->add_option("FILE", options->files, "Files to read")->required()->type_name("")->check(not_empty());
  command->add_option("--port", options->ports, "Only datagrams from or to this UDP port (repeatable)")
      ->type_name("PORT")
      ->check(whole_number(1, 65535));
  command->add_option("--format", options->format, "json, csv or text")
      ->type_name("FORMAT")
      ->transform(one_of({"json", "csv", "text"}))
      ->capture_default_str();
  add_record_options(*command, options->fields, options->biflow);
  command->callback([options, &exit_code] { exit_code = decode(*options); });
}

}  // namespace weir
