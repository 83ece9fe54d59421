// The head of an HTTP request, looked at before a library parses it: RFC 9112 to the letter, so that nothing before or
// behind this server can take the same bytes for other requests.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Why a request is refused, for an answer with status 400; empty when nothing is wrong. `head` is everything up to and
// with the first empty line; any bytes may come.
std::string_view fault_of_head(std::string_view head);

// A GET or HEAD without a body: the next request begins right behind it. REQUIRES a head without fault.
bool is_plain_get(std::string_view head);

// Renames what the library would act on and must not see: a Range is parsed by a regular expression that recurses, and
// answers are not compressed on the fly. Each keeps its length, with an 'x' for its first letter.
void hide_headers(std::string& head);
inline constexpr const char* kHiddenEncodings = "xccept-encoding";

}  // namespace weir
