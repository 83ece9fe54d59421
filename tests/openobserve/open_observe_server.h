// A server that keeps dashboards, templates, destinations and alerts by OpenObserve's API, and insists on what it does:
// credentials, a destination's template, an alert's destination and stream, a dashboard's latest hash.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir::test {

class OpenObserveServer {
 public:
  OpenObserveServer();
  ~OpenObserveServer();

  std::string url() const;

  // "user:password" that is wanted.
  static constexpr const char* kCredentials = "root@example.com:Complexpass#123";
  static constexpr const char* kAuthorization = "Basic cm9vdEBleGFtcGxlLmNvbTpDb21wbGV4cGFzcyMxMjM=";

  // The stream that flows have been sent to.
  void set_stream(const std::string& name);

  // Requests that changed something, or tried to: "POST /api/default/dashboards".
  std::vector<std::string> changes() const;
  // Names or titles by kind: dashboards, templates, destinations, alerts.
  std::vector<std::string> names(const std::string& kind) const;
  // The body that an object was last given.
  std::string body(const std::string& kind, const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::test
