// A status made by hand whose ledger balances.
#pragma once

#include "collector/status.h"

namespace weir {

inline CollectorStatus sample_status() {
  CollectorStatus status;
  status.version = "1.2.3";
  status.started_ns = 1'700'000'000'000'000'000;
  status.now_ns = status.started_ns + 90'000'000'000;
  status.sockets.push_back({"0", "udp://[::]:2055", "[::]:2055", 90, 9000, 10, 1 << 20, 512});

  LaneStatus lane;
  lane.name = "0";
  lane.arrivals.in = 100;
  lane.arrivals.out = 88;
  lane.arrivals.drop(ArrivalDrop::kKernel, 10);
  lane.arrivals.drop(ArrivalDrop::kUnknownVersion, 2);
  lane.flows_published = 290;
  lane.flows_pending = 10;
  lane.totals.flows = 300;

  ExporterStats exporter;
  exporter.address = *IpAddress::parse("192.0.2.1");
  exporter.observation_domain_id = 7;
  exporter.protocol = FlowProtocol::kIpfix;
  exporter.flows = 300;
  exporter.messages = 88;
  exporter.sets.in = 90;
  exporter.sets.out = 88;
  exporter.sets.held = 1;
  exporter.sets.drop(SetDrop::kMalformed);
  exporter.sequence.lost = 20;
  exporter.sequence_unit = "records";
  exporter.last_seen_ns = status.now_ns - 5'000'000'000;
  lane.totals.sets = exporter.sets;
  lane.totals.sequence = exporter.sequence;
  lane.totals.messages = 88;
  status.lanes.push_back(lane);
  status.exporters.push_back(exporter);

  SinkStatus sink;
  sink.name = "file:/tmp/\"odd\"\\name";
  sink.flows.in = 290;
  sink.flows.out = 280;
  sink.flows.held = 4;
  sink.flows.drop(SinkDrop::kQueueFull, 6);
  status.sinks.push_back(sink);
  return status;
}

}  // namespace weir
