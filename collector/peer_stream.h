// The bytes of a connection that an exporter made: as they come, or out of TLS.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sinks/tls.h"

namespace weir {

class PeerStream {
 public:
  enum class State : std::uint8_t {
    kGoesOn,      // bytes, or the handshake is done
    kAwaitRead,   // nothing now: again when the socket is readable,
    kAwaitWrite,  // or writable
    kEnded,       // in good order
    kFailed,      // see error()
  };

  // `socket` is non-blocking, connected, and outlives this. Without a context, plain bytes.
  PeerStream(int socket, const TlsContext& context);
  ~PeerStream();
  PeerStream(PeerStream&&) noexcept;

  // The TLS handshake has not ended.
  bool is_shaking_hands() const { return tls_ != nullptr && !secured_; }
  State shake_hands();
  // REQUIRES !is_shaking_hands(). `n` bytes came.
  State read(std::span<std::uint8_t> space, std::size_t& n);
  // Bytes are here already, which the socket will not announce.
  bool has_more() const;

  const std::string& error() const { return error_; }
  // The handshake failed for the client's certificate, or want of one.
  bool refused_certificate() const { return refused_certificate_; }

 private:
  struct TlsDelete {
    void operator()(ssl_st* tls) const;
  };

  State read_plain(std::span<std::uint8_t> space, std::size_t& n);
  State judge(int result);

  int socket_;
  std::unique_ptr<ssl_st, TlsDelete> tls_;
  bool secured_ = false;
  bool refused_certificate_ = false;
  std::string error_;
};

}  // namespace weir
