// A condition's tree as text, for tests.
#pragma once

#include <string>

#include "query/condition.h"

namespace weir::test {

// "src_addr = {10.0.0.1/32}", "(dst_port = {22} & !(proto = {6}))"; texts in quotes, sets of flags as "set".
std::string describe(const Condition& condition);

// The parsed text described, "every flow" where it has no test; an error's text behind "error: ". Names known to the
// resolver: web (192.0.2.1, 2001:db8::1), db-1.example (192.0.2.2).
std::string parsed(std::string_view text);
Result<std::vector<IpAddress>> resolve_known(const std::string& name);

}  // namespace weir::test
