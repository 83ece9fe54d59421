// The certificate of an HTTP server.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;

namespace weir {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// TLS 1.2 or later, with the certificate (and its chain) and key in PEM files. Errors name the file.
Result<TlsContext> tls_server_context(const std::string& cert_file, const std::string& key_file);

}  // namespace weir
