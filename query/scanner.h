// The pieces of a condition's text, and errors that show a place in it.
//
// Thread rules: value types.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

// Three lines: `message`, the text (the part around the place where it is long), and a caret under text[at].
std::unexpected<Error> fail_at(std::string_view text, std::size_t at, const std::string& message);

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // Everything below begins at the next character that is no blank.
  std::size_t place() {
    skip_blanks();
    return at_;
  }
  bool at_end() { return place() == text_.size(); }
  char peek() { return at_end() ? '\0' : text_[at_]; }
  bool take(std::string_view symbol);

  // Letters, digits and '_'; letters alone. Only looked at: skip() goes past them.
  std::string_view identifier();
  std::string_view letters();
  // What a value can be made of without quotes: all but blanks, brackets, commas, quotes and the symbols of operators.
  std::string_view word();
  void skip(std::size_t bytes) { at_ += bytes; }

  std::string_view text() const { return text_; }
  // What stands here, for a message: the word or the symbol.
  std::string_view seen();

 private:
  void skip_blanks();
  template <typename Belongs>
  std::string_view run(Belongs belongs);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace weir
