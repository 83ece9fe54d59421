// A `weir collect` process under test, on a free port, writing JSON Lines to a file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir::test {

// The port in the last line of `log` that contains `before` ("…on udp://127.0.0.1:40123"); 0 when there is none.
std::uint16_t port_in(const std::string& log, const std::string& before);

// The whole answer to a GET from loopback, with its head; empty when there is no server.
std::string http_get(std::uint16_t port, const std::string& path);

class RunningCollector {
 public:
  // `more` adds options. Throws when it does not come up.
  explicit RunningCollector(std::vector<std::string> more = {});

  std::uint16_t port() const { return port_; }
  std::uint16_t http_port() const { return http_port_; }
  Process& process() { return *process_; }
  const TempDir& dir() const { return dir_; }

  // `weir status --json`, as one record.
  Record status() const;
  // Its decoder totals: "flows", "sequence_lost", …
  Record decoded() const { return parse_record(status().at("decoded")); }
  // Flows that reached the output file so far.
  std::vector<Record> records() const;
  // Waits until `count` flows are there, or the limit passes; what is there then.
  std::vector<Record> wait_for_records(std::size_t count) const;
  // SIGTERM; its exit code.
  int stop();
  // kill -9 and start again with the same options and directories (on another port).
  void crash_and_restart();

 private:
  void start();

  TempDir dir_;
  std::vector<std::string> more_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
  std::uint16_t http_port_ = 0;
};

// Sends datagrams from one UDP socket on loopback.
class Sender {
 public:
  explicit Sender(std::uint16_t to_port, const std::string& from = "127.0.0.1");
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  // False when nobody listens there any more.
  bool send(const std::vector<std::uint8_t>& datagram) const;

 private:
  int fd_;
};

}  // namespace weir::test
