// TLS as IPFIX uses it (RFC 7011 §11.1): 1.2 or later, certificates on the collector's side and, where wanted, on the
// exporter's.
//
// Thread rules: functions without shared state; a context may be used from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;

namespace weir {

// Names of PEM files; empty: none.
struct TlsFiles {
  std::string cert;  // our certificate, followed by those between it and the root
  std::string key;   // its private key
  std::string ca;    // who signs the other side's certificate

  bool operator==(const TlsFiles&) const = default;
};

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// For connecting. Without `ca` the system's certificates are trusted; a certificate of ours is optional. `verify` false
// takes any server.
Result<TlsContext> make_client_context(const TlsFiles& files, bool verify);
// For listening. With `ca` a client must show a certificate that it signed.
Result<TlsContext> make_server_context(const TlsFiles& files);

// Why the last TLS call of this thread on `tls` failed, in words: the certificate's fault where there is one.
std::string tls_failure(const ssl_st* tls);

}  // namespace weir
