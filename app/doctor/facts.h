// All that the checks look at. observe.h fills it from the host; tests fill it by hand.
//
// A Result that holds an error was not to be seen, and the error says why.
//
// Thread rules: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json_tree.h"
#include "collector/collector.h"
#include "flow/address.h"

namespace weir {

// What weir is meant to do here, as the user's options, the config file and the running daemons say.
struct Intent {
  std::vector<std::string> listen;  // URLs; empty: no collector is wanted here
  std::string http;                 // its address, or "off"
  std::size_t receive_buffer = CollectorOptions{}.receive_buffer;
  std::vector<std::string> interfaces;  // of weir export: names and patterns
  std::vector<std::string> outputs;     // of both (--to)
  std::vector<std::filesystem::path> databases;
  std::filesystem::path state_dir;  // empty: none
};

// /proc/net/softnet_stat, all processors together.
struct SoftnetCounters {
  std::uint64_t processed = 0;
  std::uint64_t dropped = 0;   // the backlog was full
  std::uint64_t squeezed = 0;  // a processor ran out of its budget
};

struct UdpCounters {
  std::uint64_t received = 0;
  std::uint64_t buffer_errors = 0;
  std::uint64_t checksum_errors = 0;
};

// A UDP socket without peer, or a TCP one that listens.
struct BoundSocket {
  bool tcp = false;
  IpAddress address;
  std::uint16_t port = 0;
  std::uint64_t inode = 0;
  unsigned uid = 0;
  // Who has it; 0 and empty where that may not be seen.
  int pid = 0;
  std::string program;
};

struct PortFacts {
  std::vector<BoundSocket> sockets;
  std::uint16_t first_unprivileged = 1024;
  bool may_bind_all = false;  // CAP_NET_BIND_SERVICE
};

struct InterfaceFacts {
  std::string name;
  bool exists = true;
  bool up = true;
  bool carrier = true;
  bool promiscuous = false;
  Result<std::string> lro_advice;  // the command that turns LRO off; empty: it is off
};

struct ClockFacts {
  bool synchronised = true;
  std::uint64_t max_error_us = 0;
};

struct DatabaseFacts {
  std::filesystem::path file;
  std::string type;
  std::uint64_t build_time = 0;  // Unix time in seconds
  std::string error;             // why it is not in use; empty while all is well
};

// A directory that weir writes to, or the nearest one above it that exists.
struct DiskFacts {
  std::filesystem::path path;
  std::string purpose;  // "store", "spool", "state", "output file"
  std::uint64_t free_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t free_files = 1;
  std::uint64_t files = 0;          // 0: the file system does not count them
  std::uint64_t bytes_per_day = 0;  // that it grows by; 0: unknown, or bounded by its own options
  std::string trouble;              // why it cannot be looked at or used
};

struct StoreFacts {
  std::filesystem::path dir;
  std::size_t segments = 0;
  std::vector<std::string> missing;  // segment files that are not there, or not of their size; at most a few
  std::string error;                 // of the MANIFEST
  bool permitted = true;             // to look into it
};

struct UnitFacts {
  std::string name;
  std::string state;   // "active", "failed", "inactive", "activating"
  std::string result;  // "success", "exit-code", "signal"
  std::uint64_t restarts = 0;
};

struct ConfigFacts {
  std::filesystem::path file;
  std::string error;      // empty: it is good
  bool permitted = true;  // to read it
};

struct Facts {
  std::string version;  // of this program
  std::uint64_t now_ns = 0;
  Intent intent;

  Result<JsonTree> collector = fail("no collector is running here");  // its status
  Result<JsonTree> exporter = fail("no exporter is running here");
  bool hidden = false;  // one may be running that this user may not ask

  std::optional<ConfigFacts> config;  // none: there is no file
  Result<std::vector<UnitFacts>> units = fail("systemd does not run here");

  Result<PortFacts> ports;
  Result<std::string> firewall = fail("its rules are not to be seen");  // nft list ruleset, or iptables -S
  Result<std::uint64_t> rmem_max = 0;
  Result<SoftnetCounters> softnet;
  Result<UdpCounters> udp;

  Result<void> may_capture;
  std::vector<InterfaceFacts> interfaces;

  Result<ClockFacts> clock;
  std::vector<DatabaseFacts> databases;
  std::vector<DiskFacts> disks;
  std::vector<StoreFacts> stores;
};

}  // namespace weir
