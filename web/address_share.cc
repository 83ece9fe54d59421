#include "web/address_share.h"

#include <algorithm>

namespace weir {
namespace {

IpAddress network_of(const IpAddress& address) {
  IpAddress network = address.unmapped();
  if (network.family == Family::kV6) std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
  return network;
}

}  // namespace

AddressShare::Place::Place(AddressShare& share, const IpAddress& address)
    : share_(share), network_(network_of(address)), taken_(true) {
  if (network_.family == Family::kNone) return;
  const std::scoped_lock lock(share_.mutex_);
  unsigned& count = share_.counts_[network_];
  taken_ = count < share_.most_;
  if (taken_) ++count;
}

AddressShare::Place::~Place() {
  if (!taken_ || network_.family == Family::kNone) return;
  const std::scoped_lock lock(share_.mutex_);
  const auto at = share_.counts_.find(network_);
  if (--at->second == 0) share_.counts_.erase(at);
}

}  // namespace weir
