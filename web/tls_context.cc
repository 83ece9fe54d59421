#include "web/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace weir {
namespace {

std::unexpected<Error> tls_error(const std::string& what) {
  std::array<char, 256> text{};
  ::ERR_error_string_n(::ERR_peek_last_error(), text.data(), text.size());
  ::ERR_clear_error();
  return fail(what + ": " + text.data());
}

}  // namespace

Result<TlsContext> tls_server_context(const std::string& cert_file, const std::string& key_file) {
  if (cert_file.empty() || key_file.empty()) return fail("TLS needs both --http-cert FILE and --http-key FILE");
  ::ERR_clear_error();
  TlsContext context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (!context) return tls_error("cannot set up TLS");
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (::SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1) {
    return tls_error("--http-cert " + cert_file + " cannot be read");
  }
  if (::SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error("--http-key " + key_file + " cannot be read, or is not the certificate's");
  }
  return context;
}

}  // namespace weir
