// The host's network interfaces as they are now, by the kernel's announcements (rtnetlink(7)).
//
// Thread rules: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

struct nlmsghdr;

namespace weir {

struct Link {
  std::uint32_t index = 0;
  std::string name;
  std::uint16_t hardware_type = 0;
  bool up = false;         // as the administrator wants it
  bool running = false;    // and it is
  std::uint64_t life = 0;  // another one for every interface that comes, also under the name or index of one that went
};

class LinkTable {
 public:
  // With the interfaces that there are.
  static Result<LinkTable> open();

  // Readable when something has changed.
  int fd() const { return socket_.get(); }
  // Takes in what has changed, without waiting.
  Result<void> update();

  const std::map<std::uint32_t, Link>& links() const { return links_; }
  const Link* find(const std::string& name) const;

 private:
  explicit LinkTable(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<void> request_all();
  bool read_some(int flags);
  void take(const nlmsghdr& message);
  void take_link(const nlmsghdr& message);

  UniqueFd socket_;
  std::map<std::uint32_t, Link> links_;
  std::uint64_t lives_ = 0;
  std::uint32_t sequence_ = 0;
  bool listing_ = false;                  // the answer to request_all() is not complete
  std::map<std::uint32_t, bool> listed_;  // by that answer
  bool overrun_ = false;
};

}  // namespace weir
