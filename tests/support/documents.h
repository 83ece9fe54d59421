// Examples in documents.
#pragma once

#include <string>
#include <vector>

namespace weir::test {

// The lines of all blocks fenced by ``` and `kind` ("condition", "sh", "" for bare ones), behind the heading `section`
// where one is given ("## Conditions") up to the next of its level.
std::vector<std::string> fenced_lines(const std::string& document, const std::string& kind,
                                      const std::string& section = "");

// What stands between backquotes in `text`.
std::vector<std::string> quoted_pieces(const std::string& text);

// The text of a section, without its heading.
std::string section_of(const std::string& document, const std::string& heading);

}  // namespace weir::test
