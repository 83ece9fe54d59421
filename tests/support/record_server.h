// An HTTP server that takes flow records as OpenObserve and Elasticsearch do, and fails in every way it is told to.
//
// It checks what a real one checks: credentials, content type and encoding, the size and the syntax of a body. A record
// is known by its key, the value of "packets". What a request brought is *confirmed* when its answer was sent whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace weir::test {

struct Fault {
  enum class Kind {
    kNone,
    kStatus,       // takes nothing and answers `status` with `headers`
    kResetEarly,   // in the middle of the body
    kResetLate,    // takes the records, then resets without an answer
    kCutAnswer,    // takes the records and sends half an answer
    kStall,        // takes the records and is silent until the client has gone
    kEmptyAnswer,  // takes the records and answers 200 without a body
  };
  Kind kind = Kind::kNone;
  int status = 503;
  std::string headers = {};  // "Name: value\r\n"
};

class RecordServer {
 public:
  struct Options {
    std::string authorization;          // wanted; empty: none
    std::size_t body_limit = 64 << 20;  // decoded
    bool shuffle_items = true;          // of bulk answers
    int port = 0;                       // of loopback; 0: any
  };
  struct Request {
    std::string path, type, encoding, authorization;
    std::size_t size = 0;  // as sent
    std::vector<std::uint64_t> keys;
    bool taken = false;
    bool confirmed = false;
    int status = 0;
  };

  RecordServer() : RecordServer(Options()) {}
  explicit RecordServer(Options options);
  ~RecordServer();

  std::string url(const std::string& rest) const;
  int port() const { return port_; }

  // What to do with the n-th request, from 0 on.
  void set_faults(std::function<Fault(std::size_t)> faults);
  // The status of a record that is not taken (bulk items: as it is; OpenObserve: "failed"); 0 or 200: it is taken.
  void set_record_status(std::function<int(std::uint64_t key)> status);
  void set_authorization(const std::string& wanted);

  // Refuses connections until start(), which listens on the same port again.
  void stop();
  void start();

  std::vector<Request> requests() const;
  std::size_t request_count() const;
  // Keys of the records that were taken, each once, in the order in which they first came.
  std::vector<std::uint64_t> keys() const;
  std::size_t key_count() const;
  // Records that came again though a request with them had been confirmed.
  std::size_t wrong_duplicates() const;
  // Records that came again.
  std::size_t duplicates() const;
  // The first thing that was wrong with a request; empty when all were as they must be.
  std::string complaint() const;

 private:
  struct Connection;

  void accept_loop();
  void serve(int fd);
  bool serve_one(Connection& connection);
  bool answer(Connection& connection, std::size_t number, const std::string& body, const Fault& fault);
  std::string take(Request& request, const std::string& body);
  int check(const Request& request, const std::string& body) const;
  void complain(const std::string& what) const;

  mutable std::mutex mutex_;
  Options options_;
  std::function<Fault(std::size_t)> faults_;
  std::function<int(std::uint64_t)> record_status_;
  std::vector<Request> requests_;
  std::vector<std::uint64_t> order_;
  std::map<std::uint64_t, std::size_t> times_;
  std::set<std::uint64_t> confirmed_;
  std::size_t wrong_duplicates_ = 0, duplicates_ = 0;
  mutable std::string complaint_;

  int port_ = 0;
  UniqueFd listener_;
  std::atomic<bool> stopping_ = false;
  std::set<int> open_;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::test
