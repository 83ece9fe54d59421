// Flows as NetFlow v5, v9 or IPFIX to another collector, over UDP, TCP or TLS.
//
// One thread encodes (export_streams.h) and sends (message_link.h). Over UDP a flow is delivered when the system took
// its datagram; over TCP and TLS when the other host acknowledged its bytes. While a TCP or TLS collector is not there,
// batches wait in the queue, connecting is tried again with growing pauses, and after options.timeout what waits is
// dropped as kUnreachable, as is what a broken connection carried unacknowledged. Each connection begins with templates
// and sequence number 0.
#pragma once

#include <memory>

#include "sinks/netflow_options.h"
#include "sinks/sink.h"

namespace weir {

// Certificates that cannot be used are an error; a host that cannot be resolved or reached is not.
Result<std::unique_ptr<Sink>> make_netflow_sink(NetflowOptions options, const SinkContext& context);

}  // namespace weir
