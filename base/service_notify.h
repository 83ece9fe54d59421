// Telling the service manager (systemd) how far a daemon is: sd_notify(3)'s protocol, one datagram for each message.
//
// Thread rules: a function without shared state; it reads the environment.
#pragma once

#include <string_view>

namespace weir {

inline constexpr std::string_view kServiceReady = "READY=1";
inline constexpr std::string_view kServiceStopping = "STOPPING=1";

// Sends `message` to the socket that $NOTIFY_SOCKET names. Does nothing where there is none: nobody asked. A message
// that cannot be delivered is lost; the manager notices by its own time limits. Returns whether it was sent.
bool notify_service(std::string_view message);

}  // namespace weir
