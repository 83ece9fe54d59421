#include "collector/listen_spec.h"

#include <algorithm>
#include <utility>

#include "sinks/sink_spec.h"

namespace weir {
namespace {

std::string_view scheme_of(Transport transport) {
  switch (transport) {
    case Transport::kTcp: return "tcp://";
    case Transport::kTls: return "tls://";
    default: return "udp://";
  }
}

std::uint16_t default_port(Transport transport) {
  if (transport == Transport::kTls) return kIpfixTlsPort;
  return transport == Transport::kTcp ? kIpfixPort : kNetflowPort;
}

Result<Transport> parse_scheme(std::string_view scheme, std::string_view text) {
  if (scheme == "udp") return Transport::kUdp;
  if (scheme == "tcp") return Transport::kTcp;
  if (scheme == "tls") return Transport::kTls;
  const std::string hint = scheme == "dtls" ? "; IPFIX over DTLS is not supported" : "";
  return fail("'" + std::string(text) + "': cannot listen on '" + std::string(scheme) +
              "://'; use udp://, tcp:// or tls://" + hint);
}

Result<void> parse_listen_options(std::string_view query, ListenSpec& spec) {
  auto entries = parse_options(query);
  if (!entries) return std::unexpected(entries.error());
  SinkOptions options(*std::move(entries));
  if (spec.transport == Transport::kTls) {
    spec.tls.cert = options.take_text("cert");
    spec.tls.key = options.take_text("key");
    spec.tls.ca = options.take_text("client-ca");
  }
  if (auto finished = options.finish(); !finished) return finished;
  if (spec.transport == Transport::kTls && (spec.tls.cert.empty() || spec.tls.key.empty())) {
    return fail("TLS needs a certificate and its key: tls://[::]:4739?cert=FILE&key=FILE");
  }
  return {};
}

}  // namespace

Result<ListenSpec> parse_listen_spec(std::string_view text) {
  ListenSpec spec;
  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view query = text.substr(std::min(question + 1, text.size()));
  std::string_view rest = text.substr(0, question);
  if (const std::size_t at = rest.find("://"); at != std::string_view::npos) {
    const auto transport = parse_scheme(rest.substr(0, at), text);
    if (!transport) return std::unexpected(transport.error());
    spec.transport = *transport;
    rest = rest.substr(at + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto endpoint = parse_host_port(rest, default_port(spec.transport));
  if (!endpoint) return std::unexpected(endpoint.error());
  spec.endpoint = std::move(*endpoint);
  if (spec.endpoint.host.empty() || spec.endpoint.host == "*") spec.endpoint.host = "::";
  if (auto parsed = parse_listen_options(query, spec); !parsed) {
    return fail("'" + std::string(text) + "': " + parsed.error().message);
  }
  return spec;
}

std::string to_string(const ListenSpec& spec) {
  return std::string(scheme_of(spec.transport)) + to_string(spec.endpoint);
}

Result<SocketAddress> resolve(const ListenSpec& spec) {
  const int type = spec.is_stream() ? SOCK_STREAM : SOCK_DGRAM;
  const auto addresses = resolve_host(spec.endpoint, type, ResolveFor::kListening);
  if (!addresses) return fail("cannot listen on " + to_string(spec) + ": " + addresses.error().message);
  return addresses->front();
}

}  // namespace weir
