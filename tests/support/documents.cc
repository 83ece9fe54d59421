#include "tests/support/documents.h"

#include <sstream>

namespace weir::test {

std::string section_of(const std::string& document, const std::string& heading) {
  const std::size_t at = document.find("\n" + heading + "\n");
  if (at == std::string::npos) return "";
  const std::size_t first = at + heading.size() + 2;
  const std::string level = heading.substr(0, heading.find(' ') + 1);
  return document.substr(first, document.find("\n" + level, first) - first);
}

std::vector<std::string> fenced_lines(const std::string& document, const std::string& kind,
                                      const std::string& section) {
  std::istringstream text(section.empty() ? document : section_of(document, section));
  std::vector<std::string> lines;
  bool inside = false, wanted = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line.substr(3) == kind;
    } else if (wanted) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::vector<std::string> quoted_pieces(const std::string& text) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    pieces.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return pieces;
}

}  // namespace weir::test
