// Reading what the user wrote after --to: a scheme, a target and options.
//
//   stdout?format=csv
//   file:/var/log/flows.json?rotate-size=100MB&keep=10
//   store:/var/lib/weir/flows?raw-retain=30d&max-size=200GB
//   https://user:secret@host/api/org/stream/_json?batch=500&header=X-Scope: netflow
//   udp://collector.lan:2055?protocol=9
//
// Options stand after the first '?' as key=value, separated by '&'; values may be percent-encoded. In an http URL the
// options of weir are taken out of the query and everything else stays in the URL.
//
// Thread rules: value types.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sinks/record_writer.h"

namespace weir {

// "100", "64kB", "100MB", "1GiB": bytes. Decimal units (kB, MB, GB, TB) and binary ones (KiB, MiB, GiB, TiB), in any
// case, with nothing around them; "B" and no unit are bytes.
Result<std::uint64_t> parse_size(std::string_view text);

// "500ms", "10s", "5m", "1h", "7d", "2w", "2y" (a year has 365 days).
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// Decodes %XX; a '%' without two hex digits is an error.
Result<std::string> percent_decode(std::string_view text);

// The options of one sink. Every take_… removes the option it asks for; finish() complains of those nobody asked for.
// Each returns the fallback where the option is not given. Errors name the option and are kept: the first one is what
// finish() returns, so that a run of takes needs one check.
class SinkOptions {
 public:
  using Entry = std::pair<std::string, std::string>;
  explicit SinkOptions(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  std::string take_text(std::string_view key, std::string fallback = {});
  std::vector<std::string> take_all(std::string_view key);
  std::uint64_t take_number(std::string_view key, std::uint64_t fallback, std::uint64_t least, std::uint64_t most);
  std::uint64_t take_size(std::string_view key, std::uint64_t fallback);
  std::chrono::milliseconds take_duration(std::string_view key, std::chrono::milliseconds fallback);
  bool take_flag(std::string_view key, bool fallback);
  // Index into `choices`.
  std::size_t take_choice(std::string_view key, std::span<const std::string_view> choices, std::size_t fallback);

  // The first error, or one for an option that is left, with the nearest of those asked for.
  Result<void> finish() const;

 private:
  bool take(std::string_view key, std::string& value);
  void note(std::string_view key, std::string_view value, std::string_view problem);

  std::vector<Entry> entries_;
  std::vector<std::string> asked_;
  std::string error_;
};

// "key=value&key=value", values percent-encoded. Errors do not repeat values, which may be secrets.
Result<std::vector<SinkOptions::Entry>> parse_options(std::string_view query);

struct SinkSpec {
  std::string scheme;  // "stdout", "file", "store", "http", "https", "udp", "tcp", "tls"
  std::string target;  // path, HOST:PORT or URL, without weir's options
  std::vector<SinkOptions::Entry> options;
};

// Splits `spec`. For http and https only the keys in `http_options` are taken as options.
Result<SinkSpec> parse_sink_spec(std::string_view spec, std::span<const std::string_view> http_options);

// The options that sinks of text share: fields=full|compact|all, biflow=split|merge, and format=json|csv|text where
// `formats`.
RecordOptions take_record_options(SinkOptions& options, bool formats);

}  // namespace weir
