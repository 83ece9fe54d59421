#include "sinks/netflow_options.h"

#include <limits>
#include <utility>

#include "sinks/sink_spec.h"

namespace weir {
namespace {

constexpr std::size_t kStreamMessage = 16'384;  // one TLS record
constexpr std::size_t kUdpHeaders = 48;         // IPv6 and UDP
constexpr std::uint32_t kMostPackets = 100'000'000;

Transport transport_of(std::string_view scheme) {
  if (scheme == "tcp") return Transport::kTcp;
  return scheme == "tls" ? Transport::kTls : Transport::kUdp;
}

Result<HostPort> parse_target(std::string_view target, Transport transport, ExportProtocol protocol) {
  const std::uint16_t ipfix = transport == Transport::kTls ? kIpfixTlsPort : kIpfixPort;
  if (target.ends_with('/')) target.remove_suffix(1);
  auto endpoint = parse_host_port(target, protocol == ExportProtocol::kIpfix ? ipfix : kNetflowPort);
  if (!endpoint) return endpoint;
  if (endpoint->host.empty()) return fail("no host is named: write HOST:PORT");
  if (endpoint->port == 0) return fail("0 is no port to send to");
  return endpoint;
}

void take_message_size(SinkOptions& given, NetflowOptions& options) {
  const std::size_t fallback = options.is_stream() ? kStreamMessage : options.max_message;
  if (options.is_stream()) {
    options.max_message = given.take_number("size", fallback, kMinExportMessage, kMaxExportMessage);
    return;
  }
  const std::uint64_t mtu = given.take_number("mtu", fallback + kUdpHeaders, kMinExportMessage + kUdpHeaders, 65'535);
  options.max_message = given.take_number("size", mtu - kUdpHeaders, kMinExportMessage, kMaxExportMessage);
}

void take_encoding(SinkOptions& given, NetflowOptions& options) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t widest = options.protocol == ExportProtocol::kNetflowV5 ? 0xffff : kMost;
  if (const std::uint64_t id = given.take_number("source-id", kMost + 1, 0, widest); id <= kMost) {
    options.source_id = static_cast<std::uint32_t>(id);
  }
  if (options.protocol == ExportProtocol::kIpfix) {
    options.biflow = given.take_flag("biflow", false);
    options.nanoseconds = given.take_flag("nanoseconds", false);
  }
  if (options.protocol == ExportProtocol::kNetflowV5) return;
  options.template_interval = given.take_duration("template-interval", options.template_interval);
  options.template_packets =
      static_cast<std::uint32_t>(given.take_number("template-packets", options.template_packets, 1, kMost));
}

void take_delivery(SinkOptions& given, NetflowOptions& options) {
  take_message_size(given, options);
  options.flush = given.take_duration("flush", options.flush);
  if (!options.is_stream()) {
    options.pace = static_cast<std::uint32_t>(given.take_number("pace", 0, 1, kMostPackets));
    return;
  }
  options.timeout = given.take_duration("timeout", options.timeout);
  if (options.transport != Transport::kTls) return;
  options.tls.ca = given.take_text("ca");
  options.tls.cert = given.take_text("cert");
  options.tls.key = given.take_text("key");
  options.verify = given.take_flag("verify", true);
  options.server_name = given.take_text("server-name", options.target.host);
}

}  // namespace

bool is_netflow(std::string_view spec) {
  return spec.starts_with("udp:") || spec.starts_with("tcp:") || spec.starts_with("tls:");
}

Result<NetflowOptions> parse_netflow_options(std::string_view spec) {
  auto parsed = parse_sink_spec(spec, {});
  if (!parsed) return std::unexpected(parsed.error());
  NetflowOptions options;
  options.name = spec;
  options.transport = transport_of(parsed->scheme);

  static constexpr std::string_view kProtocols[] = {"5", "9", "ipfix"};
  static constexpr ExportProtocol kProtocolOf[] = {ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                                   ExportProtocol::kIpfix};
  SinkOptions given(std::move(parsed->options));
  options.protocol = kProtocolOf[given.take_choice("protocol", kProtocols, 2)];
  if (options.is_stream() && options.protocol != ExportProtocol::kIpfix) {
    return fail("only IPFIX goes over " + parsed->scheme + "; write udp:// for NetFlow v5 and v9");
  }
  auto target = parse_target(parsed->target, options.transport, options.protocol);
  if (!target) return std::unexpected(target.error());
  options.target = std::move(*target);
  take_encoding(given, options);
  take_delivery(given, options);
  if (auto finished = given.finish(); !finished) return std::unexpected(finished.error());
  return options;
}

}  // namespace weir
