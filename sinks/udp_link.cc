// UDP: datagrams gathered and sent many per system call, evenly when a pace is set.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/unique_fd.h"
#include "sinks/message_link.h"
#include "sinks/pacer.h"

namespace weir {
namespace {

constexpr std::size_t kSlots = 32;  // datagrams per system call
// How long a name is trusted once sending to its address fails.
constexpr std::chrono::seconds kResolveAgain{10};
// News of refused datagrams (ICMP) keeps coming while nobody listens; so long after the last one all is well again.
constexpr std::chrono::seconds kTroubleLasts{10};

class UdpLink : public MessageLink {
 public:
  UdpLink(const NetflowOptions& options, Waiter& waiter)
      : options_(options), waiter_(waiter), pacer_(options.pace), buffer_(kSlots * options.max_message) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      parts_[i].iov_base = &buffer_[i * options.max_message];
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  // Down only when its name has another address by now, or several, of which another may answer.
  bool up() override {
    const auto now = Clock::now();
    if (!trouble_.empty() && now - troubled_at_ > kTroubleLasts) trouble_.clear();
    if (trouble_.empty() || now - resolved_at_ < kResolveAgain) return static_cast<bool>(fd_);
    resolved_at_ = now;
    const auto addresses = resolve_host(options_.target, SOCK_DGRAM, ResolveFor::kSending);
    if (addresses && (addresses->size() > 1 || addresses->front() != peer_)) fd_.reset();
    return static_cast<bool>(fd_);
  }

  Result<void> connect() override {
    resolved_at_ = Clock::now();
    auto addresses = resolve_host(options_.target, SOCK_DGRAM, ResolveFor::kSending);
    if (!addresses) return note(addresses.error().message);
    // The one that did not answer comes last.
    if (const auto failed = std::ranges::find(*addresses, peer_); failed != addresses->end()) {
      std::ranges::rotate(*addresses, failed + 1);
    }
    for (const SocketAddress& address : *addresses) {
      UniqueFd fd(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd || ::connect(fd.get(), address.get(), address.length) != 0) continue;  // no route for this family
      fd_ = std::move(fd);
      peer_ = address;
      trouble_.clear();
      return {};
    }
    return note("cannot send to " + to_string(options_.target) + ": " + std::strerror(errno));
  }

  void send(Bytes message, std::uint64_t flows) override {
    if (count_ == kSlots) push();
    std::ranges::copy(message, static_cast<std::uint8_t*>(parts_[count_].iov_base));
    parts_[count_].iov_len = message.size();
    flows_[count_] = flows;
    ++count_;
  }

  void push() override {
    for (std::size_t done = 0; done < count_;) done += push_some(done);
    count_ = 0;
  }

  LinkNews take_news() override { return std::exchange(news_, {}); }
  void close(Clock::time_point) override {}
  const std::string& trouble() const override { return trouble_; }

 private:
  std::unexpected<Error> note(std::string trouble) {
    trouble_ = std::move(trouble);
    troubled_at_ = Clock::now();
    return fail(trouble_);
  }

  // Settles at least one datagram from `first` on; returns how many.
  std::size_t push_some(std::size_t first) {
    std::size_t n = 0;
    while ((n = pacer_.take(count_ - first, Clock::now())) == 0) {
      waiter_.wait_through(-1, 0, pacer_.next());
      if (waiter_.aborted()) return lose(first, count_ - first);
    }
    return fd_ ? transmit(first, n) : lose(first, n);
  }

  // A datagram is given up at its second error: the first may be news of an earlier one (ECONNREFUSED).
  std::size_t transmit(std::size_t first, std::size_t n) {
    std::size_t done = 0;
    for (int errors = 0; done < n;) {
      const int sent = ::sendmmsg(fd_.get(), &messages_[first + done], static_cast<unsigned>(n - done), 0);
      if (sent > 0) {
        for (int i = 0; i < sent; ++i) count_delivered(first + done++);
        errors = 0;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        waiter_.wait_through(fd_.get(), POLLOUT, Clock::time_point::max());
        if (waiter_.aborted()) return done + lose(first + done, n - done);
      } else if (errno != EINTR) {
        note_send_error(errno);
        if (++errors == 2) {
          done += lose(first + done, 1);
          errors = 0;
        }
      }
    }
    return done;
  }

  void note_send_error(int error) {
    const std::string what =
        error == ECONNREFUSED ? "nobody listens there (datagrams are refused)" : std::strerror(error);
    note("sending to " + peer_.to_string() + ": " + what);
  }

  void count_delivered(std::size_t slot) {
    news_.delivered += flows_[slot];
    news_.bytes += parts_[slot].iov_len;
  }

  std::size_t lose(std::size_t first, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) news_.lost += flows_[first + i];
    return n;
  }

  const NetflowOptions& options_;
  Waiter& waiter_;
  Pacer pacer_;
  UniqueFd fd_;
  SocketAddress peer_;
  Clock::time_point resolved_at_{};
  Clock::time_point troubled_at_{};
  std::string trouble_;
  LinkNews news_;
  std::vector<std::uint8_t> buffer_;
  std::array<iovec, kSlots> parts_{};
  std::array<mmsghdr, kSlots> messages_{};
  std::array<std::uint64_t, kSlots> flows_{};
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<MessageLink> make_udp_link(const NetflowOptions& options, Waiter& waiter) {
  return std::make_unique<UdpLink>(options, waiter);
}

}  // namespace weir
