#include "sinks/sink_status.h"

#include "base/status_text.h"

namespace weir {
namespace {

void append_delivery(std::string& text, const DeliveryStatus& delivery) {
  const auto add = [&text](std::uint64_t n, const std::string& what) {
    if (n != 0) text += "    " + std::to_string(n) + " " + what + "\n";
  };
  add(delivery.spooled_flows, "flows in the spool, " + mebibytes_text(delivery.spooled_bytes) + " on disk");
  add(delivery.retries, "requests sent again");
  add(delivery.resent_flows, "flows sent again that may have been taken before");
  add(delivery.dead_letters, "flows in the dead-letter file");
  if (delivery.recovered.in != 0) append_account(text, "  from the spool of an earlier run", delivery.recovered);
}

void write_delivery(JsonText& json, const DeliveryStatus& delivery) {
  json.begin_object("delivery");
  json.number("spooled_flows", delivery.spooled_flows);
  json.number("spooled_bytes", delivery.spooled_bytes);
  json.number("written_flows", delivery.written_flows);
  json.number("retries", delivery.retries);
  json.number("resent_flows", delivery.resent_flows);
  json.number("dead_letters", delivery.dead_letters);
  json.account("recovered", delivery.recovered);
  json.end_object();
}

}  // namespace

void append_sinks(std::string& text, std::span<const SinkStatus> sinks) {
  text += "\nSinks (flows)\n";
  for (const SinkStatus& sink : sinks) {
    append_account(text, sink.name, sink.flows);
    if (sink.delivery) append_delivery(text, *sink.delivery);
    if (!sink.last_error.empty()) text += "    error: " + sink.last_error + "\n";
  }
}

void write_sinks(JsonText& json, std::span<const SinkStatus> sinks) {
  json.objects("sinks", sinks, [&](const SinkStatus& sink) {
    json.text("sink", sink.name);
    json.account("flows", sink.flows);
    json.number("bytes_out", sink.bytes_out);
    if (sink.delivery) write_delivery(json, *sink.delivery);
    json.text("last_error", sink.last_error);
  });
}

void check_sinks(std::vector<std::string>& wrong, std::uint64_t published, std::span<const SinkStatus> sinks) {
  for (const SinkStatus& sink : sinks) {
    check_equal(wrong, "flows into " + sink.name, sink.flows.in, published);
    check_balance(wrong, "flows at " + sink.name, sink.flows);
    if (sink.delivery) check_balance(wrong, "recovered flows at " + sink.name, sink.delivery->recovered);
  }
}

}  // namespace weir
