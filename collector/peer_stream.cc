#include "collector/peer_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace weir {

void PeerStream::TlsDelete::operator()(ssl_st* tls) const { ::SSL_free(tls); }

PeerStream::PeerStream(int socket, const TlsContext& context) : socket_(socket) {
  if (!context) return;
  tls_.reset(::SSL_new(context.get()));
  ::SSL_set_fd(tls_.get(), socket);
  ::SSL_set_accept_state(tls_.get());
}

PeerStream::~PeerStream() = default;
PeerStream::PeerStream(PeerStream&&) noexcept = default;

PeerStream::State PeerStream::shake_hands() {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_do_handshake(tls_.get());
  if (result == 1) {
    secured_ = true;
    return State::kGoesOn;
  }
  const unsigned long cause = ::ERR_peek_error();
  refused_certificate_ =
      ERR_GET_LIB(cause) == ERR_LIB_SSL && (ERR_GET_REASON(cause) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ||
                                            ERR_GET_REASON(cause) == SSL_R_CERTIFICATE_VERIFY_FAILED);
  const State state = judge(result);
  if (state != State::kEnded) return state;
  error_ = "closed during the TLS handshake";
  return State::kFailed;
}

PeerStream::State PeerStream::read(std::span<std::uint8_t> space, std::size_t& n) {
  n = 0;
  if (!tls_) return read_plain(space, n);
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_read_ex(tls_.get(), space.data(), space.size(), &n);
  return result == 1 ? State::kGoesOn : judge(result);
}

PeerStream::State PeerStream::read_plain(std::span<std::uint8_t> space, std::size_t& n) {
  const ssize_t got = ::recv(socket_, space.data(), space.size(), 0);
  if (got > 0) {
    n = static_cast<std::size_t>(got);
    return State::kGoesOn;
  }
  if (got == 0) return State::kEnded;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return State::kAwaitRead;
  error_ = std::strerror(errno);
  return State::kFailed;
}

bool PeerStream::has_more() const { return tls_ != nullptr && ::SSL_has_pending(tls_.get()) == 1; }

PeerStream::State PeerStream::judge(int result) {
  switch (::SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return State::kAwaitRead;
    case SSL_ERROR_WANT_WRITE: return State::kAwaitWrite;
    case SSL_ERROR_ZERO_RETURN: return State::kEnded;
    default: break;
  }
  error_ = tls_failure(tls_.get());
  return State::kFailed;
}

}  // namespace weir
