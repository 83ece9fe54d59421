// The kernel's hardware types of interfaces (ARPHRD_…, netdevice(7)), and what their packets begin with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "packet/dissect.h"

namespace weir {

// Nothing where weir cannot read an interface of this type.
std::optional<LinkType> link_type_of(std::uint16_t hardware_type);

// "InfiniBand (32)", for messages.
std::string hardware_type_name(std::uint16_t hardware_type);

}  // namespace weir
