// Puts weir's dashboards and alerts for OpenObserve (deploy/openobserve) onto a server.
//
// Every object is looked up by its title or name first. One that is there is left as it is, with whatever was changed
// on it by hand, unless it is to be replaced. So it can be done again at any time, after an error too.
//
// Thread rules: functions without shared state; they block while they wait for the server.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/error.h"

namespace weir {

struct OpenObserveSetup {
  // The server's address, or the whole URL that flows are sent to (…/api/ORG/STREAM/_json), which tells organization
  // and stream too. Options of an http sink's URL that say how to connect (ca, cert, key, proxy, timeout, header,
  // header-file) may follow.
  std::string url;
  std::string org;     // empty: as the URL says, else "default"
  std::string stream;  // empty: as the URL says, else "netflow1"
  std::string user;    // empty: as the URL or WEIR_HTTP_AUTHORIZATION says
  std::filesystem::path password_file;
  std::string notify;  // where alerts are posted to; empty: no alerts are set up
  bool replace = false;
};

// Whether options make sense: what can be said without asking the server.
Result<void> check_openobserve_setup(const OpenObserveSetup& setup);

// Called with a line for each thing done.
using SetupReport = std::function<void(const std::string& line)>;

// Stops at the first error.
Result<void> set_up_openobserve(const OpenObserveSetup& setup, const SetupReport& report);

// The requests that would make everything on an empty server, with their bodies; asks no server.
Result<void> print_openobserve_requests(const OpenObserveSetup& setup, const SetupReport& report);

}  // namespace weir
