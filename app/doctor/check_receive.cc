// From the wire to the collector: where the kernel drops datagrams.
#include <algorithm>
#include <string>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"

namespace weir {
namespace {

// In a file behind the package's 60-weir.conf, and without taking an earlier setting out of it.
std::string raise_sysctl(const std::string& name, std::uint64_t value) {
  return "echo '" + name + "=" + std::to_string(value) + "' >>/etc/sysctl.d/61-weir.conf && sysctl --system";
}

constexpr std::uint64_t kBacklog = 30'000;  // more than the package's 60-weir.conf sets

}  // namespace

void check_socket_buffer(const Facts& facts, Diagnoses& findings) {
  if (!facts.rmem_max) return findings.skipped(facts.rmem_max.error().message);
  const std::uint64_t most = *facts.rmem_max, wanted = facts.intent.receive_buffer;
  const std::string advice = raise_sysctl("net.core.rmem_max", wanted);
  if (facts.collector) {
    std::uint64_t least = UINT64_MAX;
    for (const JsonTree& socket : (*facts.collector)["sockets"].items()) {
      least = std::min(least, socket["buffer_bytes"].number());
    }
    if (least == UINT64_MAX) return findings.skipped("the running collector has no UDP socket");
    // The kernel grants its limit where more was asked for; any other size is what the user chose.
    if (least >= wanted || least != most)
      return findings.ok("the collector's sockets have buffers of " + size_text(least));
    return findings.warning("the kernel caps the collector's socket buffers at " + size_text(least) + " of " +
                                size_text(wanted) + ": bursts may be dropped",
                            {advice, "then restart the collector"});
  }
  if (facts.intent.listen.empty()) return findings.skipped("no collector is wanted here");
  if (most >= wanted) return findings.ok("net.core.rmem_max allows socket buffers of " + size_text(most));
  findings.warning("net.core.rmem_max caps socket buffers at " + size_text(most) + " where weir collect asks for " +
                       size_text(wanted) + ": bursts may be dropped",
                   {advice, "(a collector that runs as root is not bound by it)"});
}

void check_kernel_drops(const Facts& facts, Diagnoses& findings) {
  if (!facts.collector) return findings.skipped(facts.collector.error().message);
  std::uint64_t dropped = 0, received = 0, queued = 0, room = 0;
  for (const JsonTree& socket : (*facts.collector)["sockets"].items()) {
    dropped += socket["kernel_drops"].number();
    received += socket["datagrams"].number();
    if (socket["queued_bytes"].number() >= queued) {
      queued = socket["queued_bytes"].number();
      room = socket["buffer_bytes"].number();
    }
  }
  const std::string larger = "give it larger buffers: weir collect --receive-buffer 128MiB, and " +
                             raise_sysctl("net.core.rmem_max", 128U << 20);
  const std::string faster = "or more processor time: more --workers, fewer or faster outputs";
  if (dropped != 0) {
    const std::string what = "the kernel dropped " + counted(dropped, "datagram") + " of the collector's (" +
                             percent_text(dropped, received + dropped) + ") since it started";
    // One in a hundred is no burst any more.
    if (dropped >= (received + dropped) / 100) return findings.problem(what, {larger, faster});
    return findings.warning(what, {larger, faster});
  }
  // The kernel counts a datagram with its bookkeeping, and lets twice the buffer fill.
  if (queued > room) {
    return findings.warning("a socket buffer of the collector is more than half full: it can hardly keep up",
                            {larger, faster});
  }
  findings.ok("the kernel dropped none of the collector's datagrams");
}

void check_udp_errors(const Facts& facts, Diagnoses& findings) {
  if (!facts.udp) return findings.skipped(facts.udp.error().message);
  if (facts.udp->buffer_errors != 0) {
    findings.note("since it was booted, this host dropped " + counted(facts.udp->buffer_errors, "datagram") +
                      " of all programs for want of room in socket buffers",
                  {"whose they were: ss -uamp, the number behind d; kernel-drops above tells the collector's"});
  } else {
    findings.ok("no socket buffer of this host ran over since it was booted");
  }
  if (facts.udp->checksum_errors == 0) return;
  findings.note("this host got " + counted(facts.udp->checksum_errors, "datagram") + " with a wrong checksum",
                {"look for a bad cable, card or tunnel: ip -s -s link, and nstat -az UdpInCsumErrors"});
}

void check_softnet(const Facts& facts, Diagnoses& findings) {
  if (!facts.softnet) return findings.skipped(facts.softnet.error().message);
  const SoftnetCounters& counters = *facts.softnet;
  if (counters.dropped != 0) {
    return findings.warning(
        "the kernel's backlog dropped " + counted(counters.dropped, "packet") + " since the host was booted",
        {raise_sysctl("net.core.netdev_max_backlog", kBacklog),
         "watch whether it grows: nstat, and the second column of /proc/net/softnet_stat"});
  }
  if (counters.squeezed > counters.processed / 1000) {
    return findings.note("the kernel ran out of its budget for packets " + counted(counters.squeezed, "time") +
                             " since the host was booted",
                         {raise_sysctl("net.core.netdev_budget", 600)});
  }
  findings.ok("the kernel's backlog dropped nothing since the host was booted");
}

}  // namespace weir
