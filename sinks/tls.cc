#include "sinks/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>

namespace weir {
namespace {

// The newest entry of OpenSSL's queue is the outermost, the oldest the cause.
std::string take_cause() {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  if (code == 0) return "unknown cause";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ::ERR_reason_error_string(code);
  return reason == nullptr ? "error " + std::to_string(code) : reason;
}

Result<TlsContext> new_context(const SSL_METHOD* method) {
  ::ERR_clear_error();
  TlsContext context(::SSL_CTX_new(method), ::SSL_CTX_free);
  if (!context) return fail("TLS is not available: " + take_cause());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // A message may be written in parts, and a peer that just closes is seen by the messages' framing.
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, const TlsFiles& files) {
  if (files.cert.empty() != files.key.empty()) return fail("cert= and key= belong together");
  if (files.cert.empty()) return {};
  if (::SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1) {
    return fail("cannot use the certificate " + files.cert + ": " + take_cause());
  }
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail("cannot use the key " + files.key + ": " + take_cause());
  }
  return {};
}

Result<void> trust(SSL_CTX* context, const std::string& ca) {
  if (::SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) == 1) return {};
  return fail("cannot use the CA certificates " + ca + ": " + take_cause());
}

}  // namespace

Result<TlsContext> make_client_context(const TlsFiles& files, bool verify) {
  auto context = new_context(::TLS_client_method());
  if (!context) return context;
  SSL_CTX* const raw = context->get();
  if (auto used = use_certificate(raw, files); !used) return std::unexpected(used.error());
  if (!files.ca.empty()) {
    if (auto trusted = trust(raw, files.ca); !trusted) return std::unexpected(trusted.error());
  } else if (verify) {
    ::SSL_CTX_set_default_verify_paths(raw);
  }
  ::SSL_CTX_set_verify(raw, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return context;
}

Result<TlsContext> make_server_context(const TlsFiles& files) {
  auto context = new_context(::TLS_server_method());
  if (!context) return context;
  SSL_CTX* const raw = context->get();
  if (auto used = use_certificate(raw, files); !used) return std::unexpected(used.error());
  // Exporters connect once and stay, so nothing is resumed; one ticket tells that their certificate was accepted.
  ::SSL_CTX_set_num_tickets(raw, 1);
  ::SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessions[] = "weir";
  ::SSL_CTX_set_session_id_context(raw, kSessions, sizeof kSessions);
  if (files.ca.empty()) return context;
  if (auto trusted = trust(raw, files.ca); !trusted) return std::unexpected(trusted.error());
  ::SSL_CTX_set_client_CA_list(raw, ::SSL_load_client_CA_file(files.ca.c_str()));
  ::SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

std::string tls_failure(const ssl_st* tls) {
  const int system_error = errno;
  const long verified = ::SSL_get_verify_result(tls);
  if (verified != X509_V_OK && ::SSL_get_verify_mode(tls) != SSL_VERIFY_NONE) {
    ::ERR_clear_error();
    return std::string("the certificate is not accepted: ") + ::X509_verify_cert_error_string(verified);
  }
  if (::ERR_peek_error() != 0) return take_cause();
  return system_error == 0 ? "the other side closed the connection" : std::strerror(system_error);
}

}  // namespace weir
