#include "sinks/sink_status.h"

#include "base/status_text.h"

namespace weir {

void append_sinks(std::string& text, std::span<const SinkStatus> sinks) {
  text += "\nSinks (flows)\n";
  for (const SinkStatus& sink : sinks) {
    append_account(text, sink.name, sink.flows);
    if (!sink.last_error.empty()) text += "    error: " + sink.last_error + "\n";
  }
}

void write_sinks(JsonText& json, std::span<const SinkStatus> sinks) {
  json.objects("sinks", sinks, [&](const SinkStatus& sink) {
    json.text("sink", sink.name);
    json.account("flows", sink.flows);
    json.number("bytes_out", sink.bytes_out);
    json.text("last_error", sink.last_error);
  });
}

void check_sinks(std::vector<std::string>& wrong, std::uint64_t published, std::span<const SinkStatus> sinks) {
  for (const SinkStatus& sink : sinks) {
    check_equal(wrong, "flows into " + sink.name, sink.flows.in, published);
    check_balance(wrong, "flows at " + sink.name, sink.flows);
  }
}

}  // namespace weir
