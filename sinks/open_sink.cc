#include <utility>

#include "sinks/file_output.h"
#include "sinks/http_options.h"
#include "sinks/http_sink.h"
#include "sinks/netflow_options.h"
#include "sinks/netflow_sink.h"
#include "sinks/sink.h"
#include "sinks/sink_spec.h"
#include "sinks/stdout_output.h"
#include "sinks/store_sink.h"
#include "sinks/text_sink.h"

namespace weir {
namespace {

using SinkResult = Result<std::unique_ptr<Sink>>;

SinkResult open_stdout_sink(std::string_view spec, SinkOptions options, const SinkContext& context) {
  const RecordWriter writer(take_record_options(options, true));
  if (auto finished = options.finish(); !finished) return std::unexpected(finished.error());
  return make_text_sink(std::string(spec), open_stdout(writer.header()), writer, context);
}

SinkResult open_file_sink(std::string_view spec, const std::string& path, SinkOptions options,
                          const SinkContext& context) {
  if (path.empty()) return fail("no file is named; write file:PATH");
  const RecordWriter writer(take_record_options(options, true));
  RotationOptions rotation;
  rotation.size = options.take_size("rotate-size", 0);
  rotation.interval = options.take_duration("rotate-interval", rotation.interval);
  rotation.keep = options.take_number("keep", 0, 1, 1'000'000);
  if (auto finished = options.finish(); !finished) return std::unexpected(finished.error());
  auto output = open_file_output(path, rotation, writer.header());
  if (!output) return std::unexpected(output.error());
  return make_text_sink(std::string(spec), *std::move(output), writer, context);
}

SinkResult open_http_sink(std::string_view spec, const SinkContext& context) {
  auto options = parse_http_options(spec, context.spool_dir);
  if (!options) return std::unexpected(options.error());
  return make_http_sink(*std::move(options), context);
}

SinkResult open_netflow_sink(std::string_view spec, const SinkContext& context) {
  auto options = parse_netflow_options(spec);
  if (!options) return std::unexpected(options.error());
  return make_netflow_sink(*std::move(options), context);
}

bool is_http(std::string_view spec) { return spec.starts_with("http:") || spec.starts_with("https:"); }

SinkResult open_parsed(std::string_view spec, const SinkContext& context) {
  if (is_http(spec)) return open_http_sink(spec, context);
  if (is_netflow(spec)) return open_netflow_sink(spec, context);
  auto parsed = parse_sink_spec(spec, {});
  if (!parsed) return std::unexpected(parsed.error());
  SinkOptions options(std::move(parsed->options));
  if (parsed->scheme == "stdout") return open_stdout_sink(spec, std::move(options), context);
  if (parsed->scheme == "store") return open_store_sink(std::string(spec), parsed->target, std::move(options), context);
  return open_file_sink(spec, parsed->target, std::move(options), context);
}

}  // namespace

std::string_view reason_name(SinkDrop reason) {
  switch (reason) {
    case SinkDrop::kQueueFull: return "queue_full";
    case SinkDrop::kWriteError: return "write_error";
    case SinkDrop::kRejected: return "rejected";
    case SinkDrop::kUnreachable: return "unreachable";
    case SinkDrop::kClosing: return "closing";
    case SinkDrop::kNotRepresentable: return "not_representable";
    case SinkDrop::kSpoolFull: return "spool_full";
    case SinkDrop::kDamaged: return "damaged";
    case SinkDrop::kCount: break;
  }
  return "";
}

SinkResult open_sink(std::string_view spec, const SinkContext& context) {
  auto sink = open_parsed(spec, context);
  if (!sink)
    return fail("sink " + (is_http(spec) ? http_display_name(spec) : std::string(spec)) + ": " + sink.error().message);
  return sink;
}

}  // namespace weir
