// How many connections one address may have at once.
//
// Thread rules: from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "flow/address.h"

namespace weir {

class AddressShare {
 public:
  explicit AddressShare(unsigned most) : most_(most) {}

  // One connection of `address`, or of its /64 where it is IPv6; as many as like of no address.
  class Place {
   public:
    Place(AddressShare& share, const IpAddress& address);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool taken() const { return taken_; }

   private:
    AddressShare& share_;
    IpAddress network_;
    bool taken_;
  };

 private:
  const unsigned most_;
  std::mutex mutex_;
  std::map<IpAddress, unsigned> counts_;
};

}  // namespace weir
