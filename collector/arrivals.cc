#include "collector/arrivals.h"

namespace weir {

std::string_view reason_name(ArrivalDrop reason) {
  switch (reason) {
    case ArrivalDrop::kKernel: return "kernel";
    case ArrivalDrop::kNotAllowed: return "not_allowed";
    case ArrivalDrop::kTruncated: return "truncated";
    case ArrivalDrop::kBadFraming: return "bad_framing";
    case ArrivalDrop::kClosing: return "closing";
    case ArrivalDrop::kTooShort: return "too_short";
    case ArrivalDrop::kUnknownVersion: return "unknown_version";
    case ArrivalDrop::kBadHeader: return "bad_header";
    case ArrivalDrop::kSessionLimit: return "session_limit";
    case ArrivalDrop::kCount: break;
  }
  return "unknown";
}

std::string_view reason_name(ConnectionDrop reason) {
  switch (reason) {
    case ConnectionDrop::kNotAllowed: return "not_allowed";
    case ConnectionDrop::kLimit: return "limit";
    case ConnectionDrop::kBadFraming: return "bad_framing";
    case ConnectionDrop::kIdle: return "idle";
    case ConnectionDrop::kError: return "error";
    case ConnectionDrop::kTlsFailed: return "tls_failed";
    case ConnectionDrop::kTlsCertificate: return "tls_certificate";
    case ConnectionDrop::kTlsTimeout: return "tls_timeout";
    case ConnectionDrop::kTlsLimit: return "tls_limit";
    case ConnectionDrop::kCount: break;
  }
  return "unknown";
}

}  // namespace weir
