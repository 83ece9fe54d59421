// The ledger's first stage: what came to the host for a listener, in datagrams (over TCP: IPFIX messages).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ledger.h"
#include "codecs/decoder.h"

namespace weir {

// Why something that arrived gave nothing. The last four are the decoder's MessageDrop.
enum class ArrivalDrop : std::uint8_t {
  kKernel,      // no room in the socket's receive buffer, or a bad checksum
  kNotAllowed,  // the sender is not on the allow-list
  kTruncated,   // longer than any datagram may be; over TCP: the connection ended inside a message
  kBadFraming,  // TCP: not IPFIX, or an impossible length; the connection is closed
  kClosing,     // received, but not decoded before the shutdown's deadline
  kTooShort,
  kUnknownVersion,
  kBadHeader,
  kSessionLimit,
  kCount
};
std::string_view reason_name(ArrivalDrop reason);

// Why a TCP connection ended otherwise than by its exporter's orderly close.
enum class ConnectionDrop : std::uint8_t {
  kNotAllowed,
  kLimit,       // too many connections at once
  kBadFraming,  // not IPFIX
  kIdle,
  kError,           // reset by the network, or closed inside a message
  kTlsFailed,       // the handshake: no TLS, no common version, our certificate not accepted
  kTlsCertificate,  // the client's certificate is missing or not trusted
  kTlsTimeout,      // the handshake takes too long
  kTlsLimit,        // too many handshakes at once
  kCount
};
std::string_view reason_name(ConnectionDrop reason);

}  // namespace weir
