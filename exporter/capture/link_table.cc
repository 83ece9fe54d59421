#include "exporter/capture/link_table.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weir {

Result<LinkTable> LinkTable::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("cannot list the network interfaces", errno);
  LinkTable table(std::move(socket));
  if (const auto done = table.request_all(); !done) return std::unexpected(done.error());
  while (table.listing_)
    if (!table.read_some(0)) return fail_errno("cannot list the network interfaces", errno);
  return table;
}

Result<void> LinkTable::request_all() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.link.ifi_family = AF_UNSPEC;
  if (::send(socket_.get(), &request, sizeof request, 0) < 0)
    return fail_errno("cannot list the network interfaces", errno);
  listing_ = true;
  listed_.clear();
  return {};
}

Result<void> LinkTable::update() {
  while (read_some(MSG_DONTWAIT)) {
  }
  if (errno != EAGAIN && errno != EINTR) return fail_errno("cannot follow the network interfaces", errno);
  if (!overrun_) return {};
  overrun_ = false;  // announcements were lost: everything anew
  return request_all();
}

bool LinkTable::read_some(int flags) {
  alignas(nlmsghdr) std::array<char, 32 << 10> buffer;
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), flags);
  if (got < 0 && errno == ENOBUFS) return overrun_ = true;
  if (got < 0) return false;
  auto left = static_cast<unsigned>(got);
  for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left))
    take(*message);
  return true;
}

void LinkTable::take(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: take_link(message); break;
    case NLMSG_ERROR:
    case NLMSG_DONE:
      if (!listing_ || message.nlmsg_seq != sequence_) break;
      listing_ = false;
      if (message.nlmsg_type == NLMSG_DONE)
        std::erase_if(links_, [&](const auto& link) { return !listed_.contains(link.first); });
      break;
    default: break;
  }
}

void LinkTable::take_link(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return;
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  if (info->ifi_family != AF_UNSPEC) return;  // bridges announce their ports coming and going
  const auto index = static_cast<std::uint32_t>(info->ifi_index);
  if (message.nlmsg_type == RTM_DELLINK) {
    links_.erase(index);
    listed_.erase(index);
    return;
  }
  Link& link = links_[index];
  if (link.life == 0) link.life = ++lives_;
  link.index = index;
  link.hardware_type = info->ifi_type;
  link.up = (info->ifi_flags & IFF_UP) != 0;
  link.running = link.up && (info->ifi_flags & IFF_RUNNING) != 0;
  if (listing_) listed_[index] = true;
  auto left = static_cast<int>(message.nlmsg_len - NLMSG_LENGTH(sizeof *info));
  for (const rtattr* attribute = IFLA_RTA(info); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != IFLA_IFNAME) continue;
    const auto* text = static_cast<const char*>(RTA_DATA(attribute));
    link.name.assign(text, strnlen(text, RTA_PAYLOAD(attribute)));
  }
}

const Link* LinkTable::find(const std::string& name) const {
  for (const auto& [index, link] : links_)
    if (link.name == name) return &link;
  return nullptr;
}

}  // namespace weir
